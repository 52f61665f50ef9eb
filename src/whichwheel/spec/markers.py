"""The variant environment markers in dependency specifiers (PEP 825, Environment markers).

``packaging`` refuses a marker that names ``variant_label``, ``variant_properties``,
``variant_features`` or ``variant_namespaces``. So each comparison that does is replaced by one
it accepts, ``packaging`` reads the rest, and once the wheel is known the comparisons are
answered and folded away.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Literal, Self

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement as PackagingInvalidRequirement
from packaging.requirements import Requirement

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import VariantFeature, VariantProperties, VariantProperty
from whichwheel.spec.specifiers import has_endless_number
from whichwheel.spec.values import dataclass

__all__ = [
    "InvalidRequirement",
    "InvalidVariantMarker",
    "VariantContext",
    "VariantRequirement",
    "parse_requirement",
    "variant_context",
]

_LABEL = "variant_label"
_SETS = ("variant_properties", "variant_features", "variant_namespaces")
_LABEL_OPERATORS = frozenset({"==", "!=", "in", "not in"})
_SET_OPERATORS = frozenset({"in", "not in"})

_VARIABLE = r"\bvariant_(?:label|properties|features|namespaces)\b"
_OPERAND = r"""(?:'[^']*'|"[^"]*"|\b[A-Za-z_][A-Za-z0-9_.]*\b)"""
_OPERATOR = r"(?:===|==|~=|!=|<=|>=|<|>|\bnot[ \t]+in\b|\bin\b)"
# The second branch swallows literals, so that nothing inside one is taken for a comparison.
_COMPARISON = lazy_pattern(
    rf"""
    (?P<left>{_OPERAND}) [ \t]* (?P<operator>{_OPERATOR}) [ \t]* (?P<right>{_OPERAND})
    | '[^']*' | "[^"]*"
    """,
    re.VERBOSE,
)
_IS_VARIABLE = lazy_pattern(_VARIABLE)
_SEPARATOR = lazy_pattern(r"\s*::\s*")
_RESERVED = "variant comparison "
_PLACEHOLDER = lazy_pattern(rf'os_name == "{_RESERVED}(\d+)"')
_TOKEN = lazy_pattern(r"""\(|\)|'[^']*'|"[^"]*"|[^\s()'"]+""")
_NEVER = 'python_version < "0"'

#: A marker with its variant comparisons taken out: a comparison by its number, any other as
#: text, or several joined.
_Tree = int | str | tuple[Literal["and", "or"], tuple["_Tree", ...]]


