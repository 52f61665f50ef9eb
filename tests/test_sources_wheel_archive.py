import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.wheels import WheelSpec, build_wheel
from whichwheel.sources.errors import BrokenWheel, SourceError
from whichwheel.sources.wheel_archive import WheelArchive, check_member

DIST_INFO = "foo-1.0.dist-info"


def change(path: Path, edit: Callable[[dict[str, bytes]], None]) -> Path:
    """Rewrite a wheel with its members changed, and RECORD left as it is."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    edit(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_good_wheel_is_read_and_verified(tmp_path: Path) -> None:
    path = build_wheel(
        tmp_path, WheelSpec("foo", label="v3", properties={"x86_64": {"level": ["v3"]}})
    )
    with WheelArchive(path) as wheel:
        wheel.verify()
        assert wheel.dist_info == DIST_INFO
        assert wheel.metadata.startswith(b"Metadata-Version")
        assert wheel.variant_json is not None
        assert wheel.record()["foo/__init__.py"][1] == len(wheel.read("foo/__init__.py"))


@pytest.mark.parametrize(
    "name",
    [
        *("../evil", "/etc/passwd", "a/../../b", "C:/x", "a\\b", "..", ".", "a\0b", "a\nb"),
        *("foo//__init__.py", "./foo/__init__.py", "foo/./__init__.py"),
    ],
)
def test_a_member_that_would_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    assert check_member(name) is not None
    path = build_wheel(tmp_path, WheelSpec("foo"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo("placeholder"), b"x")
        archive.infolist()[-1].filename = name
    if "\0" in name:  # zipfile cuts such a name off itself
        return
    with pytest.raises(BrokenWheel, match=r"escapes|portable"):
        WheelArchive(path)


def test_a_member_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, WheelSpec("foo"))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("foo/__init__.py", b"other")
    with pytest.raises(BrokenWheel, match="occurs twice"):
        WheelArchive(path)


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, WheelSpec("foo"))
    info = zipfile.ZipInfo("foo/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(BrokenWheel, match="symbolic link"):
        WheelArchive(path)


def _tamper(members: dict[str, bytes]) -> None:
    members["foo/__init__.py"] = b"import os"


def _drop_record(members: dict[str, bytes]) -> None:
    del members[f"{DIST_INFO}/RECORD"]


def _add_unlisted(members: dict[str, bytes]) -> None:
    members["foo/extra.py"] = b""


def _list_missing(members: dict[str, bytes]) -> None:
    members[f"{DIST_INFO}/RECORD"] += b"foo/gone.py,sha256=abc,1\n"


def _no_hash(members: dict[str, bytes]) -> None:
    record = members[f"{DIST_INFO}/RECORD"].decode().splitlines()
    record[0] = "foo/__init__.py,,"
    members[f"{DIST_INFO}/RECORD"] = "\n".join(record).encode()


def _weak_hash(members: dict[str, bytes]) -> None:
    record = members[f"{DIST_INFO}/RECORD"].decode().splitlines()
    record[0] = "foo/__init__.py,md5=abc,1"
    members[f"{DIST_INFO}/RECORD"] = "\n".join(record).encode()


def _nonsense_record(members: dict[str, bytes]) -> None:
    members[f"{DIST_INFO}/RECORD"] = b"\xff\xfe"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (_tamper, "does not have the hash"),
        (_drop_record, "no `RECORD`"),
        (_add_unlisted, "does not list `foo/extra.py`"),
        (_list_missing, "lists `foo/gone.py`"),
        (_no_hash, "no usable hash"),
        (_weak_hash, "no usable hash"),
        (_nonsense_record, "cannot be read"),
    ],
)
def test_a_record_that_is_wrong_is_named(
    tmp_path: Path, edit: Callable[[dict[str, bytes]], None], why: str
) -> None:
    path = change(build_wheel(tmp_path, WheelSpec("foo")), edit)
    with WheelArchive(path) as wheel, pytest.raises(BrokenWheel, match=why):
        wheel.verify()


def test_what_is_no_wheel_is_named(tmp_path: Path) -> None:
    path = tmp_path / "foo-1.0-py3-none-any.whl"
    with pytest.raises(SourceError, match="cannot read"):
        WheelArchive(path)
    path.write_bytes(b"no zip at all")
    with pytest.raises(BrokenWheel, match="no zip file"):
        WheelArchive(path)
    with pytest.raises(BrokenWheel, match=r"is broken"):
        WheelArchive(path.with_name("foo.whl"))


def test_a_cut_or_damaged_wheel_is_named(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, WheelSpec("foo", files={"foo/data": bytes(range(256)) * 64}))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(BrokenWheel, match="no zip file"):
        WheelArchive(path)
    damaged = bytearray(data)
    damaged[48:58] = b"0123456789"
    path.write_bytes(damaged)
    with WheelArchive(path) as wheel, pytest.raises(BrokenWheel):
        wheel.verify()


@pytest.mark.parametrize("filename", ["bar-1.0-py3-none-any.whl", "foo-2.0-py3-none-any.whl"])
def test_the_folder_of_another_project_or_version_is_refused(tmp_path: Path, filename: str) -> None:
    path = build_wheel(tmp_path, WheelSpec("foo")).rename(tmp_path / filename)
    with pytest.raises(BrokenWheel, match="does not belong to its file name"):
        WheelArchive(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, WheelSpec("foo", files={"foo/zeros": bytes(40 * 1024 * 1024)}))
    with WheelArchive(path) as wheel, pytest.raises(BrokenWheel, match="at most"):
        wheel.read("foo/zeros")
    # A header that promises more than deflate can hold.
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo("foo/zeros")
    central = data.rfind(info.filename.encode()) - 46
    data[central + 24 : central + 28] = (0xF0000000).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(BrokenWheel, match="would grow"):
        WheelArchive(path)


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4))
def test_a_damaged_wheel_ends_in_one_clear_message(damage: list[tuple[float, int]]) -> None:
    with TemporaryDirectory() as folder:
        path = build_wheel(Path(folder), WheelSpec("foo", label="null"))
        data = bytearray(path.read_bytes())
        for place, value in damage:
            data[int(place * len(data))] = value
        path.write_bytes(data)
        said = path.name
        try:
            with WheelArchive(path) as wheel:
                wheel.verify()
                assert wheel.variant_json is not None
        except SourceError as error:
            said = error.message
        assert path.name in said
