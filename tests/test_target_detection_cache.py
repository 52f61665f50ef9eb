import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from whichwheel.target.detection.detection_cache import DetectionCache
from whichwheel.target.detection.detector import Detector
from whichwheel.target.detection.machine_identity import linux_identity, machine_identity
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.provider import FactField, FactKind, KnownProvider
from whichwheel.target.sealed_json import sealed, unsealed

HERE = ("boot 1", "machine", "mnt:[1]")


class Asked:
    """A provider whose detection can be counted, and whose driver has a version."""

    def __init__(self) -> None:
        self.times = 0
        self.driver = "570.1"

    def detect(self, environ: Mapping[str, str]) -> Facts:
        self.times += 1
        names = ("one", environ.get("VISIBLE", "two"))
        return Facts([Fact("gpu.names", names, Origin.DETECTED, "the driver")])

    @property
    def provider(self) -> KnownProvider:
        return KnownProvider(
            name="gpu",
            fields=(FactField("names", FactKind.TEXTS),),
            detect=self.detect,
            properties=lambda facts: {"name": facts.texts("gpu.names")},
            phrase=lambda _: "a GPU",
            defaults=lambda _: Facts(),
            variables=("VISIBLE",),
            identity=lambda _: (self.driver,),
        )


@pytest.fixture
def asked() -> Asked:
    return Asked()


def cache(folder: Path, identity: tuple[str, ...] | None = HERE) -> DetectionCache:
    return DetectionCache(folder / "detections", identity=lambda: identity)


def found(
    asked: Asked, kept: DetectionCache, environ: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """What a run of its own finds."""
    facts = Detector(environ or {}, cache=kept).outcome(asked.provider)
    assert isinstance(facts, Facts)
    return facts.texts("gpu.names")


def test_a_second_run_asks_nobody(tmp_path: Path, asked: Asked) -> None:
    first = found(asked, cache(tmp_path))
    assert found(asked, cache(tmp_path)) == first == ("one", "two")
    assert asked.times == 1


@pytest.mark.parametrize(
    "identity",
    [
        pytest.param(("boot 2", "machine", "mnt:[1]"), id="started anew"),
        pytest.param(("boot 1", "other machine", "mnt:[1]"), id="a copied home folder"),
        pytest.param(("boot 1", "machine", "mnt:[2]"), id="a container"),
    ],
)
def test_no_other_machine_sees_the_answer(
    tmp_path: Path, asked: Asked, identity: tuple[str, ...]
) -> None:
    found(asked, cache(tmp_path))
    found(asked, cache(tmp_path, identity))
    assert asked.times == 2
    found(asked, cache(tmp_path))
    assert asked.times == 2


def test_files_renamed_to_fit_another_machine_are_not_believed(
    tmp_path: Path, asked: Asked
) -> None:
    foreign = ("boot 2", "machine", "mnt:[1]")
    found(asked, cache(tmp_path))
    found(asked, cache(tmp_path, foreign))
    here, there = sorted((tmp_path / "detections").iterdir(), key=lambda path: path.stat().st_ino)
    there.write_bytes(here.read_bytes())
    found(asked, cache(tmp_path))
    found(asked, cache(tmp_path, foreign))
    assert asked.times == 3


def test_a_machine_without_identity_keeps_nothing(tmp_path: Path, asked: Asked) -> None:
    for _ in range(2):
        found(asked, cache(tmp_path, None))
    assert asked.times == 2
    assert not list(tmp_path.rglob("*.json"))


def test_another_driver_other_devices_or_another_job_is_another_question(
    tmp_path: Path, asked: Asked
) -> None:
    kept = cache(tmp_path)
    found(asked, kept)
    assert found(asked, kept, {"VISIBLE": "three"}) == ("one", "three")
    found(asked, kept, {"SLURM_JOB_ID": "7"})
    asked.driver = "580.1"
    found(asked, kept)
    assert asked.times == 4
    assert found(asked, kept, {"UNRELATED": "x"}) == ("one", "two")
    assert asked.times == 4


def test_an_answer_ends_with_its_time_and_one_from_the_future_counts_for_nothing(
    tmp_path: Path, asked: Asked
) -> None:
    found(asked, cache(tmp_path))
    for shift in (-25 * 3600, 3600):
        (path,) = tmp_path.rglob("*.json")
        entry = unsealed(path.read_bytes())
        assert isinstance(entry, dict)
        path.write_bytes(sealed({**entry, "at": time.time() + shift}))
        before = asked.times
        found(asked, cache(tmp_path))
        assert asked.times == before + 1


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"at": "x"}', "[" * 5000, '{"at": 1}'])
def test_a_broken_file_is_written_anew(tmp_path: Path, asked: Asked, content: str) -> None:
    found(asked, cache(tmp_path))
    (path,) = tmp_path.rglob("*.json")
    path.write_text(content)
    assert found(asked, cache(tmp_path)) == ("one", "two")
    found(asked, cache(tmp_path))
    assert asked.times == 2


