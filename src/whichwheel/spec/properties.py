"""Variant namespaces, features, properties and labels (PEP 825, Variant properties)."""

from collections.abc import Mapping
from typing import NewType, Self

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass

__all__ = [
    "NULL_LABEL",
    "InvalidLabel",
    "InvalidProperty",
    "VariantFeature",
    "VariantLabel",
    "VariantProperties",
    "VariantProperty",
    "parse_label",
]

#: A label that was checked against PEP 825, Variant label.
VariantLabel = NewType("VariantLabel", str)

#: What one label stands for: ``{namespace: {feature: (value, ...)}}``, as in ``variant.json``.
VariantProperties = Mapping[str, Mapping[str, tuple[str, ...]]]

#: The label of the variant with no properties, which fits every machine.
NULL_LABEL = VariantLabel("null")

NAME_PATTERN = lazy_pattern(r"[a-z0-9_]+")
VALUE_PATTERN = lazy_pattern(r"[a-z0-9_.]+")
#: As a value, and not only dots.
LABEL_PATTERN = lazy_pattern(r"\.*[a-z0-9_][a-z0-9_.]*")
_SEPARATOR = lazy_pattern(r"\s*::\s*")


class InvalidProperty(WhichwheelError, ValueError):
    """A text is not a namespace, feature or property.

    :param text: the text as given
    :param why: what is wrong with it
    """

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"`{text}` is not a variant property: {why}",
            hint="a property is written `namespace :: feature :: value`",
        )
        self.text = text
        self.why = why


class InvalidLabel(WhichwheelError, ValueError):
    """A text is not a variant label.

    :param text: the text as given
    """

    def __init__(self, text: str, why: str = "it has other characters") -> None:
        super().__init__(
            f"`{text}` is not a variant label: {why}",
            hint="a label consists of `a-z`, `0-9`, `_` and `.`",
        )
        self.text = text


def parse_label(text: str) -> VariantLabel:
    """Check a variant label (PEP 825, Variant label).

    A label ends up in file names, so one that consists of dots alone is refused too.

    :param text: the label
    :raises InvalidLabel: if it is empty, has other characters, or is only dots

    >>> parse_label("x86_64_v3")
    'x86_64_v3'
    """
    if LABEL_PATTERN.fullmatch(text):
        return VariantLabel(text)
    if not text:
        raise InvalidLabel(text, "it is empty")
    raise InvalidLabel(text, "it has other characters" if text.strip(".") else "it names no file")


def _parts(text: str, names: tuple[str, ...]) -> list[str]:
    parts = _SEPARATOR.split(text.strip())
    if len(parts) != len(names):
        raise InvalidProperty(
            text, f"expected {len(names)} parts ({' :: '.join(names)}), found {len(parts)}"
        )
    for part, name in zip(parts, names, strict=True):
        pattern = VALUE_PATTERN if name == "value" else NAME_PATTERN
        if not pattern.fullmatch(part):
            allowed = "`a-z`, `0-9`, `_` and `.`" if name == "value" else "`a-z`, `0-9` and `_`"
            raise InvalidProperty(text, f"the {name} `{part}` may hold only {allowed}")
    return parts


@dataclass(frozen=True, slots=True, order=True)
class VariantFeature:
    """A feature of a namespace, the key of a property.

    >>> str(VariantFeature.parse("x86_64::level"))
    'x86_64 :: level'
    """

    namespace: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``namespace :: feature`` with any whitespace round the separator.

        :raises InvalidProperty: if the text is not of that form
        """
        return cls(*_parts(text, ("namespace", "feature")))

    def __str__(self) -> str:
        return f"{self.namespace} :: {self.name}"


@dataclass(frozen=True, slots=True, order=True)
class VariantProperty:
    """One value of one feature (PEP 825, Variant properties).

    >>> str(VariantProperty.parse("x86_64::level ::v3"))
    'x86_64 :: level :: v3'
    """

    namespace: str
    feature: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``namespace :: feature :: value`` with any whitespace round the separators.

        :raises InvalidProperty: if the text is not of that form
        """
        return cls(*_parts(text, ("namespace", "feature", "value")))

    def __str__(self) -> str:
        return f"{self.namespace} :: {self.feature} :: {self.value}"
