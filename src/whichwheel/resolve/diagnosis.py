"""From a proof that there is no solution to the error that a user is told."""

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.choose.choice import Choice
from whichwheel.resolve.catalogue import Judged
from whichwheel.resolve.causes import Causes
from whichwheel.resolve.failures import Conflict, NothingFits, ProjectNotFound, ResolutionFailed
from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.prose import tell
from whichwheel.resolve.rules import ResolutionRules
from whichwheel.resolve.solver import Step, StepKind

__all__ = ["diagnose", "nothing_fits"]

_SHOWN = 3


def diagnose(steps: tuple[Step, ...], rules: ResolutionRules) -> ResolutionFailed:
    """Return the error that tells the cause: a missing project, nothing that fits, a conflict.

    :param steps: the proof
    :param rules: those of the search that failed
    """
    missing = _missing_projects(steps, rules)
    if len(missing) == 1 and not _contradicts(steps, rules):
        (name, needed_by), *_ = missing.items()
        near = rules.universes.near(name)
        sources = rules.catalogue.source_names
        return ProjectNotFound(name, sources=sources, needed_by=needed_by, near=near)
    ends = list(_dead_ends(steps))
    if len({package.name for package, _ in ends}) == 1:
        # With one dead end and no contradiction beside it, the dead end is the story.
        name = ends[0][0].name
        universe = rules.universes.of(name)
        reachable = universe.known & Positions.of(
            place for _, places in ends for place in (places & universe.known).lowest_first()
        )
        if not reachable.is_empty and _is_whole_story(steps, name, universe.known - reachable):
            needed_by = _needed_by(steps, name)
            return nothing_fits(rules, name, reachable, needed_by=needed_by)
    causes = Causes(steps, rules)
    why = [line for package, places in ends for line in _why_nothing(rules, package.name, places)]
    return Conflict(
        _names(steps),
        [*causes.lines(), *why],
        proof=[*tell(steps, rules), *why],
        axes=_axes(steps, rules),
        hint=_hint(causes, rules),
    )


def _hint(causes: Causes, rules: ResolutionRules) -> str:
    """Say what of all this the user can change."""
    ways = [way for name in causes.clashing if (way := _prerelease(causes, rules, name))]
    bounded = [text for text in causes.asked if any(sign in text for sign in "<>=!~")]
    if bounded:
        ways.append(f"relax {' or '.join(f'`{text}`' for text in bounded[:_SHOWN])}")
    elif len(causes.asked) > 1:
        shown = " or ".join(f"`{text}`" for text in causes.asked[:_SHOWN])
        ways.append(f"leave out {shown}")
    hidden = {
        rules.universes.of(name).hidden: None
        for name in (*causes.clashing, *causes.impossible)
        if rules.universes.of(name).hidden
    }
    ways += [f"relax {text}" for text in hidden]
    picked = rules.situation.options.preferences.labels
    ways += [
        f"leave out `--variant {name}={label}`"
        for name, label in picked.items()
        if name in causes.projects
    ]
    ways.append("add a source of other versions with `--extra-index-url` or `--find-links`")
    return ", or ".join(ways)


def _prerelease(causes: Causes, rules: ResolutionRules, name: NormalizedName) -> str | None:
    """Say that a pre-release would do, if one would and pre-releases are not taken."""
    universe = rules.universes.of(name)
    left = universe.known
    for text in causes.requirements_on(name):
        try:
            specifier = Requirement(text).specifier
        except InvalidRequirement:
            return None
        left &= universe.matching(specifier, prereleases=True)
    newest = next(left.highest_first(), None)
    if newest is None or rules.situation.options.prereleases:
        return None
    return f"allow `{name} {universe.versions[newest]}` with `--pre`"


def nothing_fits(
    rules: ResolutionRules,
    name: NormalizedName,
    places: Positions,
    *,
    needed_by: str | None = None,
) -> NothingFits:
    """Return the error for versions of which nothing fits."""
    universe = rules.universes.of(name)
    choices: list[Choice] = []
    unusable: dict[Version, list[str]] = {}
    has_sources = False
    for place in places.highest_first():
        release = universe.release(place)
        if release is None:
            continue
        has_sources = has_sources or (not choices and bool(release.sdists))
        judged = rules.judge(universe, place)
        choices.append(judged.choice)
        if judged.unusable:
            unusable[judged.release.version] = list(_unusable(judged))
        elif not release.wheels and release.warnings:
            unusable[release.version] = [warning.message for warning in release.warnings]
    target = rules.catalogue.target.name
    return NothingFits(
        name,
        choices,
        target=target,
        needed_by=needed_by,
        unusable=unusable,
        has_sources=has_sources,
    )


