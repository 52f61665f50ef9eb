"""What a lock is written as: order, values, pruned metadata, markers."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from whichwheel.lock.reading import is_lock_name
from whichwheel.lock.surroundings import Surroundings, environments_of, marker_of
from whichwheel.lock.toml_text import key_text, value_text
from whichwheel.lock.writing import pruned
from whichwheel.spec.ordering import order_variants
from whichwheel.spec.reading import read_metadata_object

LINUX = Surroundings("linux", "x86_64", "cpython", "3.12")
ARM = Surroundings("linux", "aarch64", "cpython", "3.12")
MAC = Surroundings("darwin", "arm64", "cpython", "3.12")
OLDER = Surroundings("linux", "x86_64", "cpython", "3.11")

values = st.recursive(
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text()
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_any_value_is_read_back_as_it_was(table: dict[str, object]) -> None:
    text = "".join(f"{key_text(key)} = {value_text(value)}\n" for key, value in table.items())
    assert tomllib.loads(text) == table
    assert text.count("\n") == len(table)


def test_times_are_written_in_utc() -> None:
    assert value_text(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2026-01-02T03:04:05.000006Z"


def test_markers_say_no_more_than_they_must() -> None:
    assert marker_of([LINUX, MAC], [LINUX, MAC]) is None
    assert marker_of([LINUX], [LINUX, MAC]) == "sys_platform == 'linux'"
    assert marker_of([LINUX], [LINUX, ARM, MAC]) == "platform_machine == 'x86_64'"
    assert marker_of([LINUX], [LINUX, OLDER]) == "python_version == '3.12'"
    assert marker_of([LINUX, MAC], [LINUX, MAC, ARM]) == (
        "platform_machine == 'arm64' or platform_machine == 'x86_64'"
    )
    assert marker_of([LINUX], [LINUX, OLDER, MAC]) == (
        "sys_platform == 'linux' and python_version == '3.12'"
    )


def test_environments_do_not_overlap() -> None:
    assert environments_of([LINUX, OLDER]) == (
        "sys_platform == 'linux' and platform_machine == 'x86_64'",
    )
    pypy = Surroundings("linux", "x86_64", "pypy", "3.11")
    both = "sys_platform == 'linux' and platform_machine == 'x86_64' and implementation_name == "
    assert environments_of([LINUX, pypy]) == (f"{both}'cpython'", f"{both}'pypy'")


def test_names_of_locks() -> None:
    names = ["pylock.toml", "pylock.gpu.toml", "pylock..toml", "pylock.a.b.toml", "Pylock.toml"]
    assert [is_lock_name(name) for name in names] == [True, True, False, False, False]
    assert Path("pylock.gpu.toml").suffix == ".toml"


def test_metadata_of_an_old_format_orders_as_it_did() -> None:
    document: dict[str, object] = {
        "$schema": "https://variants-schema.example/v0.0.3.json",
        "default-priorities": {
            "namespace": ["taste", "size"],
            "feature": {"taste": ["spice", "kind"]},
            "property": {"taste": {"kind": ["salty", "sweet"]}},
        },
        "providers": {
            "taste": {"requires": ["taste-provider"], "plugin-api": "taste:Plugin"},
            "size": {"requires": ["size-provider"], "plugin-api": "size:Plugin"},
        },
        "variants": {
            "sweet": {"taste": {"kind": ["sweet"]}},
            "salty": {"taste": {"kind": ["salty"]}},
            "hot": {"taste": {"spice": ["chili"]}},
            "large": {"size": {"width": ["xl"]}},
        },
    }
    supported: dict[str, dict[str, tuple[str, ...]]] = {
        "taste": {"kind": ("sweet", "salty"), "spice": ("chili",)},
        "size": {"width": ("xl",)},
    }
    metadata = read_metadata_object(document, where="the index")
    written = pruned(metadata, ["sweet", "salty", "hot"])
    again = read_metadata_object(written, where="the lock")
    order = [label for label in order_variants(metadata, supported) if label != "large"]
    assert list(order_variants(again, supported)) == order
    assert written["$schema"] == "https://variants-schema.wheelnext.dev/v0.2.0.json"
    assert "size" not in str(written)


def test_metadata_of_this_format_keeps_its_schema() -> None:
    schema = "https://packaging.example/variants/v0.1.1.json"
    document = {
        "$schema": schema,
        "default-priorities": {"namespace": ["x86_64", "blas_lapack"]},
        "variants": {
            "v3": {"x86_64": {"level": ["v3"]}},
            "mkl": {"blas_lapack": {"library": ["mkl"]}},
        },
    }
    metadata = read_metadata_object(document, where="the index")
    assert pruned(metadata, ["v3"]) == {
        "$schema": schema,
        "default-priorities": {"namespace": ["x86_64"]},
        "variants": {"v3": {"x86_64": {"level": ["v3"]}}},
    }
