"""What environment markers can tell of a target, and markers that tell targets apart."""

from collections.abc import Collection, Iterable
from dataclasses import astuple
from itertools import combinations

from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

__all__ = ["Surroundings", "environments_of", "marker_of", "python_of", "surroundings_of"]

_FIELDS = ("sys_platform", "platform_machine", "implementation_name", "python_version")
_ORDINARY = "cpython"


@dataclass(frozen=True, slots=True, order=True)
class Surroundings:
    """What tells targets apart for environment markers; their GPUs and CPU levels do not.

    :param python_version: major and minor
    """

    sys_platform: str
    platform_machine: str
    implementation_name: str
    python_version: str


def surroundings_of(target: Target) -> Surroundings:
    """Return what markers can tell of a target."""
    return Surroundings(*(target.environment[field] for field in _FIELDS))


def marker_of(used: Collection[Surroundings], every: Collection[Surroundings]) -> str | None:
    """Return the shortest marker that holds in some surroundings and in none of the rest.

    :param used: some
    :param every: all that have to be told apart, those among them
    :return: None if it holds in all

    >>> linux = Surroundings("linux", "x86_64", "cpython", "3.12")
    >>> mac = Surroundings("darwin", "arm64", "cpython", "3.12")
    >>> marker_of([mac], [linux, mac])
    "sys_platform == 'darwin'"
    """
    inside = {astuple(each) for each in used}
    outside = {astuple(each) for each in every} - inside
    if not outside:
        return None
    places = range(len(_FIELDS))
    choices = (
        chosen for size in range(1, len(_FIELDS) + 1) for chosen in combinations(places, size)
    )
    for chosen in choices:
        wanted = {tuple(each[place] for place in chosen) for each in inside}
        others = {tuple(each[place] for place in chosen) for each in outside}
        if wanted.isdisjoint(others):
            return _either(tuple(_FIELDS[place] for place in chosen), wanted)
    raise ValueError(used)


def environments_of(every: Iterable[Surroundings]) -> tuple[str, ...]:
    """Return the markers of the environments that a lock is for, of which no two overlap.

    The version of Python is not among them: ``requires-python`` speaks of it.
    """
    listed = list(every)
    number = 3 if any(each.implementation_name != _ORDINARY for each in listed) else 2
    fields = tuple(_FIELDS[:number])
    found = {astuple(each)[: len(fields)] for each in listed}
    return tuple(_all(fields, values) for values in sorted(found))


def python_of(every: Iterable[Surroundings]) -> str:
    """Return the ``requires-python`` of a lock: the oldest Python of any target, or newer."""
    versions = [each.python_version for each in every]
    oldest = min(versions, key=lambda text: tuple(map(int, text.split("."))))
    return f">={oldest}"


def _either(fields: tuple[str, ...], alternatives: Iterable[tuple[str, ...]]) -> str:
    return " or ".join(_all(fields, values) for values in sorted(alternatives))


def _all(fields: tuple[str, ...], values: tuple[str, ...]) -> str:
    return " and ".join(
        f"{field} == '{value}'" for field, value in zip(fields, values, strict=True)
    )
