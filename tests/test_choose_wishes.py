"""What wishes are about, which of them count, and which contradict each other."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from whichwheel.choose.wish_reading import configured_wishes, read_wish
from whichwheel.choose.wishes import (
    ContradictingWishes,
    InvalidSubject,
    Level,
    Subject,
    Wish,
    Wishes,
    WishKind,
)
from whichwheel.spec.properties import VariantProperties
from whichwheel.target.described.configuration import Configuration
from whichwheel.target.described.configuration_file import (
    InvalidConfiguration,
    read_configuration_file,
)
from whichwheel.target.described.known_targets import Layer

TORCH = canonicalize_name("torch")
OTHER = canonicalize_name("other")
BUILDS: Mapping[str | None, VariantProperties] = {
    "cu": {"nvidia": {"cuda": ("12", "13")}, "x86_64": {"level": ("v3",)}},
    "v3": {"x86_64": {"level": ("v3",)}},
    "null": {},
    None: {},
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nvidia", "nvidia"),
        (" nvidia::cuda ", "nvidia :: cuda"),
        ("nvidia :: cuda :: 12.8", "nvidia :: cuda :: 12.8"),
        ("label:cu128", "label:cu128"),
        ("label : 2.8_cpu", "label:2.8_cpu"),
        ("label", "label"),  # a namespace of that name
        ("label :: x", "label :: x"),
    ],
)
def test_a_subject_is_read_and_written(text: str, shown: str) -> None:
    subject = Subject.parse(text)
    assert str(subject) == shown
    assert Subject.parse(shown) == subject


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the namespace is missing"),
        ("nvidia ::", "the feature is missing"),
        (":: cuda", "the namespace is missing"),
        ("nvidia :: :: 12", "the feature is missing"),
        ("a :: b :: c :: d", "it has 4 parts, and a property has 3"),
        ("Nvidia", "the namespace `Nvidia` may hold only `a-z`, `0-9` and `_`"),
        ("nvidia :: cuda.x", "the feature `cuda.x` may hold only"),
        ("nvidia :: cuda :: 12-8", "the value `12-8` may hold only `a-z`, `0-9`, `_` and `.`"),
        ("nvidia:cuda", "are separated by `::`"),
        ("lable:cu128", "did you mean `label:cu128`?"),
        ("label:", "a label consists of"),
        ("label:CPU", "a label consists of"),
        ("label:..", "not of dots alone"),
        ("nvidia\x1b[31m", "may hold only"),
    ],
)
def test_what_is_no_subject_says_why(text: str, why: str) -> None:
    with pytest.raises(InvalidSubject) as caught:
        Subject.parse(text)
    assert why in caught.value.why
    assert "label:NAME" in (caught.value.hint or "")
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("nvidia", ["cu"]),
        ("amd", []),
        ("nvidia :: cuda", ["cu"]),
        ("nvidia :: sm_arch", []),
        ("nvidia :: cuda :: 13", ["cu"]),
        ("nvidia :: cuda :: 14", []),
        ("x86_64", ["cu", "v3"]),
        ("label:v3", ["v3"]),
        ("label:null", ["null"]),
        ("label:plain", [None]),
    ],
)
def test_a_subject_is_about_builds_with_such_a_property_or_label(
    text: str, labels: list[str | None]
) -> None:
    subject = Subject.parse(text)
    assert [label for label, has in BUILDS.items() if subject.matches(label, has)] == labels


def test_plain_stands_for_wheels_without_a_label_and_for_a_label_of_that_name() -> None:
    plain = Subject.parse("label:plain")
    assert plain.matches(None, {})
    assert plain.matches("plain", BUILDS["cu"])
    assert not Subject.parse("nvidia").matches(None, {})


def _wish(kind: str, text: str, level: Level = Level.PROJECT, origin: str = "here") -> Wish:
    return read_wish(text, WishKind(kind), level, origin)


def test_a_wish_may_be_of_one_project() -> None:
    assert _wish("ban", "Torch = nvidia").project == "torch"
    assert _wish("ban", "nvidia").project is None
    with pytest.raises(InvalidSubject, match="is not the name of a project"):
        _wish("ban", "to rch = nvidia")
    with pytest.raises(InvalidSubject):
        _wish("ban", "torch = a = b")


def _counting(wishes: Wishes, project: str = TORCH) -> list[tuple[str, str]]:
    said = wishes.about(canonicalize_name(project))
    if said is None:
        return []
    return [
        (wish.kind.value, str(wish.subject)) for wish in (*said.prefers, *said.bans, *said.requires)
    ]


def test_of_two_wishes_about_the_same_the_nearer_counts() -> None:
    far = _wish("ban", "nvidia", Level.SYSTEM)
    near = _wish("prefer", "nvidia", Level.COMMAND_LINE)
    assert _counting(Wishes.of([far, near])) == [("prefer", "nvidia")]
    assert _counting(Wishes.of([near, far])) == [("prefer", "nvidia")]
    assert _counting(Wishes.of([far, _wish("prefer", "amd", Level.COMMAND_LINE)])) == [
        ("prefer", "amd"),
        ("ban", "nvidia"),
    ]


def test_what_is_said_of_a_project_comes_before_what_is_said_of_all() -> None:
    everywhere = _wish("ban", "nvidia")
    of_torch = _wish("require", "torch = nvidia")
    wishes = Wishes.of([everywhere, of_torch])
    assert _counting(wishes) == [("require", "nvidia")]
    assert _counting(wishes, OTHER) == [("ban", "nvidia")]
    farther = Wishes.of([everywhere, _wish("require", "torch = nvidia", Level.USER)])
    assert _counting(farther) == [("ban", "nvidia"), ("require", "nvidia")]


def test_preferences_are_in_order_of_nearness_then_as_written() -> None:
    wishes = Wishes.of(
        [
            _wish("prefer", "c", Level.USER),
            _wish("prefer", "a", Level.VARIABLE),
            _wish("prefer", "b", Level.VARIABLE),
            _wish("prefer", "torch = d", Level.USER),
        ]
    )
    assert [subject for _, subject in _counting(wishes)] == ["a", "b", "d", "c"]


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (
            ("ban", "nvidia"),
            ("require", "nvidia"),
            "`nvidia` is both banned (`one`) and required (`other`)",
        ),
        (
            ("prefer", "label:cpu"),
            ("ban", "label:cpu"),
            "`label:cpu` is both banned (`other`) and preferred (`one`)",
        ),
        (
            ("ban", "nvidia"),
            ("require", "nvidia :: cuda :: 12"),
            (
                "`nvidia :: cuda :: 12` is required (`other`), and `nvidia`, which includes it, is "
                "banned (`one`)"
            ),
        ),
        (
            ("ban", "nvidia"),
            ("require", "torch = nvidia :: cuda"),
            (
                "`nvidia :: cuda` is required (`other`) for `torch`, and `nvidia`, which includes "
                "it, is banned (`one`)"
            ),
        ),
        (
            ("require", "torch = label:a"),
            ("require", "torch = label:b"),
            (
                "`label:a` (`one`) and `label:b` (`other`) are both required for `torch`, and no "
                "wheel is both"
            ),
        ),
    ],
)
def test_a_contradiction_within_one_level_names_both_places(
    one: tuple[str, str], other: tuple[str, str], message: str
) -> None:
    wishes = [_wish(*one, origin="one"), _wish(*other, origin="other")]
    with pytest.raises(ContradictingWishes) as caught:
        Wishes.of(wishes)
    assert caught.value.message == message
    assert caught.value.level is Level.PROJECT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ban", "nvidia :: cuda :: 12"), ("require", "nvidia")),
        (("ban", "nvidia"), ("prefer", "nvidia :: cuda")),  # of what is left, if anything
        (("ban", "torch = nvidia"), ("require", "other = nvidia")),
        (("ban", "nvidia"), ("require", "torch = nvidia")),  # an exception
        (("require", "label:a"), ("require", "label:b")),  # each of where there is one
        (("require", "torch = nvidia :: cuda :: 12"), ("require", "torch = nvidia :: cuda :: 13")),
        (("prefer", "nvidia"), ("require", "nvidia")),
    ],
)
def test_what_can_be_granted_together_is_no_contradiction(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    Wishes.of([_wish(*one), _wish(*other)])


def test_levels_do_not_contradict_each_other() -> None:
    Wishes.of([_wish("ban", "nvidia"), _wish("require", "nvidia", Level.USER)])


def test_an_exception_for_a_project_lifts_what_is_banned_everywhere() -> None:
    wishes = [
        _wish("ban", "nvidia"),
        _wish("prefer", "torch = nvidia"),
        _wish("require", "torch = nvidia :: cuda :: 12"),
    ]
    assert _counting(Wishes.of(wishes)) == [
        ("prefer", "nvidia"),
        ("require", "nvidia :: cuda :: 12"),
    ]


def _configured(folder: Path, text: str, layer: Layer = Layer.PROJECT) -> list[Wish]:
    path = folder / "whichwheel.toml"
    path.write_text(text, "utf-8")
    return list(configured_wishes(Configuration((read_configuration_file(path, layer),))))


def test_a_file_says_wishes_of_all_and_of_single_projects(tmp_path: Path) -> None:
    wishes = _configured(
        tmp_path,
        'prefer = ["x86_64 :: level :: v4", "x86_64"]\n\n[packages.Torch]\nban = ["label:cpu"]\n'
        'require = ["nvidia"]\n',
        Layer.USER,
    )
    path = tmp_path / "whichwheel.toml"
    assert [(w.kind, str(w.subject), w.project, w.origin) for w in wishes] == [
        ("prefer", "x86_64 :: level :: v4", None, f"{path}, line 1"),
        ("prefer", "x86_64", None, f"{path}, line 1"),
        ("ban", "label:cpu", "torch", f"{path}, line 4"),
        ("require", "nvidia", "torch", f"{path}, line 5"),
    ]
    assert {wish.level for wish in wishes} == {Level.USER}


def test_a_file_says_the_same_in_a_table_of_pyproject(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\nname = "x"\n\n[tool.whichwheel]\nban = ["nvidia"]\n', "utf-8")
    file = read_configuration_file(path)
    (wish,) = configured_wishes(Configuration((file,)))
    assert (str(wish.subject), wish.origin) == ("nvidia", f"{path}, line 5")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('ban = "nvidia"', ["1: `ban` is a text, expected a list of subjects"]),
        ("ban = [3]", ["1: `ban[0]` is a number, expected `namespace`"]),
        ('ban = ["ok", "N"]', ["1: `ban[1]` is `N`: the namespace `N` may hold only"]),
        ("packages = 3", ["1: `packages` is a number, expected a table"]),
        ("[packages]\ntorch = 3", ["2: `packages.torch` is a number, expected a table"]),
        ("[packages.torch]\nbann = []", ["2: `packages.torch.bann` is not known, did you mean"]),
        ('[packages."a b"]', ["1: `packages.a b` is not the name of a project"]),
        (
            "[packages.a-b]\n[packages.a_b]",
            ["2: `packages.a_b` is the project of `a-b` too"],
        ),
        (
            '[packages.torch]\nban = ["A"]\nrequire = [1]',
            ["2: `packages.torch.ban[0]` is `A`", "3: `packages.torch.require[0]` is a number"],
        ),
    ],
)
def test_all_faults_of_a_file_are_told_with_their_lines(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        _configured(tmp_path, text)
    told = [f"{fault.line}: `{fault.path}` {fault.message}" for fault in caught.value.faults]
    assert len(told) == len(faults)
    for expected, found in zip(faults, told, strict=True):
        assert found.startswith(expected)
