"""The parts of a dispatch package: its list, its metadata, its copies of modules, its settings."""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import Metadata
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.strategies import metadata as variant_metadata
from whichwheel.publish.dispatch.backend.settings import BuildSettings, InvalidSetting
from whichwheel.publish.dispatch.document import (
    DispatchDocument,
    DispatchWheel,
    InvalidDocument,
    read_document,
    write_document,
)
from whichwheel.publish.dispatch.pkg_info import pkg_info, requires_python
from whichwheel.publish.dispatch.vendoring import licence_files, module_closure
from whichwheel.publish.errors import PublishError
from whichwheel.spec.metadata import Ranking, VariantMetadata
from whichwheel.spec.properties import VariantFeature
from whichwheel.spec.wheel_name import WheelName

SOUP = canonicalize_name("soup")
ONE = Version("1.0")
METADATA = "Metadata-Version: 2.4\nName: Soup\nVersion: 1.0\n"


def a_wheel(label: str) -> DispatchWheel:
    name = WheelName.parse(f"soup-1.0-py3-none-any-{label}.whl")
    return DispatchWheel(name, "a" * 64, 7, METADATA, f"https://wheels.example/{label}")


def a_document() -> DispatchDocument:
    variants = VariantMetadata(("nvidia",), {"null": {}, "gpu": {"nvidia": {"sm_arch": ("90",)}}})
    return DispatchDocument(SOUP, ONE, (a_wheel("gpu"), a_wheel("null")), variants)


@given(
    variants=variant_metadata(), included=st.booleans(), size=st.none() | st.integers(0, 1 << 62)
)
def test_what_is_written_is_read(
    variants: VariantMetadata, *, included: bool, size: int | None
) -> None:
    wheel = DispatchWheel(
        WheelName.parse("soup-1.0-py3-none-any-x.whl"),
        "0" * 64,
        size,
        "Name: söup\n",
        None if included else "https://wheels.example/x",
        included,
        ">=3.12",
    )
    document = DispatchDocument(SOUP, ONE, (wheel,), variants, ("nvidia",))
    data = write_document(document)
    read = read_document(data)
    assert read.wheels == document.wheels
    assert write_document(read) == data


def test_the_order_of_a_selector_file_is_kept() -> None:
    document = a_document()
    ranking = Ranking(VariantFeature("nvidia", "sm_arch"), {"90": {"gpu": 1, "": 0}}, {"": 0})
    ranked = replace(document, variants=replace(document.variants, rankings=(ranking,)))
    data = write_document(ranked)
    assert read_document(data) == ranked
    assert b'"rankings"' not in write_document(document)


def test_metadata_that_wheels_share_is_written_once() -> None:
    document = json.loads(write_document(a_document()))
    assert list(document["metadata"].values()) == [METADATA]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("format",), "whichwheel-dispatch/2", "$.format: found `whichwheel-dispatch/2`, expected"),
        (("name",), "no name!", "$.name: `no name!` is no name of a project"),
        (("name",), "stew", "$.wheels[0].filename: `soup-1.0-py3-none-any-gpu.whl` is no wheel of"),
        (("version",), "one", "$.version: `one` is no version"),
        (("version",), "1" * 5000, "$.version: `1"),
        (("wheels",), [], "$.wheels: expected a list of wheels"),
        (("wheels", 0), 3, "$.wheels[0]: found a number, expected a table"),
        (("wheels", 0, "filename"), "..\\x-1-py3-none-any.whl", "is no plain file name"),
        (("wheels", 0, "filename"), "x.whl", "$.wheels[0].filename: `x.whl`: "),
        (("wheels", 0, "sha256"), "A" * 64, "is no SHA-256 digest"),
        (("wheels", 0, "size"), -1, "$.wheels[0].size: expected a number of bytes"),
        (("wheels", 0, "size"), True, "$.wheels[0].size: expected a number of bytes"),
        (("wheels", 0, "url"), "javascript:x", "is no `http`, `https` or `file` address"),
        (("wheels", 0, "size"), 10**400, "$.wheels[0].size: expected a number of bytes"),
        (("wheels", 0, "url"), "http://[::1/x", "is no address (invalid ipv6 url)"),
        (("wheels", 0, "url"), "http:///x", "names no host that can be asked"),
        (("wheels", 0, "url"), "http://h:abc/x", "is no address (port could not be cast"),
        (("wheels", 0, "url"), "http://h:99999/x", "is no address (port out of range"),
        (("wheels", 0, "url"), "http://ü..x/y", "is no address"),
        (("wheels", 0, "url"), "http://h/ü", "has characters that have to be escaped"),
        (("wheels", 0, "url"), "http://h/a b", "has characters that have to be escaped"),
        (("wheels", 0, "url"), "http://me:secret@h/x", "`http://h/x` holds a user name or a"),
        (("wheels", 0, "url"), "file:///x\0y", "has characters that have to be escaped"),
        (("wheels", 0, "metadata"), "b" * 64, "is not listed in `$.metadata`"),
        (("wheels", 0, "hash"), "x", "$.wheels[0].hash: unknown key"),
        (("variants",), {}, "$.variants.$schema: missing"),
        (("rankings",), [{"feature": "x"}], "$.rankings: expected orders of labels"),
        (("providers",), ["../x"], "$.providers[0]: `../x` does not match"),
    ],
)
def test_faults_of_a_list(path: tuple[str | int, ...], value: object, said: str) -> None:
    document: Any = json.loads(write_document(a_document()))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InvalidDocument) as caught:
        read_document(json.dumps(document).encode())
    assert any(said in str(fault) for fault in caught.value.faults), caught.value.faults


