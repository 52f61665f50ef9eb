"""Packages that overwrite each other's files."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator

from packaging.utils import NormalizedName

from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject

__all__ = ["contested_places", "overlap_findings"]

_SHOWN = 3


def contested_places(subjects: Iterable[Subject]) -> dict[str, tuple[Subject, ...]]:
    """Return the places that several packages claim, with different content.

    Two packages may share a file of the same content, as an empty ``__init__.py``.
    """
    first: dict[str, tuple[Subject, str]] = {}
    several: dict[str, dict[NormalizedName, tuple[Subject, str]]] = {}
    for subject in subjects:
        for file in subject.files or ():
            if file.path.endswith(".pyc"):
                continue
            key = os.path.normcase(file.place)
            before = first.setdefault(key, (subject, file.digest))
            if before[0] is not subject:
                claims = several.setdefault(key, {before[0].name: before})
                claims[subject.name] = (subject, file.digest)
    return {
        place: tuple(subject for subject, _ in claims.values())
        for place, claims in several.items()
        if len({digest for _, digest in claims.values() if digest}) > 1
    }


def overlap_findings(contested: dict[str, tuple[Subject, ...]]) -> Iterator[Finding]:
    """Yield one finding for those packages that claim the same places."""
    by_claimants: dict[tuple[str, ...], list[str]] = defaultdict(list)
    packages: dict[tuple[str, ...], tuple[Subject, ...]] = {}
    for place, claimants in contested.items():
        titles = tuple(subject.title for subject in claimants)
        by_claimants[titles].append(place)
        packages[titles] = claimants
    for titles, places in by_claimants.items():
        shown = ", ".join(f"`{place}`" for place in places[:_SHOWN])
        more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        names = tuple(subject.name for subject in packages[titles])
        yield Finding(
            FindingKind.OVERWRITTEN,
            Severity.ERROR,
            names,
            f"{' and '.join(f'`{title}`' for title in titles)} overwrite each other: {shown}{more}",
            hint=f"keep one of them: uninstall both, then install `{names[0]}` or `{names[1]}`",
            facts={"files": sorted(places)},
        )
