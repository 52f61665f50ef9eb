"""Wheel file names with and without a variant label."""

import time

import pytest
from packaging.tags import Tag
from packaging.version import Version

from whichwheel.spec.properties import parse_label
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName


@pytest.mark.parametrize(
    ("filename", "label", "build"),
    [
        ("numpy-2.3.2-cp313-cp313t-musllinux_1_2_x86_64.whl", None, ()),
        ("numpy-2.3.2-cp313-cp313t-musllinux_1_2_x86_64-x86_64_v3.whl", "x86_64_v3", ()),
        ("numpy-2.3.2-1-cp313-cp313t-musllinux_1_2_x86_64.whl", None, (1, "")),
        ("numpy-2.3.2-1-cp313-cp313t-musllinux_1_2_x86_64-null.whl", "null", (1, "")),
        ("numpy-2.3.2-1local-cp313-cp313t-linux_x86_64-cuda12.6.whl", "cuda12.6", (1, "local")),
        ("numpy-2.3.2-cp313-cp313t-linux_x86_64-0123.whl", "0123", ()),
    ],
)
def test_the_label_is_the_last_part(
    filename: str, label: str | None, build: tuple[()] | tuple[int, str]
) -> None:
    name = WheelName.parse(filename)
    assert (name.name, name.version, name.label, name.build) == (
        "numpy",
        Version("2.3.2"),
        label,
        build,
    )
    assert name.filename == filename
    assert {tag.interpreter for tag in name.tags} == {"cp313"}


def test_compressed_tags_are_a_set() -> None:
    name = WheelName.parse("a-1-py2.py3-none-linux_x86_64.manylinux1_x86_64-v2.whl")
    assert name.tags == {
        Tag(python, "none", platform)
        for python in ("py2", "py3")
        for platform in ("linux_x86_64", "manylinux1_x86_64")
    }


def test_labels_change_and_the_rest_stays() -> None:
    plain = WheelName.parse("a_b-1.0-1-py3-none-any.whl")
    labelled = plain.with_label(parse_label("v3"))
    assert labelled.filename == "a_b-1.0-1-py3-none-any-v3.whl"
    assert labelled.with_label(parse_label("v4")).filename == "a_b-1.0-1-py3-none-any-v4.whl"
    assert labelled.without_label == plain.without_label == plain.filename
    assert labelled.with_label(None) == plain


@pytest.mark.parametrize(
    ("filename", "why"),
    [
        ("", "whl"),
        ("a-1.0.tar.gz", "whl"),
        ("a-1.0-py3-none-any", "whl"),
        ("a-1.0-py3-none-any.WHL", "whl"),
        ("a-1.0-py3-none-any-v3.whl.exe", "whl"),
        ("a-1.0-py3-none-any-v3.whl\n", "whl"),
        ("a-1.0-py3-none.whl", "wrong number of parts"),
        ("a-1.0-1-py3-none-any-v3-more.whl", "wrong number of parts"),
        ("a-1.0-x-py3-none-any-v3.whl", "wrong number of parts"),
        ("a-one-py3-none-any.whl", "version"),
        ("a-1.0-py3-none-any-V3.whl", "is not a variant label"),
        ("a-1.0-py3-none-any-...whl", "it names no file"),
        ("a-1.0-py3-none-any-.whl", "it is empty"),
        ("a-1.0-py3-none-any-../v3.whl", "is not a variant label"),
        ("a-1.0-3-none-any.whl", "3-none-any"),
        ("a-1.0-1-3-none-any-v3.whl", "3-none-any"),
        ("a__b-1.0-py3-none-any-v3.whl", "a__b"),
    ],
)
def test_what_is_no_wheel_name_is_refused(filename: str, why: str) -> None:
    with pytest.raises(InvalidWheelName) as caught:
        WheelName.parse(filename)
    assert why in str(caught.value)
    assert caught.value.filename == filename


def test_numbers_of_thousands_of_digits_are_refused() -> None:
    """Python turns none of them into a number, and says so with an error of its own."""
    number = "9" * 5000
    for name in (f"a-1.0-{number}x-py3-none-any.whl", f"a-{number}-py3-none-any.whl"):
        with pytest.raises(InvalidWheelName) as caught:
            WheelName.parse(name)
        assert "thousands of digits" in caught.value.why


def test_a_name_that_stands_for_millions_of_tags_is_refused_at_once() -> None:
    many = ".".join(f"t{index}" for index in range(300))
    started = time.process_time()
    with pytest.raises(InvalidWheelName, match="stand for 27000000 tags"):
        WheelName.parse(f"a-1-{many}-{many}-{many}-v3.whl")
    assert time.process_time() - started < 1
