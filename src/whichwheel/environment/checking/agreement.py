"""Whether the variants that are installed agree on every axis."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject
from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.axes.axis import Axis

__all__ = ["axis_findings", "claims_of"]

#: By the name of an axis, each package that speaks of it with the values it would do with.
Claims = Mapping[str, tuple[tuple[Subject, tuple[str, ...]], ...]]


def claims_of(subjects: Iterable[Subject], axes: Axes) -> Claims:
    """Return what the installed variants say of each axis."""
    found: dict[str, tuple[tuple[Subject, tuple[str, ...]], ...]] = {}
    for subject in subjects:
        for axis, values in axes.claims(subject.package.properties).items():
            found[axis] = (*found.get(axis, ()), (subject, values))
    return found


def axis_findings(subjects: Iterable[Subject], axes: Axes) -> Iterator[Finding]:
    """Yield every axis on which installed packages differ, among themselves or with the user."""
    agreed: dict[str, tuple[str, ...]] = {}
    claims = claims_of(subjects, axes)
    for name, each in claims.items():
        axis = axes.by_name[name]
        common = [value for value in each[0][1] if all(value in values for _, values in each)]
        if not common:
            yield _disagreement(axis, each)
            continue
        agreed[name] = tuple(common)
        chosen = axes.chosen.get(name)
        if chosen is not None and chosen.value not in common:
            others = [(subject, values) for subject, values in each if chosen.value not in values]
            yield Finding(
                FindingKind.AXIS_NOT_CHOSEN,
                Severity.WARNING,
                tuple(subject.name for subject, _ in others),
                f"`{axis} = {chosen.value}` was chosen ({chosen.origin}), and {_listed(others)}",
                hint="`whichwheel refresh` looks for builds that follow the choice",
                facts={"axis": name, "chosen": chosen.value},
            )
    yield from _excluded(axes, agreed, claims)


def _disagreement(axis: Axis, claims: tuple[tuple[Subject, tuple[str, ...]], ...]) -> Finding:
    # Whoever is alone with its value is the one to do something about.
    def company(claim: tuple[Subject, tuple[str, ...]]) -> int:
        return max(sum(value in values for _, values in claims) for value in claim[1])

    ordered = sorted(claims, key=company)
    return Finding(
        FindingKind.AXIS,
        Severity.ERROR,
        tuple(subject.name for subject, _ in ordered),
        f"packages disagree on `{axis}`: {_listed(ordered)}",
        hint="`whichwheel refresh` looks for builds that agree; `--axis` says on what",
        facts={
            "axis": axis.name,
            "values": {subject.name: list(values) for subject, values in ordered},
        },
    )


def _listed(claims: Iterable[tuple[Subject, tuple[str, ...]]]) -> str:
    return ", ".join(
        f"`{subject.title}` is for {' or '.join(f'`{value}`' for value in values)}"
        for subject, values in claims
    )


def _excluded(
    axes: Axes, agreed: Mapping[str, tuple[str, ...]], claims: Claims
) -> Iterator[Finding]:
    for one, other in combinations(sorted(agreed), 2):
        for rule in axes.excludes:
            sides = {rule.first[0]: rule.first[1], rule.second[0]: rule.second[1]}
            if sides.keys() == {one, other} and all(
                agreed[axis] == (sides[axis],) for axis in sides
            ):
                both = [subject.name for axis in (one, other) for subject, _ in claims[axis]]
                yield Finding(
                    FindingKind.AXIS_EXCLUDED,
                    Severity.ERROR,
                    tuple(dict.fromkeys(both)),
                    f"two values do not go together: {rule}",
                    hint="`whichwheel refresh` with `--axis` swaps one of them",
                    facts={"values": sides},
                )