def test_facts_of_a_wrong_shape_are_found_anew(tmp_path: Path, asked: Asked) -> None:
    found(asked, cache(tmp_path))
    (path,) = tmp_path.rglob("*.json")
    entry = unsealed(path.read_bytes())
    assert isinstance(entry, dict)
    for answer in ({"x": 1}, [["gpu.names"]], [["gpu.names", {}, "detected", "x"]]):
        path.write_bytes(sealed({**entry, "answer": answer}))
        assert found(asked, cache(tmp_path)) == ("one", "two")
    assert asked.times == 4


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, asked: Asked) -> None:
    (tmp_path / "detections").write_text("a file")
    assert found(asked, cache(tmp_path)) == ("one", "two")


def test_refreshing_asks_anew_and_keeps_what_it_finds(tmp_path: Path, asked: Asked) -> None:
    found(asked, cache(tmp_path))
    Detector({}, cache=cache(tmp_path), refresh=True).outcome(asked.provider)
    assert asked.times == 2
    found(asked, cache(tmp_path))
    assert asked.times == 2


def test_a_failure_is_not_kept(tmp_path: Path, asked: Asked) -> None:
    def fail(_: Mapping[str, str]) -> Facts:
        raise OSError("the driver sleeps")

    warned: list[str] = []
    broken = replace(asked.provider, detect=fail)
    detector = Detector({}, cache=cache(tmp_path), warn=warned.append)
    for _ in range(2):
        assert not isinstance(detector.outcome(broken), Facts)
    assert warned == ["the detection of `gpu` failed: the driver sleeps"]
    assert found(asked, cache(tmp_path)) == ("one", "two")


def test_answers_of_earlier_starts_do_not_pile_up(tmp_path: Path, asked: Asked) -> None:
    for number in range(20):
        found(asked, cache(tmp_path, (f"boot {number}",)))
    assert len(list(tmp_path.rglob("*.json"))) == 8


def root_of(
    folder: Path, boot: str = "boot", machine: str = "m", namespace: str = "mnt:[1]"
) -> Path:
    for name, text in (
        ("proc/sys/kernel/random/boot_id", boot),
        ("etc/machine-id", machine),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    link = folder / "proc/self/ns/mnt"
    link.parent.mkdir(parents=True)
    link.symlink_to(namespace)
    return folder


@pytest.mark.skipif(os.name == "nt", reason="links to nowhere need rights on Windows")
def test_start_machine_container_and_root_tell_linux_machines_apart(tmp_path: Path) -> None:
    roots = [
        root_of(tmp_path / "this"),
        root_of(tmp_path / "started anew", boot="later"),
        root_of(tmp_path / "copied", machine="other"),
        root_of(tmp_path / "container", namespace="mnt:[2]"),
        root_of(tmp_path / "same but for its root"),
    ]
    identities = [linux_identity(root) for root in roots]
    assert None not in identities
    assert len(set(identities)) == len(roots)
    assert linux_identity(roots[0]) == identities[0]
    assert linux_identity(tmp_path / "no such system") is None


def test_this_machine_stays_itself() -> None:
    assert machine_identity() == machine_identity()


def test_what_a_variable_holds_does_not_reach_the_disk(tmp_path: Path, asked: Asked) -> None:
    environ = {"VISIBLE": "three", "SLURM_JOB_ID": "secret of a job"}
    found(asked, cache(tmp_path), environ)
    (path,) = tmp_path.rglob("*.json")
    assert "secret" not in path.read_text()