def test_two_wheels_of_one_name_are_a_fault() -> None:
    document = json.loads(write_document(a_document()))
    document["wheels"][1] = document["wheels"][0]
    with pytest.raises(InvalidDocument, match="occurs twice"):
        read_document(json.dumps(document).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("0" * 64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(data=st.data(), value=JSON)
def test_whatever_is_changed_in_a_list_is_read_or_told(data: st.DataObject, value: object) -> None:
    document: Any = json.loads(write_document(a_document()))
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    with suppress(InvalidDocument):
        read = read_document(json.dumps(document).encode())
        assert all("/" not in wheel.name.filename for wheel in read.wheels)


@given(data=st.binary(max_size=200))
def test_anything_else_is_damaged(data: bytes) -> None:
    with pytest.raises(InvalidDocument):
        read_document(data)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ([None], ">=3.11"),
        ([">=3.9"], ">=3.11"),
        ([">=3.11"], ">=3.11"),
        ([">=3.12,<3.15"], "<3.15,>=3.12"),
        (["!=3.13.*,>3.8"], "!=3.13.*,>=3.11"),
        ([">=3.9", ">=3.12"], ">=3.11"),
        (["~=3.11"], ">=3.11,~=3.11"),
        (["three"], ">=3.11"),
    ],
)
def test_which_pythons_it_is_for(stated: list[str | None], expected: str) -> None:
    assert requires_python(stated) == expected


def test_metadata_is_valid() -> None:
    text = "Metadata-Version: 2.4\nName: Soup\nVersion: 1.0\nSummary: Wärm\nKeywords: a,b\n"
    text += (
        "License-Expression: MIT\nLicense-File: LICENSE\nProject-URL: Home, https://x.example/\n"
    )
    text += "Requires-Dist: bowl; extra == 'x'\nProvides-Extra: x\n\nText\n"
    data = pkg_info(SOUP, ONE, [text, text], [None, None], licences=["LICENSE"])
    found = Metadata.from_email(data)
    assert found.dynamic == ["requires-python"]
    assert found.license_files == ["LICENSE"]
    assert found.summary == "Wärm"
    assert found.description == "Text\n"


def headers(
    *metadata: str, pythons: Sequence[str | None] = (">=3.12",), licences: Sequence[str] = ()
) -> "Message[str, str]":
    return message_from_bytes(pkg_info(SOUP, ONE, metadata, pythons, licences=licences))


def test_metadata_is_what_all_wheels_say() -> None:
    common = METADATA + "Summary: Warm\nClassifier: A\nClassifier: B\nRequires-Python: >=3.12\n"
    found = headers(
        common + "Requires-Dist: bowl\n\n# Soup\n",
        common + "Requires-Dist: bowl\nRequires-Dist: spoon\n\n# Soup\n",
    )
    assert found["Name"] == "Soup"
    assert found["Metadata-Version"] == "2.4"
    assert found["Summary"] == "Warm"
    assert found.get_all("Classifier") == ["A", "B"]
    assert found["Requires-Python"] == ">=3.12"
    assert found["Requires-Dist"] is None
    assert found.get_all("Dynamic") == ["Requires-Dist"]
    assert found.get_payload() == "# Soup\n"


def test_requirements_that_speak_of_variants_are_dynamic() -> None:
    found = headers(METADATA + "Requires-Dist: cuda; variant_label == 'gpu'\n")
    assert found.get_all("Dynamic") == ["Requires-Dist"]
    found = headers(METADATA + "Requires-Dist: bowl\n", pythons=(None,))
    assert found.get_all("Dynamic") == ["Requires-Python"]


def test_licence_files_are_named_where_they_are() -> None:
    text = METADATA + "License-File: LICENSE\n\none"
    assert headers(text, licences=["LICENSE"])["License-File"] == "LICENSE"
    found = headers(text, METADATA + "License-File: LICENSE\n\ntwo")
    assert found["License-File"] is None
    assert found.get_all("Dynamic") == ["Description", "License-File"]


def test_old_metadata_gets_the_format_that_knows_of_dynamic_fields() -> None:
    old = "Metadata-Version: 2.1\nName: soup\nVersion: 1.0\nLicense: A\n        B\n"
    found = headers(old)
    assert found["Metadata-Version"] == "2.2"
    assert found["License"] == "A\n        B"


