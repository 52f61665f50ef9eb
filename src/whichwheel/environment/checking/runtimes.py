"""Two libraries of one kind in one environment, told by the names of files."""

import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import NormalizedName

from whichwheel.environment.checking.agreement import claims_of
from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject, read_recorded
from whichwheel.environment.distributions import read_package
from whichwheel.environment.plan import Installed
from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.axes.axis import Axis
from whichwheel.resolve.resolution import ResolutionWarning
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["runtime_findings", "runtimes_of"]

# What a process loads; of other files the name says nothing.
_LIBRARY = lazy_pattern(r"\.(so(\.[\d.]+)?|dll|dylib)$", re.IGNORECASE)

#: By value of an axis and name of a package, the file that bundles it, None if it is only said.
_Holders = dict[str, dict[NormalizedName, tuple[Subject, str | None]]]


def runtimes_of(
    installed: Mapping[NormalizedName, Installed], brought: frozenset[NormalizedName], axes: Axes
) -> tuple[ResolutionWarning, ...]:
    """Return a warning for every axis of which some packages brought a second library.

    :param installed: everything in the environment
    :param brought: those that are new
    """
    new = [_subject(installed[name]) for name in sorted(brought) if name in installed]
    if not any(_speaks(subject, axes) for subject in new):
        return ()
    every = [*new, *(_subject(each) for name, each in installed.items() if name not in brought)]
    return tuple(
        ResolutionWarning(finding.kind.value, f"{finding.message} ({finding.hint})")
        for finding in runtime_findings(every, axes, brought)
    )


def _libraries(subject: Subject) -> dict[str, str]:
    """Return the paths of a package's libraries by their names."""
    paths = (file.path for file in subject.files or ())
    return {path.rpartition("/")[2]: path for path in paths if _LIBRARY.search(path)}


def _subject(installed: Installed) -> Subject:
    return Subject(installed, read_package(installed), read_recorded(installed.metadata_directory))


def _speaks(subject: Subject, axes: Axes) -> bool:
    libraries = _libraries(subject)
    return bool(axes.claims(subject.package.properties)) or any(
        axis.binds and axis.bundled(iter(libraries)) for axis in axes.by_name.values()
    )


def runtime_findings(
    subjects: Iterable[Subject], axes: Axes, concerned: frozenset[NormalizedName] | None = None
) -> Iterator[Finding]:
    """Yield every axis of which packages bundle, or are built for, different values.

    Packages without variants say nothing of an axis; what they bundle does. Where only variants
    speak, and none bundles anything, :func:`axis_findings` has told it.

    :param concerned: leave out what is not about one of these; None for all
    """
    every = tuple(subjects)
    claims = claims_of(every, axes)
    libraries = [(subject, _libraries(subject)) for subject in every]
    for axis in axes.by_name.values():
        if axis.binds and axis.files:
            holders = _holders(libraries, axis)
            if not holders:
                continue
            for subject, values in claims.get(axis.name, ()):
                # One that would do with several is for none of them in particular.
                if len(values) == 1:
                    holders.setdefault(values[0], {}).setdefault(subject.name, (subject, None))
            finding = _finding(axis, holders)
            if finding is not None and (concerned is None or finding.concerns(concerned)):
                yield finding


def _holders(libraries: Iterable[tuple[Subject, Mapping[str, str]]], axis: Axis) -> _Holders:
    found: _Holders = {}
    for subject, paths in libraries:
        for value, name in axis.bundled(iter(paths)).items():
            found.setdefault(value, {})[subject.name] = (subject, paths[name])
    return found


def _finding(axis: Axis, holders: _Holders) -> Finding | None:
    parties = {name for each in holders.values() for name in each}
    if len(holders) < 2 or len(parties) < 2:  # noqa: PLR2004 - what one package mixes is its own
        return None
    ordered = sorted(holders.items(), key=lambda each: (len(each[1]), each[0]))
    told = "; ".join(
        f"`{value}` with {', '.join(_party(*party) for party in each.values())}"
        for value, each in ordered
    )
    names = dict.fromkeys(name for _, each in ordered for name in each)
    return Finding(
        FindingKind.RUNTIMES,
        Severity.WARNING,
        tuple(names),
        f"more than one `{axis}` in one environment: {told}",
        hint=f"{axis.description}; look for variants of one of them, or leave one out",
        facts={
            "axis": axis.name,
            "values": {
                value: {name: path for name, (_, path) in each.items()} for value, each in ordered
            },
        },
    )


def _party(subject: Subject, path: str | None) -> str:
    return f"`{subject.title}`" if path is None else f"`{subject.title}` (`{path}`)"
