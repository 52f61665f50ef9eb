"""What an environment remembers of a choice, and how a damaged memory is taken."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.environments import pin_of
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.record import parse_record, record_of
from whichwheel.spec.properties import VariantProperties
from whichwheel.target.facts import Fact, Facts, Origin

V3 = {"v3": {"x86_64": {"level": ("v3",)}}, "gpu": {"nvidia": {"sm_arch": ("90_real",)}}}


def test_the_record_holds_what_decided(tmp_path: Path) -> None:
    specs = [WheelSpec("foo", label=label) for label in ("v3", "gpu", None)]
    chosen, *others = (build_wheel(tmp_path, spec) for spec in specs)
    supported: VariantProperties = {
        "x86_64": {"level": ("v3", "v2")},
        "unused": {"x": ("y",)},
    }
    evidence = Facts([Fact("x86_64.level", "v3", Origin.GIVEN, "a file")])
    pin = pin_of(
        chosen,
        properties=V3,
        supported=supported,
        alternatives=others,
        promise=True,
        evidence=evidence,
    )
    record = json.loads(record_of(pin, pin.wheel.file.hashes["sha256"]))
    assert record == {
        "format": "whichwheel-record/1",
        "name": "foo",
        "version": "1.0",
        "label": "v3",
        "extras": [],
        "filename": "foo-1.0-py3-none-any-v3.whl",
        "url": chosen.as_uri(),
        "source": "https://index.example/simple/",
        "hashes": dict(pin.wheel.file.hashes),
        "properties": {"x86_64": {"level": ["v3"]}},
        "target": {
            "facts": {"unused": "as given", "x86_64": "as given"},
            "origins": {"unused": "given", "x86_64": "given"},
            "evidence": [
                {
                    "key": "x86_64.level",
                    "value": "v3",
                    "origin": "given",
                    "source": "a file",
                }
            ],
            "supported": {"x86_64": {"level": ["v3", "v2"]}},
        },
        "alternatives": [
            {
                "filename": "foo-1.0-py3-none-any-gpu.whl",
                "label": "gpu",
                "status": "outranked",
                "rank": 1,
            },
            {
                "filename": "foo-1.0-py3-none-any.whl",
                "label": None,
                "status": "outranked",
                "rank": 2,
            },
        ],
    }
    read = parse_record(record_of(pin, "0" * 64))
    assert read is not None
    assert (read.label, read.source, read.url) == ("v3", record["source"], record["url"])
    assert read.properties == V3["v3"]
    assert read.deciding_facts == record["target"]["facts"]


def test_the_record_of_a_plain_wheel_has_no_label(tmp_path: Path) -> None:
    read = parse_record(record_of(pin_of(build_wheel(tmp_path, WheelSpec("foo"))), "0" * 64))
    assert read is not None
    assert (read.label, read.properties) == (None, {})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"format": "whichwheel-record/2", "filename": "", "url": "", "source": ""}',
        b'{"format": "whichwheel-record/1"}',
        b'{"format": "whichwheel-record/1", "filename": 1, "url": "", "source": ""}',
        (
            b'{"format": "whichwheel-record/1", "filename": "a", "url": "b", "source": "c",'
            b' "label": ".."}'
        ),
    ],
)
def test_a_damaged_or_newer_record_is_no_record(content: bytes) -> None:
    assert parse_record(content) is None


def test_nothing_to_do_imports_nothing_heavy() -> None:
    program = (
        "import sys, whichwheel.environment.applying, whichwheel.environment.planning, "
        "whichwheel.environment.listing\n"
        "print([name for name in ('installer', 'email', 'filelock', 'concurrent.futures', "
        "'urllib3', 'rich', 'asyncio', 'csv', 'importlib.metadata') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
