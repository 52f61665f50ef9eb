"""What tool authors import."""

import json
import pickle
import subprocess
import sys

import pytest

import whichwheel
from whichwheel import (
    InvalidLabel,
    InvalidMetadata,
    InvalidProperty,
    InvalidWheelName,
    MetadataFault,
    WhichwheelError,
)

THIRD_PARTY = {"build", "click", "filelock", "installer", "nab_resolver", "rich", "urllib3"}


@pytest.mark.parametrize("name", whichwheel.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(whichwheel, name) is not None
    assert name in dir(whichwheel)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = whichwheel.no_such_name


def _modules_after(statement: str) -> set[str]:
    program = f"{statement}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    output = subprocess.run(
        [sys.executable, "-I", "-c", program], check=True, capture_output=True, text=True
    ).stdout
    return set(json.loads(output))


def test_the_bare_import_loads_nothing_of_the_core() -> None:
    assert not any(
        name.startswith("whichwheel.spec") for name in _modules_after("import whichwheel")
    )


def test_the_whole_public_api_needs_only_packaging_and_the_standard_library() -> None:
    loaded = _modules_after("from whichwheel import *")
    assert "packaging.markers" in loaded
    assert not THIRD_PARTY & {name.partition(".")[0] for name in loaded}
    floors = {name.split(".")[1] for name in loaded if name.startswith("whichwheel.")}
    assert floors <= {"_version", "spec"}


@pytest.mark.parametrize(
    "error",
    [
        InvalidLabel("Bad"),
        InvalidProperty("a :: b", "too short"),
        InvalidWheelName("x.whl", "too short"),
        InvalidMetadata("f.json", (MetadataFault("$.x", "unknown key"),)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_pickling_with_their_facts(error: WhichwheelError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.hint == error.hint
    assert vars(again) == vars(error)
