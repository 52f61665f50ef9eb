"""An axis: features on which one environment must agree, and how packages spell its values."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from fnmatch import fnmatchcase

from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import VariantFeature, VariantProperties
from whichwheel.spec.values import dataclass

__all__ = ["Axis", "AxisPolicy", "AxisReading"]

_MAJOR = lazy_pattern(r"\d+")


class AxisPolicy(StrEnum):
    """How the value of an axis comes about."""

    FIRST_INSTALLED = "first-installed"
    MUST_CHOOSE = "must-choose"
    FREE = "free"


class AxisReading(StrEnum):
    """What of a property is the value of the axis."""

    VALUE = "value"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class Axis:
    """A feature on which one environment must agree.

    :param name: a short word, as ``blas``
    :param features: what packages state it by; the first is its usual name for people
    :param policy: ``first-installed``: what is there binds what comes; ``must-choose``: the user
        says which; ``free``: packages need not agree
    :param reading: whether a property's value is that of the axis, or its major version is
    :param values: those that are known; a user who names another is asked whether it is meant
    :param aliases: other spellings of values, as ``{"mkl_rt": "mkl"}``
    :param prefer: values, best first; others follow as packages prefer them
    :param files: patterns of the names of libraries that bundle a value, in lower case
    :param origin: where it is defined, for people
    """

    name: str
    features: tuple[VariantFeature, ...]
    description: str = ""
    policy: AxisPolicy = AxisPolicy.FIRST_INSTALLED
    reading: AxisReading = AxisReading.VALUE
    values: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    prefer: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    origin: str = "shipped"

    def __str__(self) -> str:
        # Of a version's major alone, the feature would say too much.
        return self.name if self.reading is AxisReading.MAJOR else str(self.features[0])

    @property
    def binds(self) -> bool:
        """Whether packages have to agree."""
        return self.policy is not AxisPolicy.FREE

    def value_of(self, spelling: str) -> str | None:
        """Return the value behind a spelling; None if it says nothing of this axis.

        >>> cuda = Axis("cuda", (), reading=AxisReading.MAJOR)
        >>> cuda.value_of("12.8")
        '12'
        """
        if self.reading is AxisReading.MAJOR:
            major = _MAJOR.match(spelling)
            return None if major is None else str(int(major[0]))
        return self.aliases.get(spelling, spelling)

    def claims(self, properties: VariantProperties) -> tuple[str, ...]:
        """Return the values that a variant would do with, none if it does not care.

        Properties of one feature are alternatives; of several features that all speak of the
        axis, what they have in common counts.
        """
        common: tuple[str, ...] | None = None
        for feature in self.features:
            stated = properties.get(feature.namespace, {}).get(feature.name)
            if not stated:
                continue
            values = tuple(dict.fromkeys(filter(None, map(self.value_of, stated))))
            if not values:
                continue
            both = values if common is None else tuple(v for v in common if v in values)
            common = both or values
        return common or ()

    def bundled(self, names: Iterator[str]) -> Mapping[str, str]:
        """Return the values that files bundle, each with the first file that shows it.

        :param names: names of files, without folders
        """
        found: dict[str, str] = {}
        for name in names:
            lowered = name.lower()
            for pattern, value in self.files.items():
                if value not in found and fnmatchcase(lowered, pattern):
                    found[value] = name
        return found
