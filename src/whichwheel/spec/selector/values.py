"""A selector file as values."""

from collections.abc import Collection, Mapping, Sequence

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.metadata import MetadataFault
from whichwheel.spec.values import dataclass

__all__ = [
    "SELECTOR_SUFFIX",
    "InvalidSelector",
    "SelectorVariable",
    "WheelSelector",
    "split_suffix",
]

#: How the name of a selector file ends.
SELECTOR_SUFFIX = "-wheel-selector.toml"


class InvalidSelector(WhichwheelError, ValueError):
    """A selector file that cannot be used; holds every fault, not only the first.

    :param where: the file or URL
    :param faults: all faults, in the order of the file
    """

    def __init__(self, where: str, faults: tuple[MetadataFault, ...]) -> None:
        listed = "; ".join(str(fault) for fault in faults[:5])
        more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""  # noqa: PLR2004
        super().__init__(
            f"the selector file `{where}` is not usable: {listed}{more}",
            hint="`docs/reference/selector-files` shows what may stand in one",
        )
        self.where = where
        self.faults = faults


@dataclass(frozen=True, slots=True)
class SelectorVariable:
    """One variable: who computes it, and which suffixes its values take.

    :param name: as the file has it
    :param function: ``module:function`` that computes the value; None if the file names none
    :param requires: what would have to be installed for it
    :param wheel_tags: by value, the suffixes, best first; an empty one is the wheel without
    """

    name: str
    function: str | None
    requires: tuple[str, ...]
    wheel_tags: Mapping[str, tuple[str, ...]]

    @property
    def suffixes(self) -> tuple[str, ...]:
        """All suffixes of its wheels, in the order in which they first stand."""
        named = dict.fromkeys(each for listed in self.wheel_tags.values() for each in listed)
        return tuple(suffix for suffix in named if suffix)


@dataclass(frozen=True, slots=True)
class WheelSelector:
    """A selector file.

    :param variables: the most important first
    """

    variables: tuple[SelectorVariable, ...]


def split_suffix(suffix: str, choices: Sequence[Collection[str]]) -> tuple[str, ...] | None:
    """Say which part of a wheel's suffix is of which variable.

    The parts stand in the order of the variables, and a variable may have none.

    :param suffix: without its ``+``
    :param choices: for each variable, its suffixes
    :returns: for each variable its part, possibly empty; None if there is not exactly one way

    >>> split_suffix("v3+mkl", ({"v2", "v3"}, {"mkl"}))
    ('v3', 'mkl')
    >>> split_suffix("mkl", ({"v2", "v3"}, {"mkl"}))
    ('', 'mkl')
    """
    parts = suffix.split("+") if suffix else []
    ways: list[tuple[str, ...]] = [()]
    for allowed in choices:
        longer = []
        for way in ways:
            taken = sum(1 for part in way if part)
            longer.append((*way, ""))
            if taken < len(parts) and parts[taken] in allowed:
                longer.append((*way, parts[taken]))
        ways = longer
    whole = [way for way in ways if sum(1 for part in way if part) == len(parts)]
    return whole[0] if len(whole) == 1 else None
