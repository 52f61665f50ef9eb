"""An overlay: which existing files are which variants of one project."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass

__all__ = [
    "InvalidOverlay",
    "Overlay",
    "OverlayBuild",
    "OverlayFault",
    "expand_template",
    "grouped_properties",
    "template_groups",
]

_MOST_LISTED = 20
_SEPARATOR = lazy_pattern(r"\s*::\s*")
_GROUP = lazy_pattern(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class OverlayFault:
    """One thing wrong in one place of an overlay.

    :param path: the key, as ``builds[0].label``; empty for the whole file
    :param message: what was found and what was expected
    :param line: of the file, from 1; None where it is not known
    """

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        at = f"line {self.line}: " if self.line is not None else ""
        return f"{at}`{self.path}` {self.message}" if self.path else f"{at}{self.message}"


class InvalidOverlay(WhichwheelError, ValueError):
    """An overlay that cannot be used; holds every fault, not only the first.

    :param where: the file
    :param faults: all faults, in the order of the file
    """

    def __init__(self, where: str, faults: Iterable[OverlayFault]) -> None:
        self.where = where
        self.faults = tuple(faults)
        named = [str(fault) for fault in self.faults[:_MOST_LISTED]]
        if len(self.faults) > len(named):
            named.append(f"and {len(self.faults) - len(named)} more")
        super().__init__(
            f"the overlay `{where}` is not usable: {'; '.join(named)}",
            hint="`docs/reference/overlays` says what an overlay holds",
        )


@dataclass(frozen=True, slots=True)
class OverlayBuild:
    """One way of building the project, and how its files are known.

    :param label: the variant label; may name groups of ``local`` in braces
    :param project: whose files they are
    :param versions: the releases it is about; None for all
    :param local: what the local version matches whole, an empty one included; None for any at
        ``index`` and ``page``, and for none in the user's own sources
    :param index: a simple index that has the files, instead of the user's own sources
    :param page: a page of links for one version, which its text names as ``{version}``
    :param platforms: patterns of platform tags, one of which has to match; empty for any
    :param extras: extras whose dependencies this build always has
    :param properties: as ``namespace :: feature :: value``; may name groups of ``local``
    :param also_plain: whether the same files stay plain wheels too
    :param by_hand: whether it is taken only where the user asks for it by its own name
    """

    label: str
    project: NormalizedName
    versions: SpecifierSet | None = None
    local: re.Pattern[str] | None = None
    index: str | None = None
    page: str | None = None
    platforms: tuple[str, ...] = ()
    extras: tuple[NormalizedName, ...] = ()
    properties: tuple[str, ...] = ()
    also_plain: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Overlay:
    """What one file says of one project.

    :param project: the plain name, by which others depend on it
    :param summary: one line, for people
    :param dated: when the facts were checked
    :param sources: the vendors' pages that the facts come from
    :param safe: whether it may be on without being asked for, if it is a shipped one
    :param namespaces: those of all properties, the most important first
    :param builds: in the order in which they take files
    :param where: the file it was read from
    """

    project: NormalizedName
    summary: str
    dated: date
    sources: tuple[str, ...]
    safe: bool
    namespaces: tuple[str, ...]
    builds: tuple[OverlayBuild, ...]
    where: Path = field(compare=False)

    @property
    def twins(self) -> tuple[NormalizedName, ...]:
        """The projects that stand for each other, the plain one first."""
        return tuple(dict.fromkeys((self.project, *(build.project for build in self.builds))))


def template_groups(template: str) -> frozenset[str]:
    """Return the names in braces.

    >>> sorted(template_groups("cu{major}.{minor}"))
    ['major', 'minor']
    """
    return frozenset(_GROUP.findall(template))


def expand_template(template: str, groups: Mapping[str, str]) -> str:
    """Put values in the place of names in braces.

    :raises KeyError: if there is none for a name

    >>> expand_template("cu{major}", {"major": "12"})
    'cu12'
    """
    return _GROUP.sub(lambda found: groups[found[1]], template)


def grouped_properties(texts: Iterable[str]) -> VariantProperties:
    """Return properties as ``{namespace: {feature: values}}``.

    :param texts: each ``namespace :: feature :: value``, checked before
    """
    grouped: dict[str, dict[str, tuple[str, ...]]] = {}
    for text in texts:
        namespace, feature, value = _SEPARATOR.split(text.strip())
        features = grouped.setdefault(namespace, {})
        features[feature] = (*features.get(feature, ()), value)
    return grouped