class InvalidRequirement(WhichwheelError, ValueError):
    """A text is not a dependency specifier.

    :param text: the text as given
    :param why: what is wrong with it
    """

    def __init__(self, text: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(
            f"`{text}` is not a requirement: {why}",
            hint=hint or 'a requirement is written `name[extra]>=1.0; python_version < "3.13"`',
        )
        self.text = text
        self.why = why


class InvalidVariantMarker(WhichwheelError, ValueError):
    """A variant marker is used in a way that its type does not allow.

    :param comparison: the comparison as written
    :param why: what is wrong with it
    """

    def __init__(self, comparison: str, why: str) -> None:
        super().__init__(
            f"`{comparison}` is not a variant marker: {why}",
            hint='as in `variant_label == "cu128"` or `"x86_64 :: level" in variant_features`',
        )
        self.comparison = comparison
        self.why = why


@dataclass(frozen=True)
class VariantContext:
    """The wheel in whose requirements the variant markers stand.

    :param label: the label in its file name, empty for a wheel that is no variant
    :param properties: those of its properties that the target supports
    """

    label: str
    properties: frozenset[VariantProperty]

    @classmethod
    def none(cls) -> Self:
        """Return the context of a wheel that is no variant."""
        return cls("", frozenset())

    @cached_property
    def sets(self) -> Mapping[str, frozenset[str]]:
        """The value of each set marker, written canonically."""
        features = {VariantFeature(found.namespace, found.feature) for found in self.properties}
        return {
            "variant_properties": frozenset(map(str, self.properties)),
            "variant_features": frozenset(map(str, features)),
            "variant_namespaces": frozenset(found.namespace for found in self.properties),
        }


def variant_context(
    label: str | None,
    properties: VariantProperties,
    supported: Mapping[str, Mapping[str, Sequence[str]]],
) -> VariantContext:
    """Return the context of a wheel (PEP 825, Evaluating variant markers).

    :param label: the wheel's label, None for one that is no variant
    :param properties: what the metadata says of that label
    :param supported: ``{namespace: {feature: (values, ...)}}`` of the target

    >>> context = variant_context("v3", {"x86_64": {"level": ("v3", "v9")}},
    ...                           {"x86_64": {"level": ["v3", "v2"]}})
    >>> sorted(map(str, context.properties))
    ['x86_64 :: level :: v3']
    """
    if label is None:
        return VariantContext.none()
    return VariantContext(
        label,
        frozenset(
            VariantProperty(namespace, feature, value)
            for namespace, features in properties.items()
            for feature, values in features.items()
            for value in values
            if value in supported.get(namespace, {}).get(feature, ())
        ),
    )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One comparison with a variant marker.

    :param text: as written
    :param reverse: whether the marker stands on the right
    """

    text: str
    variable: str
    operator: str
    literal: str
    reverse: bool

    def holds(self, context: VariantContext) -> bool:
        if self.variable == _LABEL:
            left, right = (
                (self.literal, context.label) if self.reverse else (context.label, self.literal)
            )
            if self.operator in ("in", "not in"):
                return (left in right) is (self.operator == "in")
            return (left == right) is (self.operator == "==")
        found = self.literal in context.sets[self.variable]
        return found is (self.operator == "in")


@dataclass(frozen=True, slots=True)
class VariantRequirement:
    """A dependency specifier whose marker may speak of the wheel it stands in.

    :param text: as written
    :param requirement: what ``packaging`` reads; without its marker if that speaks of variants
    """

    text: str
    requirement: Requirement
    _tree: _Tree | None = None
    _comparisons: tuple[_Comparison, ...] = ()

    @property
    def has_variant_markers(self) -> bool:
        """Whether the marker speaks of the wheel's variant."""
        return bool(self._comparisons)

    def bind(self, context: VariantContext) -> Requirement:
        """Answer the variant markers for one wheel and return what remains.

        :param context: the wheel whose metadata this requirement comes from
        """
        if self._tree is None:
            return self.requirement
        answers = [comparison.holds(context) for comparison in self._comparisons]
        folded = _fold(self._tree, answers)
        if folded is True:
            return self.requirement
        bound = Requirement.__new__(Requirement)
        bound.name = self.requirement.name
        bound.url = self.requirement.url
        bound.extras = self.requirement.extras
        bound.specifier = self.requirement.specifier
        bound.marker = Marker(folded or _NEVER)
        return bound

    def can_hold(self, context: VariantContext) -> bool:
        """Whether the marker holds for one wheel on some machine or other.

        :param context: as in :meth:`bind`
        """
        if self._tree is None:
            return True
        answers = [comparison.holds(context) for comparison in self._comparisons]
        return _fold(self._tree, answers) is not False

    def __str__(self) -> str:
        return self.text


def parse_requirement(text: str) -> VariantRequirement:
    """Read a dependency specifier that may use the variant markers.

    :raises InvalidRequirement: if it is not a dependency specifier
    :raises InvalidVariantMarker: if a variant marker is used as its type does not allow

    >>> requirement = parse_requirement('dep>=1; "x86_64::level" in variant_features')
    >>> str(requirement.bind(VariantContext.none()))
    'dep>=1; python_version < "0"'
    """
    if "variant_" not in text:
        return VariantRequirement(text, _read(text, text))
    if _RESERVED in text:
        raise InvalidRequirement(text, f"no marker may compare with `{_RESERVED.strip()}`")
    comparisons: list[_Comparison] = []

    def take(match: re.Match[str]) -> str:
        operands = (match["left"] or "", match["right"] or "")
        if not any(_IS_VARIABLE.fullmatch(operand) for operand in operands):
            return match[0]
        comparisons.append(_comparison(match))
        return f'os_name == "{_RESERVED}{len(comparisons) - 1}"'

    requirement = _read(text, _COMPARISON.sub(take, text))
    if not comparisons or requirement.marker is None:
        return VariantRequirement(text, requirement)
    tree = _parse_marker(str(requirement.marker))
    requirement.marker = None
    return VariantRequirement(text, requirement, tree, tuple(comparisons))


def _read(text: str, rewritten: str) -> Requirement:
    if has_endless_number(text):
        raise InvalidRequirement(text[:100], "a number in it has thousands of digits")
    try:
        return Requirement(rewritten)
    except PackagingInvalidRequirement as error:
        why = str(error).partition("\n")[0]
        raise InvalidRequirement(text, why[:1].lower() + why[1:]) from None
    except RecursionError:
        raise InvalidRequirement(text, "its marker is nested too deeply") from None


def _comparison(match: re.Match[str]) -> _Comparison:
    text, left, right = match[0], match["left"], match["right"]
    operator = " ".join(match["operator"].split())
    reverse = _IS_VARIABLE.fullmatch(left) is None
    variable, other = (right, left) if reverse else (left, right)
    if other[0] not in "'\"":
        raise InvalidVariantMarker(text, f"`{variable}` is compared with literals, not `{other}`")
    literal = other[1:-1]
    if variable == _LABEL:
        if operator not in _LABEL_OPERATORS:
            raise InvalidVariantMarker(text, f"`{variable}` has no operator `{operator}`")
    elif operator not in _SET_OPERATORS:
        raise InvalidVariantMarker(
            text, f"`{variable}` is a set, which has `in` and `not in` but no `{operator}`"
        )
    elif not reverse:
        raise InvalidVariantMarker(text, f"`{variable}` is a set and belongs right of `{operator}`")
    else:
        literal = _SEPARATOR.sub(" :: ", literal)
    return _Comparison(text, variable, operator, literal, reverse)


def _parse_marker(text: str) -> _Tree:
    """Read a marker that ``packaging`` printed, so that it is known to be well-formed."""
    # One placeholder becomes one token, whatever is in it.
    tokens = _TOKEN.findall(_PLACEHOLDER.sub(r"\1:placeholder", text))
    tree, rest = _parse_or(tokens, 0)
    if rest != len(tokens):
        raise InvalidRequirement(text, "its marker is not closed")
    return tree


def _parse_or(tokens: Sequence[str], at: int) -> tuple[_Tree, int]:
    # `and` binds tighter than `or` (PEP 508).
    branches: list[_Tree] = []
    while True:
        parts: list[_Tree] = []
        while True:
            part, at = _parse_atom(tokens, at)
            parts.append(part)
            if at >= len(tokens) or tokens[at] != "and":
                break
            at += 1
        branches.append(_joined("and", parts))
        if at >= len(tokens) or tokens[at] != "or":
            return _joined("or", branches), at
        at += 1


def _parse_atom(tokens: Sequence[str], at: int) -> tuple[_Tree, int]:
    token = tokens[at]
    if token == "(":  # noqa: S105
        tree, at = _parse_or(tokens, at + 1)
        return tree, at + 1
    if token.endswith(":placeholder"):
        return int(token.partition(":")[0]), at + 1
    length = 4 if tokens[at + 1] == "not" else 3
    return " ".join(tokens[at : at + length]), at + length


def _joined(how: Literal["and", "or"], trees: Sequence[_Tree]) -> _Tree:
    return trees[0] if len(trees) == 1 else (how, tuple(trees))


def _fold(tree: _Tree, answers: Sequence[bool]) -> bool | str:
    """Return the marker's value where it is known, else the text of what remains."""
    if isinstance(tree, int):
        return answers[tree]
    if isinstance(tree, str):
        return tree
    how, branches = tree
    decisive = how == "or"
    rest: list[str] = []
    for branch in branches:
        folded = _fold(branch, answers)
        if isinstance(folded, str):
            rest.append(folded)
        elif folded is decisive:
            return decisive
    if not rest:
        return not decisive
    return rest[0] if len(rest) == 1 else _text(how, rest)


def _text(how: str, parts: Iterable[str]) -> str:
    return "(" + f" {how} ".join(parts) + ")"
