"""What is asked for by the name of a build, and what of it is installed otherwise."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from whichwheel.environment.site import Environment
from whichwheel.resolve.requested import Requested
from whichwheel.sources.overlays.active import ActiveOverlays
from whichwheel.sources.overlays.overlay import Overlay
from whichwheel.spec.errors import WhichwheelError

__all__ = ["TwoBuilds", "ask_for_builds", "installed_otherwise", "locals_of"]


class TwoBuilds(WhichwheelError):
    """Two builds of one project that overwrite each other's files."""

    def __init__(self, first: str, second: str, project: str) -> None:
        super().__init__(
            f"`{first}` and `{second}` are builds of one package, `{project}`, and overwrite each "
            "other's files",
            hint="name one of them; `--no-overlays` takes both for packages of their own",
        )


def ask_for_builds(
    requests: Sequence[Requested],
    overlays: ActiveOverlays,
    environment: Environment | None = None,
    *,
    aside: Callable[[Requested, Overlay], None] | None = None,
) -> list[Requested]:
    """Turn what is asked for by the name of a build into a wish for the plain name.

    A build that was asked for by its own name earlier, and is installed, stays the one. Where a
    requirement names a local version, or a wheel itself, the overlay steps aside.

    :param aside: told of it
    :raises TwoBuilds: if two builds of one project are asked for
    """
    asked: dict[NormalizedName, NormalizedName] = {}
    result = []
    for request in requests:
        overlay = overlays.of_twin(request.name)
        if overlay is None:
            result.append(request)
        elif request.wheel is not None or _names_local(request):
            overlays.step_aside(overlay.project)
            if aside is not None:
                aside(request, overlay)
            result.append(request)
        elif request.name == overlay.project:
            result.append(request)
        else:
            other = asked.setdefault(overlay.project, request.name)
            if other != request.name:
                raise TwoBuilds(other, request.name, overlay.project)
            requirement = _renamed(request, overlay.project)
            result.append(requirement)
    for project, build in () if environment is None else _kept_builds(overlays, environment):
        asked.setdefault(project, build)
    for name in asked.values():
        overlays.ask_for(name)
    return result


def _kept_builds(
    overlays: ActiveOverlays, environment: Environment
) -> Iterator[tuple[NormalizedName, NormalizedName]]:
    """Yield the builds that an environment is to keep, each after the plain name that it serves.

    One was asked for by its own name earlier, or stays of several that overwrite each other, as
    an installed package needs it by that name.
    """
    for each in environment.known(overlays).values():
        earlier = each.stand_in or each.rewritten
        if each.rewritten is not None:
            overlays.make_variants(each.name)
        if earlier is not None and earlier.by_name:
            build = each.name if each.rewritten is None else each.rewritten.project
            yield each.known_as, build
    overwriting = overlays.overwriting(environment.installed())
    if not overwriting:
        return
    from whichwheel.environment.refreshing import needed_projects  # noqa: PLC0415 -- rarely

    packages = environment.installed_packages(overlays).values()
    markers = environment.interpreter.environment
    needed = {name for package in packages for name in needed_projects(package, markers)}
    for plain, twins in overwriting.items():
        builds = [twin for twin in twins if twin != plain and twin in needed]
        if len(builds) == 1:
            yield plain, builds[0]


def installed_otherwise(
    requests: Sequence[Requested], overlays: ActiveOverlays, environment: Environment | None
) -> frozenset[NormalizedName]:
    """Return what is asked for and installed, but not as that: it is chosen anew.

    Another build than the one that was named, one that has yet to become a variant wheel, or
    several that overwrite each other's files.

    :param requests: by plain names, as :func:`ask_for_builds` returns them
    """
    if environment is None:
        return frozenset()
    installed = environment.known(overlays)
    overwriting = overlays.overwriting(environment.installed())
    found = set()
    for request in requests:
        there, overlay = installed.get(request.name), overlays.about(request.name)
        if there is None or overlay is None:
            continue
        was = there.name if there.rewritten is None else there.rewritten.project
        asked = overlays.asked_of(overlay)
        is_to_change = there.stand_in is not None and overlays.becomes_variant(request.name)
        if is_to_change or (asked and was not in asked) or request.name in overwriting:
            found.add(request.name)
    return frozenset(found)


def _names_local(request: Requested) -> bool:
    return any(locals_of(request))


def locals_of(request: Requested) -> Iterator[str]:
    """Yield the local versions that a requirement names."""
    for clause in request.requirement.specifier:
        yield from filter(None, [clause.version.partition("+")[2]])


def _renamed(request: Requested, project: NormalizedName) -> Requested:
    """Return a request for another project, with all else as it is."""
    requirement = Requirement(str(request.requirement))
    requirement.name = project
    return replace(request, name=project, requirement=requirement)
