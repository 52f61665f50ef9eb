"""All axes together, with what the user chose of them."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from enum import StrEnum
from functools import cache

from whichwheel.resolve.axes.axis import Axis, AxisReading
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import InvalidProperty, VariantFeature, VariantProperties
from whichwheel.spec.values import dataclass

__all__ = [
    "SHIPPED_NAMESPACES",
    "Axes",
    "AxisChoice",
    "AxisStrategy",
    "Exclusion",
    "InvalidAxis",
]

#: What properties the shipped axes are about: most variants have none of them, and to know that
#: takes no reading of the axes.
SHIPPED_NAMESPACES = frozenset({"blas_lapack", "openmp", "mpi", "nvidia", "amd"})


class InvalidAxis(WhichwheelError, ValueError):
    """A text names no axis, or no value of one.

    :param text: the text as given
    :param why: what is wrong with it
    """

    def __init__(self, text: str, why: str, *, hint: str) -> None:
        super().__init__(f"`{text}` does not choose a value of an axis: {why}", hint=hint)
        self.text = text
        self.why = why


class AxisStrategy(StrEnum):
    """Which values are agreed on where several would do."""

    PREFERRED = "preferred"
    MOST_PACKAGES = "most-packages"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class AxisChoice:
    """A value that the user chose.

    :param origin: where it was said, for people
    """

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Values of two axes that do not go together.

    :param first: name of an axis, and its value
    :param second: name of the other axis, and its value
    :param origin: where it was said, for people
    """

    first: tuple[str, str]
    second: tuple[str, str]
    origin: str

    def __str__(self) -> str:
        return f"`{' = '.join(self.first)}` excludes `{' = '.join(self.second)}` ({self.origin})"


@dataclass(frozen=True, slots=True)
class Axes:
    """What one environment must agree on.

    :param by_name: the axes by name
    :param chosen: what the user chose, by the name of the axis
    """

    by_name: Mapping[str, Axis] = field(default_factory=dict)
    chosen: Mapping[str, AxisChoice] = field(default_factory=dict)
    excludes: tuple[Exclusion, ...] = ()
    strategy: AxisStrategy = AxisStrategy.PREFERRED

    @classmethod
    def shipped(cls) -> "Axes":
        """Return the axes of published packages."""
        return _shipped()

    def find(self, text: str) -> Axis:
        """Return the axis of a name, or of one of its features.

        :raises InvalidAxis: if there is none, with the one that was perhaps meant

        >>> str(Axes.shipped().find("blas"))
        'blas_lapack :: library'
        """
        text = text.strip()
        if text in self.by_name:
            return self.by_name[text]
        try:
            feature = VariantFeature.parse(text)
        except InvalidProperty:
            feature = None
        for axis in self.by_name.values():
            if feature is not None and feature in axis.features:
                return axis
        known = [*self.by_name, *(str(each) for a in self.by_name.values() for each in a.features)]
        raise InvalidAxis(text, "there is no such axis", hint=_meant(text, known))

    def value(self, axis: Axis, text: str) -> str:
        """Return a value of an axis from one of its spellings.

        :raises InvalidAxis: if it is none that is known
        """
        text = text.strip()
        found = axis.value_of(text)
        shown = f"{axis} = {text}"
        if axis.reading is AxisReading.MAJOR:
            if found is None:
                raise InvalidAxis(shown, "its values are major versions", hint="write it as `12`")
            return found
        known = (*axis.values, *axis.prefer, *axis.aliases)
        if found is None or (known and found not in known):
            why = f"it has no value `{text}`"
            hint = _meant(text, known)
            more = f"a new one goes into `values` of `[axes.{axis.name}]` in `whichwheel.toml`"
            raise InvalidAxis(shown, why, hint=f"{hint}; {more}")
        return found

    def choosing(self, texts: Iterable[str], origin: str) -> "Axes":
        """Return these axes with values chosen, as ``blas_lapack :: library = mkl``.

        :param origin: where it was said, for people
        :raises InvalidAxis: if a text does not choose a value, or two choose different ones
        """
        chosen: dict[str, AxisChoice] = {}
        for text in texts:
            name, separator, spelling = text.rpartition("=")
            if not separator:
                raise InvalidAxis(
                    text, "it has no `=`", hint="write it as `blas_lapack :: library = mkl`"
                )
            axis = self.find(name)
            value = self.value(axis, spelling)
            before = chosen.setdefault(axis.name, AxisChoice(value, origin))
            if before.value != value:
                raise InvalidAxis(text, f"`{before.value}` was chosen too", hint="choose one value")
        return replace(self, chosen={**self.chosen, **chosen})

    @property
    def namespaces(self) -> frozenset[str]:
        """What the properties are about that packages have to agree on."""
        return frozenset(
            feature.namespace
            for axis in self.by_name.values()
            if axis.binds
            for feature in axis.features
        )

    def claims(self, properties: VariantProperties) -> dict[str, tuple[str, ...]]:
        """Return the values that a variant would do with, by the name of the axis.

        Axes that packages need not agree on, and those that a variant does not care for, are
        left out.
        """
        claims = {}
        for axis in self.by_name.values():
            if axis.binds and (values := axis.claims(properties)):
                claims[axis.name] = values
        return claims


def _meant(text: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 -- only to be helpful

    names = list(dict.fromkeys(known))
    close = get_close_matches(text, names, n=1)
    if close:
        return f"perhaps `{close[0]}` is meant"
    return "there are " + ", ".join(f"`{name}`" for name in names) if names else "there is none"


@cache
def _shipped() -> Axes:
    from whichwheel.resolve.axes.axis_reading import read_shipped  # noqa: PLC0415 -- start-up time

    return Axes({axis.name: axis for axis in read_shipped()})
