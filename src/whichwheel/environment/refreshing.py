"""What has to change for every build to be the one that a fresh install would take."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.choose.choice import Reason, ReasonKind
from whichwheel.environment.distributions import read_package
from whichwheel.environment.plan import Installed, Plan
from whichwheel.environment.planning import check_installed, make_plan
from whichwheel.environment.site import Environment
from whichwheel.resolve.axes.axes import Axes, AxisChoice
from whichwheel.resolve.axes.axis import AxisPolicy, AxisReading
from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.failures import ResolutionFailed
from whichwheel.resolve.fallback_failure import FellBack
from whichwheel.resolve.installed import against_installed
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.sources.ports import Sources
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.markers import (
    InvalidRequirement,
    InvalidVariantMarker,
    parse_requirement,
    variant_context,
)
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["RefreshImpossible", "RefreshScope", "needed_projects", "plan_refresh", "refresh_scope"]


class RefreshImpossible(WhichwheelError):
    """What is installed cannot be had together, in whatever builds.

    :param cause: why
    """

    def __init__(self, cause: ResolutionFailed) -> None:
        super().__init__(
            f"the installed versions cannot be had together in any builds: {cause.message}",
            hint=cause.hint
            or "`whichwheel check` tells what is wrong already; `whichwheel refresh --upgrade` "
            "looks at other versions too",
        )
        self.cause = cause


@dataclass(frozen=True, slots=True)
class RefreshScope:
    """Which installed packages may change, and how.

    :param anew: those of which another build may be taken
    :param roots: of those that are looked at, the ones that stay in whatever build
    :param removable: dependencies that go if nothing needs them any more
    """

    anew: frozenset[NormalizedName]
    roots: frozenset[NormalizedName]
    removable: frozenset[NormalizedName]


def refresh_scope(
    installed: Mapping[NormalizedName, Installed],
    packages: Mapping[NormalizedName, InstalledPackage],
    names: frozenset[NormalizedName],
    environment: Mapping[str, str],
) -> RefreshScope:
    """Find out which packages a refresh may change.

    A package that somebody asked for stays, and so does one that nothing needs even now: it is
    not for a refresh to judge. What is left was brought by others and goes when they no longer
    need it. Packages from a path, a URL or a folder of sources are somebody's own choice.

    :param names: those to look at; empty for all
    :param environment: marker values without ``extra``
    """
    own = {
        name
        for name, each in installed.items()
        if each.url is not None
        or each.editable
        or each.metadata_directory.suffix != ".dist-info"
        or not (each.metadata_directory / "RECORD").is_file()
    }
    needs = {
        name: frozenset(needed_projects(package, environment)) for name, package in packages.items()
    }
    needed = frozenset().union(*(found - {name} for name, found in needs.items()))
    roots = {
        name
        for name, each in installed.items()
        if each.requested or name in own or name not in needed
    }
    reached = _reach(roots, needs)
    # Packages that need each other in a ring, and nobody else.
    roots |= installed.keys() - reached
    if not names:
        return RefreshScope(
            anew=frozenset(installed.keys() - own),
            roots=frozenset(roots),
            removable=frozenset(installed.keys() - roots),
        )
    # Whoever is not named stays as it is, with what it needs.
    others = {name: found for name, found in needs.items() if name not in names}
    return RefreshScope(
        anew=frozenset(names - own),
        roots=names,
        removable=frozenset(_reach(names, needs) - names - roots - _reach(roots, others)),
    )


def _reach(
    start: Iterable[NormalizedName], needs: Mapping[NormalizedName, frozenset[NormalizedName]]
) -> set[NormalizedName]:
    reached: set[NormalizedName] = set()
    waiting = [name for name in start if name in needs]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(other for other in needs[name] if other in needs)
    return reached


def needed_projects(
    package: InstalledPackage, environment: Mapping[str, str]
) -> Iterator[NormalizedName]:
    """Yield what an installed build needs on a machine that has all its properties.

    That machine need not be this one any more.

    :param environment: marker values without ``extra``
    """
    context = variant_context(package.label, package.properties, package.properties)
    for text in package.requires:
        try:
            line = parse_requirement(text).bind(context)
            if any(holds(line, environment, extra) for extra in ("", *sorted(package.extras))):
                yield canonicalize_name(line.name)
        except (InvalidRequirement, InvalidVariantMarker):
            continue


def plan_refresh(  # noqa: PLR0913 - each says one thing that only the caller knows
    environment: Environment,
    *,
    target: Target,
    sources: Sources,
    options: ResolveOptions,
    names: frozenset[NormalizedName] = frozenset(),
    upgrade: bool = False,
    overlays: "ActiveOverlays | None" = None,
) -> Plan:
    """Plan to swap exactly what a fresh install would choose otherwise, and nothing else.

    Of every installed package the same version is looked at anew; a package whose build stays
    the best is kept. Dependencies that only some builds have are added and removed with them.

    :param options: the user's; what makes it a refresh is added
    :param names: packages to look at; empty for all
    :param upgrade: whether newer versions may be taken
    :param overlays: those that are on, which know for what installed packages stand
    :raises NotInstalled: if one of ``names`` is not there
    :raises FellBack: if less than the best would be taken, and the user wants that to fail
    :raises RefreshImpossible: if no consistent set of builds is left
    :raises SourceError: if a source fails
    """
    installed = environment.known(overlays)
    by_own_name = {each.name: known for known, each in installed.items()}
    names = frozenset(name if name in installed else by_own_name.get(name, name) for name in names)
    check_installed(names, installed)
    packages = {name: read_package(each) for name, each in installed.items()}
    scope = refresh_scope(installed, packages, names, target.environment)
    anew = frozenset(
        name for name in scope.anew if not _is_unclear(against_installed(packages[name], target))
    )
    options = replace(
        options,
        rechoose=anew,
        upgrade_packages=anew if upgrade else frozenset(),
        removable=scope.removable,
    )
    requests = [
        _root(packages[name], upgrade=upgrade and name in anew) for name in sorted(scope.roots)
    ]
    everything = {**environment.installed_packages(overlays), **packages}
    resolution = _resolve(requests, target, sources, options, everything)
    pins = tuple(
        replace(pin, requested=pin.name in installed and installed[pin.name].requested)
        for pin in resolution.pins
    )
    resolution = replace(resolution, pins=pins)
    plan = make_plan(resolution, environment, overlays=overlays)
    taken = {pin.name for pin in pins} | {kept.name for kept in resolution.kept}
    going = {each.metadata_directory for each in plan.remove}
    gone = [installed[name] for name in sorted(scope.removable - taken)]
    remove = (*plan.remove, *(each for each in gone if each.metadata_directory not in going))
    return replace(plan, remove=remove)


def _is_unclear(against: Iterable[Reason]) -> bool:
    """Whether a machine could not be asked about what an installed build needs.

    It may fit all the same, and is not given up for a driver that did not answer once.
    """
    return any(reason.kind is ReasonKind.PROVIDER_FAILED for reason in against)


def _root(package: InstalledPackage, *, upgrade: bool) -> Requested:
    extras = f"[{','.join(sorted(package.extras))}]" if package.extras else ""
    version = "" if upgrade else f"=={package.version}"
    text = f"{package.name}{extras}{version}"
    return Requested(text, package.name, Requirement(text))


def _resolve(
    requests: Sequence[Requested],
    target: Target,
    sources: Sources,
    options: ResolveOptions,
    packages: Mapping[NormalizedName, InstalledPackage],
) -> Resolution:
    axes = options.axes or Axes.shipped()
    agreed = _agreed(packages, axes)
    if agreed.chosen != axes.chosen:
        try:
            return resolve(
                requests,
                target=target,
                sources=sources,
                options=replace(options, axes=agreed),
                installed=packages,
            )
        except ResolutionFailed:
            pass  # then what is agreed on has to change
    try:
        return resolve(
            requests, target=target, sources=sources, options=options, installed=packages
        )
    except FellBack:
        raise
    except ResolutionFailed as error:
        raise RefreshImpossible(error) from None


def _agreed(packages: Mapping[NormalizedName, InstalledPackage], axes: Axes) -> Axes:
    """Return the axes with what the environment agrees on as chosen.

    Only where that is a matter of taste: the version of a driver's interface is one of fact.
    """
    values: dict[str, list[str]] = {}
    for package in packages.values():
        for name, claimed in axes.claims(package.properties).items():
            common = values.get(name, list(claimed))
            values[name] = [value for value in common if value in claimed]
    chosen = dict(axes.chosen)
    for name, common in values.items():
        axis = axes.by_name[name]
        by_hand = axis.policy is AxisPolicy.MUST_CHOOSE or axis.reading is AxisReading.VALUE
        if by_hand and len(common) == 1:
            chosen.setdefault(name, AxisChoice(common[0], "as installed"))
    return replace(axes, chosen=chosen)
