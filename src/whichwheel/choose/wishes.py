"""What a user prefers, bans and requires among variants, and what of it holds for one project."""

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum, StrEnum
from itertools import combinations
from typing import Self

from packaging.utils import NormalizedName

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import (
    LABEL_PATTERN,
    NAME_PATTERN,
    VALUE_PATTERN,
    VariantProperties,
)
from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import shown

__all__ = [
    "NO_WISHES",
    "PLAIN",
    "SUBJECT_FORMS",
    "ContradictingWishes",
    "InvalidSubject",
    "Level",
    "ProjectWishes",
    "Subject",
    "Wish",
    "WishKind",
    "Wishes",
]

#: What stands for the wheels without a label in ``label:plain``.
PLAIN = "plain"
#: How a subject is written, for people.
SUBJECT_FORMS = (
    "`namespace`, `namespace :: feature`, `namespace :: feature :: value` or `label:NAME`"
)

_LABEL = lazy_pattern(r"label\s*:(?!:)\s*(.*)", re.DOTALL)
_ONE_COLON = lazy_pattern(r"([^:]*?)\s*(?<!:):(?!:)\s*(.*)", re.DOTALL)
_SEPARATOR = lazy_pattern(r"\s*::\s*")
_PARTS = ("namespace", "feature", "value")


class WishKind(StrEnum):
    """What is wished of the variants that a wish is about."""

    PREFER = "prefer"
    BAN = "ban"
    REQUIRE = "require"

    @property
    def done(self) -> str:
        """The same as what was done to them, for sentences."""
        return {"prefer": "preferred", "ban": "banned", "require": "required"}[self.value]


class Level(IntEnum):
    """Where a wish was said; the lower, the nearer to the user."""

    COMMAND_LINE = 0
    VARIABLE = 1
    PROJECT = 2
    USER = 3
    SYSTEM = 4


class InvalidSubject(WhichwheelError, ValueError):
    """A text does not say what a wish is about.

    :param text: the text as given
    :param why: what is wrong with it
    """

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"`{shown(text)}` says nothing that can be wished for: {why}",
            hint=f"expected {SUBJECT_FORMS}",
        )
        self.text = text
        self.why = why


@dataclass(frozen=True, slots=True)
class Subject:
    """What a wish is about: a namespace, a feature, a property, or a label.

    :param label: ``plain`` for the wheels without one, and for a variant of that name
    """

    namespace: str = ""
    feature: str | None = None
    value: str | None = None
    label: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a namespace, ``namespace :: feature``, a property, or ``label:NAME``.

        :raises InvalidSubject: if the text is none of these

        >>> str(Subject.parse("nvidia::sm_arch"))
        'nvidia :: sm_arch'
        """
        text = text.strip()
        labelled = _LABEL.fullmatch(text)
        if labelled is not None:
            if not LABEL_PATTERN.fullmatch(labelled[1]):
                raise InvalidSubject(
                    text, "a label consists of `a-z`, `0-9`, `_` and `.`, and not of dots alone"
                )
            return cls(label=labelled[1])
        parts = _SEPARATOR.split(text)
        if len(parts) > len(_PARTS):
            raise InvalidSubject(text, f"it has {len(parts)} parts, and a property has 3")
        for part, name in zip(parts, _PARTS, strict=False):
            pattern = VALUE_PATTERN if name == "value" else NAME_PATTERN
            if not pattern.fullmatch(part):
                raise InvalidSubject(text, _against(part, name))
        return cls(*parts)

    def covers(self, other: "Subject") -> bool:
        """Whether every variant that the other is about is one that this is about."""
        if self.label is not None or other.label is not None:
            return self == other
        return (
            self.namespace == other.namespace
            and self.feature in {None, other.feature}
            and self.value in {None, other.value}
        )

    def matches(self, label: str | None, properties: VariantProperties) -> bool:
        """Whether it is about a wheel.

        :param label: None for a plain wheel
        :param properties: what the label stands for
        """
        if self.label is not None:
            return label == self.label or (label is None and self.label == PLAIN)
        features = properties.get(self.namespace)
        if not features or self.feature is None:
            return bool(features)
        values = features.get(self.feature, ())
        return bool(values) if self.value is None else self.value in values

    def __str__(self) -> str:
        if self.label is not None:
            return f"label:{self.label}"
        return " :: ".join(part for part in (self.namespace, self.feature, self.value) if part)


def _against(part: str, name: str) -> str:
    if not part:
        return f"the {name} is missing"
    colon = _ONE_COLON.fullmatch(part)
    if colon is not None:
        from difflib import get_close_matches  # noqa: PLC0415 -- only to be helpful

        if get_close_matches(colon[1].lower(), ["label"]):
            return f"did you mean `label:{shown(colon[2])}`?"
        return "namespace, feature and value are separated by `::`"
    allowed = "`a-z`, `0-9`, `_` and `.`" if name == "value" else "`a-z`, `0-9` and `_`"
    return f"the {name} `{shown(part)}` may hold only {allowed}"


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that a user said of variants.

    :param level: where it was said
    :param origin: the same for people: ``--ban``, ``/x/whichwheel.toml, line 3``
    :param project: the one project that it is said of; None for all
    """

    kind: WishKind
    subject: Subject
    level: Level
    origin: str
    project: NormalizedName | None = None

    def matches(self, label: str | None, properties: VariantProperties) -> bool:
        """Whether it is about a wheel; see :meth:`Subject.matches`."""
        return self.subject.matches(label, properties)

    def overrides(self, other: "Wish") -> bool:
        """Whether the other does not count beside this, where both are about one project.

        Of two that are said of the same, the nearer counts; so does what is said of the project
        alone against what is said of all, unless the latter is nearer.
        """
        if self.subject != other.subject:
            return False
        if self.project == other.project:
            return self.level < other.level
        return self.project is not None and other.project is None and self.level <= other.level


