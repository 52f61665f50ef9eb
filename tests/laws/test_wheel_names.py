"""Wheel names: `packaging`'s for plain wheels, and a label that goes on and off."""

from hypothesis import assume, given, reject
from hypothesis import strategies as st
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from support.strategies import labels
from whichwheel.spec.properties import VariantLabel, parse_label
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

_parts = st.text("abcXYZ019._", min_size=1, max_size=5)
_versions = st.sampled_from(("1.0", "2!1.0rc1", "1.0+cu128", "2025.1.post3", "nonsense", "1_0"))
_builds = st.sampled_from(("", "1", "12abc", "0_x", "x1"))
_tags = st.tuples(
    st.sampled_from(("py3", "py2.py3", "cp313", "3", "CP39")),
    st.sampled_from(("none", "abi3", "cp313t", "abi3.none")),
    st.sampled_from(("any", "linux_x86_64", "manylinux_2_28_x86_64.linux_x86_64", "win_amd64")),
).map("-".join)


plain_names = st.tuples(_parts, _versions, _builds, _tags).map(
    lambda parts: "-".join(part for part in parts if part) + ".whl"
)


@given(plain_names | st.text("a1.-_+é/\n", max_size=20).map(lambda stem: f"{stem}.whl"))
def test_a_name_without_label_is_read_as_packaging_reads_it(filename: str) -> None:
    assume(filename.count("-") != 5 or filename.split("-")[2][:1].isdigit())
    assume("+" not in filename.rpartition("-")[2])
    try:
        expected = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        expected = None
    try:
        found = WheelName.parse(filename)
    except InvalidWheelName:
        # The one difference: a Python tag never starts with a digit.
        assert expected is None or any(tag.interpreter[0].isdigit() for tag in expected[3])
        return
    assert expected is not None
    assert (found.name, found.version, found.build, found.tags) == expected
    assert found.label is None
    assert found.without_label == filename


@given(plain_names, labels.map(parse_label))
def test_a_label_goes_on_and_off(filename: str, label: VariantLabel) -> None:
    try:
        plain = WheelName.parse(filename)
    except InvalidWheelName:
        plain = None
    if plain is None or plain.label is not None:
        reject()
    labelled = plain.with_label(label)
    assert labelled.filename == f"{filename.removesuffix('.whl')}-{label}.whl"
    assert labelled.label == label
    assert labelled.without_label == filename
    assert labelled.with_label(None) == plain
    assert labelled.with_label(VariantLabel("null")).with_label(label) == labelled
    assert WheelName.parse(labelled.filename) == labelled
    assert (labelled.name, labelled.version, labelled.build, labelled.tags) == (
        plain.name,
        plain.version,
        plain.build,
        plain.tags,
    )


@given(st.text(max_size=40) | st.text("a1-._", max_size=40).map(lambda stem: f"{stem}.whl"))
def test_any_text_is_a_wheel_name_or_refused_as_one(text: str) -> None:
    try:
        name = WheelName.parse(text)
    except InvalidWheelName:
        return
    assert name.filename == text
    assert text.endswith(".whl")