def _unusable(judged: Judged) -> Iterable[str]:
    for place, why in judged.unusable.items():
        label = judged.candidates[place].label
        yield f"{'the plain wheel' if label is None else f'`{label}`'}: {why}"


def _names(steps: Iterable[Step]) -> list[NormalizedName]:
    found = (
        term.package.name
        for step in steps
        for term in step.terms
        if term.package and not term.package.is_axis
    )
    return list(dict.fromkeys(found))


def _axes(steps: Iterable[Step], rules: ResolutionRules) -> list[str]:
    """Return the axes that a proof is about, as a user names them."""
    axes = rules.catalogue.bond_reader.axes.by_name
    return list(
        dict.fromkeys(
            str(axes[term.package.name])
            for step in steps
            for term in step.terms
            if term.package is not None and term.package.is_axis
        )
    )


def _dead_ends(steps: Iterable[Step]) -> Iterable[tuple[Package, Positions]]:
    """Yield what the proof needs and nothing of which can be had."""
    for step in steps:
        package = step.terms[0].package if step.terms else None
        if step.kind is StepKind.NO_VERSIONS and package is not None and package.has_versions:
            yield package, step.terms[0].places


def _missing_projects(
    steps: Iterable[Step], rules: ResolutionRules
) -> dict[NormalizedName, str | None]:
    """Return the projects that the proof needs and no source has, with who needs each."""
    missing: dict[NormalizedName, str | None] = {}
    for step in steps:
        for package, place in _impossible(step):
            name = rules.impossible_project(package, place)
            if name is not None and not rules.universes.of(name).versions:
                missing[name] = f"`{package.name}`"
    return missing


def _impossible(step: Step) -> Iterable[tuple[Package, int]]:
    """Yield the choices that a step rules out as something they need cannot be had."""
    chooser = step.terms[0] if step.terms else None
    if step.kind is not StepKind.DEPENDENCY or chooser is None or len(step.terms) != 1:
        return
    package = chooser.package
    if package is not None and not package.is_axis and chooser.places.mask > 0:
        yield from ((package, place) for place in chooser.places.lowest_first())


def _contradicts(steps: Iterable[Step], rules: ResolutionRules) -> bool:
    """Whether two requirements in a proof leave nothing of a project or axis between them."""
    wanted: dict[Package, Positions] = {}
    for step in steps:
        if step.kind not in (StepKind.ROOT, StepKind.DEPENDENCY):
            continue
        for term in step.terms:
            if term.package is not None and not term.positive and not term.package.by_variant:
                known = Positions.full()
                if not term.package.is_axis:
                    known = rules.universes.of(term.package.name).known
                before = wanted.get(term.package, known)
                wanted[term.package] = before & term.places
    return any(places.is_empty for places in wanted.values())


def _is_whole_story(steps: Iterable[Step], name: NormalizedName, others: Positions) -> bool:
    """Whether nobody in the proof would take any version but those of which nothing fits."""
    return all(
        term.places.is_disjoint(others)
        for step in steps
        if step.kind in (StepKind.ROOT, StepKind.DEPENDENCY)
        for term in step.terms
        if term.package is not None and term.package.name == name
        if term.package.has_versions and not term.positive
    )


def _needed_by(steps: Iterable[Step], name: NormalizedName) -> str | None:
    """Return who needs a project, None if the user asked for it."""
    needed_by = None
    for step in steps:
        if step.kind not in (StepKind.ROOT, StepKind.DEPENDENCY):
            continue
        last = step.terms[-1].package
        if last is None or last.is_axis or last.name != name:
            continue
        chooser = step.terms[0].package
        if chooser is None:
            return None
        if chooser.name != name:
            needed_by = f"`{chooser.name}`"
    return needed_by


def _why_nothing(rules: ResolutionRules, name: NormalizedName, places: Positions) -> Iterable[str]:
    """Yield why nothing of some versions can be had, for the end of a proof."""
    universe = rules.universes.of(name)
    here = places & universe.known
    if not here.is_empty and any(universe.release(at) for at in here.highest_first()):
        yield from nothing_fits(rules, name, here).message.splitlines()
