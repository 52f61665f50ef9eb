"""Two libraries of one kind in one environment, told by the names of files."""

from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import NormalizedName

from whichwheel.environment.checking.agreement import claims_of
from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject
from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.axes.axis import Axis

__all__ = ["runtime_findings"]


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
    for axis in axes.by_name.values():
        if axis.binds and axis.files:
            holders = _holders(every, axis)
            if not holders:
                continue
            for subject, values in claims.get(axis.name, ()):
                # One that would do with several is for none of them in particular.
                if len(values) == 1:
                    holders.setdefault(values[0], {}).setdefault(subject.name, (subject, None))
            finding = _finding(axis, holders)
            if finding is not None and (concerned is None or finding.concerns(concerned)):
                yield finding


#: By value of an axis and name of a package, the file that bundles it, None if it is only said.
_Holders = dict[str, dict[NormalizedName, tuple[Subject, str | None]]]


def _holders(subjects: Iterable[Subject], axis: Axis) -> _Holders:
    found: _Holders = {}
    for subject in subjects:
        paths = {file.path.rpartition("/")[2]: file.path for file in subject.files or ()}
        for value, name in axis.bundled(iter(paths)).items():
            found.setdefault(value, {})[subject.name] = (subject, paths[name])
    return found


def _finding(
    axis: Axis, holders: Mapping[str, Mapping[NormalizedName, tuple[Subject, str | None]]]
) -> Finding | None:
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
