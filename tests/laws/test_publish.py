"""Laws of publishing: relabelling loses nothing, and an index depends on its files alone."""

import tempfile
import zipfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.wheels import WheelSpec, build_wheel
from whichwheel.publish.index import write_index
from whichwheel.publish.relabel import relabel
from whichwheel.spec.properties import VariantProperty, parse_label

LABEL = parse_label("x86_64_v3")
V3 = VariantProperty("x86_64", "level", "v3")

# Lower case only: two names that differ in case are one file on some systems.
names = st.text(st.sampled_from("abcxyz_,é \"'"), min_size=1, max_size=8).map(lambda n: f"demo/{n}")
files = st.dictionaries(names, st.binary(max_size=400), max_size=6)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(files=files)
def test_relabelling_there_and_back_gives_equal_contents(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        plain = build_wheel(path / "in", WheelSpec("demo", files=files))
        there = relabel(plain, label=LABEL, properties=[V3], output_directory=path).path
        back = relabel(there, label=None, output_directory=path).path
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(back) as new:
            assert set(old.namelist()) == set(new.namelist())
            for name in old.namelist():
                if not name.endswith("RECORD"):
                    assert old.read(name) == new.read(name)
        # What has been through it once does not change any more.
        again = relabel(back, label=LABEL, properties=[V3], output_directory=path / "2").path
        assert again.read_bytes() == there.read_bytes()


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_index_does_not_depend_on_the_order_of_its_files(data: st.DataObject) -> None:
    labels = ["null", "v2", "v3", None]
    specs = [
        WheelSpec(
            "demo",
            version,
            label=label,
            namespaces=["x86_64"],
            properties={} if label in {"null", None} else {"x86_64": {"level": [str(label)]}},
        )
        for version in ("1.0", "2.0")
        for label in labels
    ]
    specs.append(WheelSpec("other", metadata={"broken": True}))
    with tempfile.TemporaryDirectory() as folder:
        results = []
        for number, ordered in enumerate([specs, data.draw(st.permutations(specs))]):
            path = Path(folder, str(number))
            for spec in ordered:
                build_wheel(path, spec)
            report = write_index(path)
            contents = {
                str(file.relative_to(path)): file.read_bytes()
                for file in path.rglob("*")
                if file.is_file()
            }
            results.append((contents, report.left_out, report.written))
        assert results[0] == results[1]
