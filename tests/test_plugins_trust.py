import json
import os
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from whichwheel.plugins.errors import InvalidTrust, NotTrusted, TrustNotKept
from whichwheel.plugins.trust import (
    PinnedWheel,
    Trust,
    TrustedExecutable,
    TrustedPackage,
)
from whichwheel.plugins.trust_file import TrustFile

NAME = canonicalize_name("taste-provider")
PACKAGE = TrustedPackage(
    NAME,
    "<2,>=1",
    (
        PinnedWheel(
            NAME,
            "1.0",
            "taste_provider-1.0-py3-none-any.whl",
            "https://index.example/@files/taste_provider-1.0-py3-none-any.whl",
            "0" * 64,
        ),
    ),
    "https://index.example/simple/",
    "2026-11-01T00:00:00+00:00",
    ("gpu",),
    "taste_provider:Plugin",
    ("taste",),
)


def executable(folder: Path, name: str = "fpga") -> TrustedExecutable:
    path = folder / f"whichwheel-provider-{name}"
    return TrustedExecutable(name, path, "1" * 64, (name,), "2026-11-01T00:00:00+00:00")


@pytest.fixture
def file(tmp_path: Path) -> TrustFile:
    return TrustFile(tmp_path / "config" / "trust.json")


def write(file: TrustFile, document: object) -> None:
    file.path.parent.mkdir(exist_ok=True)
    file.path.write_text(document if isinstance(document, str) else json.dumps(document))
    file.path.chmod(0o600)


def document(file: TrustFile) -> dict[str, Any]:
    file.add_package(PACKAGE)
    file.add_executable(executable(file.path.parent))
    found = json.loads(file.path.read_text())
    assert isinstance(found, dict)
    return found


def test_what_is_written_is_read(file: TrustFile, tmp_path: Path) -> None:
    assert file.read() == Trust()
    file.add_package(PACKAGE)
    file.add_executable(executable(tmp_path))
    trust = file.read()
    assert trust.packages == {NAME: PACKAGE}
    assert list(trust.executables.values()) == [executable(tmp_path)]
    assert trust.namespaces() == ("taste", "fpga")
    assert PACKAGE.request == "taste-provider[gpu]<2,>=1"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_only_the_owner_may_read_and_write_it(file: TrustFile) -> None:
    file.add_package(PACKAGE)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    file.path.chmod(0o622)
    with pytest.raises(InvalidTrust, match="others than its owner can write it"):
        file.read()


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can give a file away"
)
def test_a_file_of_another_user_trusts_nothing(file: TrustFile) -> None:
    if sys.platform != "win32":
        file.add_package(PACKAGE)
        os.chown(file.path, 1234, 1234)
        with pytest.raises(InvalidTrust, match="it belongs to another user"):
            file.read()


@pytest.mark.parametrize(
    "name", ["taste-provider", "Taste_Provider", "fpga", "whichwheel-provider-fpga"]
)
def test_trust_is_taken_back_by_name(file: TrustFile, tmp_path: Path, name: str) -> None:
    file.add_package(PACKAGE)
    file.add_executable(executable(tmp_path))
    file.add_executable(executable(tmp_path, "other"))
    file.change(lambda trust: trust.without(name))
    assert len(file.read().names()) == 2


def test_trust_is_taken_back_by_path(file: TrustFile, tmp_path: Path) -> None:
    file.add_executable(executable(tmp_path))
    file.change(lambda trust: trust.without(str(tmp_path / "whichwheel-provider-fpga")))
    assert file.read() == Trust()
    with pytest.raises(NotTrusted) as caught:
        file.change(lambda trust: trust.without("fpga"))
    assert caught.value.hint == "nothing is trusted"


def test_several_runs_change_it_one_after_the_other(file: TrustFile, tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=file.add_executable, args=(executable(tmp_path, f"n{number}"),))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(file.read().executables) == 8
    assert not list(file.path.parent.glob(".trust-*"))


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="needs a folder that cannot be written"
)
def test_a_file_that_cannot_be_written_is_told(file: TrustFile) -> None:
    file.path.parent.mkdir()
    file.path.parent.chmod(0o500)
    with pytest.raises(TrustNotKept):
        file.add_package(PACKAGE)


def test_a_folder_in_its_place_is_told(file: TrustFile) -> None:
    file.path.mkdir(parents=True)
    with pytest.raises(InvalidTrust, match=r"trust\.json"):
        file.read()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("[]", "found a list, expected a table"),
        ("{}", "expected `whichwheel-trust/1`"),
        ('{"format": "whichwheel-trust/2"}', "found `whichwheel-trust/2`"),
        ('{"format": "whichwheel-trust/1", "format": "x"}', "occurs twice"),
        ('{"format": "whichwheel-trust/1", "packages": {}}', "expected a list of tables"),
        ('{"format": "whichwheel-trust/1", "package": []}', "did you mean `packages`?"),
        (" " * (1 << 20) + "{}", "at most 1048576 are read"),
    ],
)
def test_a_file_that_is_none_is_told(file: TrustFile, text: str, word: str) -> None:
    write(file, text)
    with pytest.raises(InvalidTrust) as caught:
        file.read()
    assert word in caught.value.message
    assert str(file.path) in caught.value.message


@pytest.mark.parametrize(
    ("section", "key", "value", "path"),
    [
        ("packages", "name", "", "$.packages[0].name"),
        ("packages", "specifier", "one", "$.packages[0].specifier"),
        ("packages", "plugin_api", "os.system()", "$.packages[0].plugin_api"),
        ("packages", "namespaces", ["A"], "$.packages[0].namespaces[0]"),
        ("packages", "wheels", [], "$.packages[0].wheels"),
        ("packages", "wheels", 1, "$.packages[0].wheels"),
        ("packages", "source", None, "$.packages[0].source"),
        ("executables", "path", "bin/x", "$.executables[0].path"),
        ("executables", "sha256", "12", "$.executables[0].sha256"),
        ("executables", "namespaces", "fpga", "$.executables[0].namespaces"),
    ],
)
def test_every_fault_is_told_with_its_place(
    file: TrustFile, section: str, key: str, value: object, path: str
) -> None:
    found = document(file)
    found[section][0][key] = value
    write(file, found)
    with pytest.raises(InvalidTrust) as caught:
        file.read()
    assert path in {fault.path for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sha256", "0" * 63),
        ("sha256", "A" * 64),
        ("url", "https://user:password@index.example/x.whl"),
        ("url", "ftp://index.example/x.whl"),
        ("filename", "../taste_provider-1.0-py3-none-any.whl"),
        ("filename", "taste_provider-2.0-py3-none-any.whl"),
        ("filename", "taste_provider-1.0.tar.gz"),
        ("name", "other"),
    ],
)
def test_a_pin_that_cannot_be_one_is_told(file: TrustFile, key: str, value: str) -> None:
    found = document(file)
    found["packages"][0]["wheels"][0][key] = value
    write(file, found)
    with pytest.raises(InvalidTrust) as caught:
        file.read()
    assert all(fault.path.startswith("$.packages[0].wheels") for fault in caught.value.faults)


def test_all_faults_are_told_at_once_and_what_stands_twice(file: TrustFile) -> None:
    found = document(file)
    found["packages"].append(found["packages"][0])
    found["executables"].append(found["executables"][0])
    found["extra"] = 1
    write(file, found)
    with pytest.raises(InvalidTrust) as caught:
        file.read()
    assert [fault.path for fault in caught.value.faults] == [
        "$.extra",
        "$.packages[1].name",
        "$.executables[1].path",
    ]