def test_the_closure_follows_every_kind_of_import(tmp_path: Path) -> None:
    package = tmp_path / "crate"
    (package / "sub").mkdir(parents=True)
    for name, text in {
        "__init__.py": "",
        "a.py": "from crate import b\nfrom . import sub\nTYPE_CHECKING = False\n"
        "if TYPE_CHECKING:\n    import crate.unseen\nelse:\n    import crate.seen\n",
        "b.py": "def late():\n    from crate.sub.deep import thing\n    import elsewhere.x, json\n",
        "seen.py": "",
        "unseen.py": "",
        "unused.py": "",
        "sub/__init__.py": "",
        "sub/deep.py": "from ..c import thing\nfrom .sibling import *\n",
        "sub/sibling.py": "",
        "c.py": "thing = 1\n",
        "table.json": "{}",
    }.items():
        (package / name).write_text(text, "utf-8")
    sys.path.insert(0, str(tmp_path))
    try:
        found = module_closure(["crate.a"], {"crate": ("table.json",)})
    finally:
        sys.path.remove(str(tmp_path))
    assert [name.removeprefix("crate/") for name in found.files] == [
        *("__init__.py", "a.py", "b.py", "c.py", "seen.py", "sub/__init__.py", "sub/deep.py"),
        *("sub/sibling.py", "table.json"),
    ]
    assert found.left_out == {"elsewhere": "crate.b"}


def test_the_backend_leaves_nothing_out() -> None:
    providers = ["nvidia", "x86_64", "amd", "aarch64", "intel", "metal", "vulkan", "ascend"]
    roots = [f"whichwheel.target.providers.{name}" for name in providers]
    found = module_closure(
        ["whichwheel.publish.dispatch.backend.hooks", *roots],
        {"whichwheel": (), "packaging": (), "archspec": ()},
    )
    # pip alone knows which index it asks; here none is asked.
    assert set(found.left_out) == {"pip"}
    # What a build has no use for did not slip in.
    rooms = {name.split("/")[1] for name in found.files if name.startswith("whichwheel/")}
    assert rooms == {
        *("__init__.py", "_version.py", "choose", "publish", "sources", "spec", "target"),
    }
    assert "whichwheel/sources/network/http.py" not in found.files
    assert "whichwheel/spec/selector/__init__.py" not in found.files


def test_copies_load_by_themselves(tmp_path: Path) -> None:
    found = module_closure(
        ["whichwheel.target.providers.x86_64"], {"whichwheel": (), "packaging": (), "archspec": ()}
    )
    for name, content in found.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from whichwheel.target.providers.x86_64_detection import detect\n"
        "print(len(detect()) > 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "True\n", done.stderr


def test_licences_are_found_or_it_is_said() -> None:
    assert set(licence_files("packaging")) >= {"LICENSE"}
    assert b"MIT License" in licence_files("whichwheel")["LICENSE"]
    with pytest.raises(PublishError, match="the licence of `no-such-thing` cannot be found"):
        licence_files("no-such-thing")


def read(given: dict[str, object], environ: dict[str, str] | None = None) -> BuildSettings:
    return BuildSettings.read(SOUP, given, environ or {})


def test_settings_come_from_the_frontend_else_from_variables() -> None:
    environ = {
        "WHICHWHEEL_VARIANT": "stew=v3 soup=v2",
        "WHICHWHEEL_SET": "x86_64 :: level :: v2, v1; taste :: kind :: sweet",
        "WHICHWHEEL_GPUS": "any",
        "WHICHWHEEL_FIND_LINKS": "/one /two",
    }
    found = read({}, environ)
    assert found.label == "v2"
    assert set(found.providers.properties) == {"x86_64", "taste"}
    assert str(found.providers.gpus) == "any"
    assert found.find_links == ("/one", "/two")
    assert not found.log
    given = {"variant": "v1", "find_links": "/a folder", "log": "1", "enable": ["amd", "intel"]}
    found = read(dict(given), environ)
    assert found.label == "v1"
    assert found.find_links == ("/a folder",)
    assert found.providers.enabled == {"amd", "intel"}
    assert found.log
    assert read({"variant": "stew=v1"}).label is None
    assert read({"varient": "x"}).unknown == ("`varient` (did you mean `variant`?)",)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"variant": "no label!"}, "`variant`: "),
        ({"variant": "not/a/name=x"}, "`variant`: `not/a/name` is not the name of a project"),
        ({"set": "x86_64 :: level"}, "`set`: "),
        ({"gpus": "first"}, "`gpus`: "),
        ({"unset": "NVIDIA"}, "`unset`: `NVIDIA` is not a namespace"),
        ({"log": "maybe"}, "`log`: `maybe` is neither yes nor no"),
    ],
)
def test_settings_that_cannot_be_understood(given: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        read(given)
    assert caught.value.message.startswith(said)
    with pytest.raises(InvalidSetting) as caught:
        read({}, {f"WHICHWHEEL_{key.upper()}": str(value) for key, value in given.items()})
    assert caught.value.name.startswith("WHICHWHEEL_")