class ContradictingWishes(WhichwheelError, ValueError):
    """Wishes of one level cannot all be granted.

    :param pairs: those that contradict each other
    """

    def __init__(self, pairs: Iterable[tuple[Wish, Wish]]) -> None:
        self.pairs = tuple(pairs)
        super().__init__(
            "; ".join(_contradiction(ban, other) for ban, other in self.pairs),
            hint="keep one of the two",
        )

    @property
    def level(self) -> Level:
        """The nearest level that has a contradiction."""
        return min(ban.level for ban, _ in self.pairs)


def _contradiction(ban: Wish, other: Wish) -> str:
    project = ban.project or other.project
    of = f" for `{project}`" if project is not None else ""
    if ban.kind is WishKind.REQUIRE:
        return (
            f"`{ban.subject}` (`{ban.origin}`) and `{other.subject}` (`{other.origin}`) are both "
            f"required{of}, and no wheel is both"
        )
    if ban.subject == other.subject:
        return (
            f"`{ban.subject}` is both banned (`{ban.origin}`) and {other.kind.done} "
            f"(`{other.origin}`){of}"
        )
    return (
        f"`{other.subject}` is {other.kind.done} (`{other.origin}`){of}, and `{ban.subject}`, "
        f"which includes it, is banned (`{ban.origin}`)"
    )


def _contradictions(wishes: Iterable[Wish]) -> Iterator[tuple[Wish, Wish]]:
    said = tuple(wishes)
    for pair in combinations(said, 2):
        if pair[0].level != pair[1].level:
            continue
        if _are_apart(*pair):
            yield pair
        for ban, other in (pair, pair[::-1]):
            if _is_against(ban, other, said):
                yield ban, other


def _are_apart(one: Wish, other: Wish) -> bool:
    """Whether a project is required to be two things that no wheel is both."""
    labels = {one.subject.label, other.subject.label}
    return (
        one.kind is other.kind is WishKind.REQUIRE
        and one.project is not None
        and one.project == other.project
        and one.subject != other.subject
        and None not in labels
    )


def _is_against(ban: Wish, other: Wish, said: Iterable[Wish]) -> bool:
    """Whether a level bans what it requires or prefers."""
    if ban.kind is not WishKind.BAN or other.kind is WishKind.BAN:
        return False
    if ban.subject == other.subject:
        return ban.project == other.project
    if other.kind is not WishKind.REQUIRE or not ban.subject.covers(other.subject):
        return False
    if ban.project == other.project:
        return True
    # What is banned everywhere is banned for the project, unless more is said of that.
    return ban.project is None and not any(
        wish.project == other.project and wish.overrides(ban) for wish in said
    )


@dataclass(frozen=True, slots=True)
class ProjectWishes:
    """The wishes that count for one project.

    :param prefers: the most important first
    """

    prefers: tuple[Wish, ...] = ()
    bans: tuple[Wish, ...] = ()
    requires: tuple[Wish, ...] = ()

    def refuse(self, label: str | None, properties: VariantProperties) -> bool:
        """Whether a build is banned, or not what the project was required to be.

        What is required of all projects is not asked: it depends on what else there is.
        """
        return any(ban.matches(label, properties) for ban in self.bans) or any(
            not wish.matches(label, properties)
            for wish in self.requires
            if wish.project is not None
        )

    def may_refuse(self, label: str | None, properties: VariantProperties) -> bool:
        """Whether a build is refused, or would be beside one that is as required."""
        return self.refuse(label, properties) or any(
            not wish.matches(label, properties) for wish in self.requires
        )


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that was wished for.

    :param said: in the order in which it was written, level by level
    """

    said: tuple[Wish, ...] = ()

    @classmethod
    def of(cls, said: Iterable[Wish]) -> Self:
        """Gather wishes.

        :raises ContradictingWishes: if one level bans what it requires or prefers, or requires
            of a project what no wheel can be
        """
        wishes = tuple(said)
        pairs = tuple(_contradictions(wishes))
        if pairs:
            raise ContradictingWishes(pairs)
        return cls(wishes)

    def about(self, project: NormalizedName) -> ProjectWishes | None:
        """Return the wishes that count for a project, None if there are none.

        They come from the nearest level on; within one, those of the project come before those
        of all projects.
        """
        if not self.said:
            return None
        all_said = [wish for wish in self.said if wish.project in {None, project}]
        counting = [
            wish for wish in all_said if not any(other.overrides(wish) for other in all_said)
        ]
        if not counting:
            return None
        counting.sort(key=lambda wish: (wish.level, wish.project is None))
        by_kind = {kind: tuple(w for w in counting if w.kind is kind) for kind in WishKind}
        return ProjectWishes(
            by_kind[WishKind.PREFER], by_kind[WishKind.BAN], by_kind[WishKind.REQUIRE]
        )


#: What holds where nobody said anything.
NO_WISHES = Wishes()
