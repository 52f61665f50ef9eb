"""Overlays from options, configuration and the user's own folder, and what is asked of them."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichwheel.cli.console import Console
from whichwheel.cli.failures import WrongUse
from whichwheel.cli.source_options import SourceOptions
from whichwheel.spec.errors import WhichwheelError

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from whichwheel.environment.plan import Plan
    from whichwheel.environment.site import Environment
    from whichwheel.resolve.requested import Requested
    from whichwheel.sources.overlays.active import ActiveOverlays
    from whichwheel.sources.overlays.overlay import Overlay
    from whichwheel.sources.ports import Sources

__all__ = [
    "OVERLAYS_FOLDER",
    "ask_for_builds",
    "installed_otherwise",
    "open_overlays",
    "readable_overlays",
    "tell_aside",
    "tell_no_overlays",
    "tell_overwriting",
    "users_overlays",
]

#: The folder of overlays beside the user's own configuration.
OVERLAYS_FOLDER = "overlays"


def users_overlays() -> "list[Overlay]":
    """Read the overlays in the user's own folder.

    :raises InvalidOverlay: if one cannot be used
    """
    from whichwheel.cli.opening import user_folder  # noqa: PLC0415 -- start-up time

    folder = user_folder() / OVERLAYS_FOLDER
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError:
        return []  # as of a user whose home others may not enter
    if not paths:
        return []
    from whichwheel.sources.overlays.overlay_reading import read_overlay  # noqa: PLC0415

    return [read_overlay(path) for path in paths]


def open_overlays(options: SourceOptions | None) -> "ActiveOverlays":
    """Return the overlays that are on.

    :param options: None for what is configured
    :raises InvalidOverlay: if one of the user's own, or one that is named, cannot be used
    """
    from whichwheel.choose.overlay_reading import (  # noqa: PLC0415 -- start-up time
        ConfiguredOverlays,
        configured_overlays,
        is_overlay_path,
    )
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- start-up time
    from whichwheel.sources.overlays.active import ActiveOverlays  # noqa: PLC0415
    from whichwheel.sources.overlays.overlay_reading import (  # noqa: PLC0415 -- start-up time
        read_overlay,
        shipped_overlays,
    )

    given = options.overlay if options is not None else ()
    if options is not None and options.no_overlays:
        if given:
            raise click.UsageError("`--overlay` and `--no-overlays` exclude each other")
        return ActiveOverlays()
    configuration = open_configuration()
    said = configured_overlays(configuration) if configuration.read else ConfiguredOverlays()
    own = [*users_overlays(), *map(read_overlay, said.files)]
    enabled, disabled = set(said.enabled), set(said.disabled)
    for text in given:
        if is_overlay_path(text):
            overlay = read_overlay(Path(os.path.expanduser(text)))  # noqa: PTH111 -- `~nobody`
            own.append(overlay)
            disabled.discard(overlay.project)
        else:
            name = _known(text, own)
            enabled.add(name)
            disabled.discard(name)
    everything = options is not None and options.as_variant
    return ActiveOverlays(
        own,
        shipped=shipped_overlays(),
        enabled=enabled,
        disabled=disabled,
        as_variant=None if everything else said.as_variant,
    )


def readable_overlays(console: Console) -> "ActiveOverlays":
    """Return the overlays that are configured; none where they cannot be read, which is told.

    For what has to work all the same, since the environment itself knows most.
    """
    from whichwheel.sources.overlays.active import ActiveOverlays  # noqa: PLC0415 -- start-up time

    try:
        return open_overlays(None)
    except WhichwheelError as error:
        console.warning(error.message)
        return ActiveOverlays()


def _known(text: str, own: "Sequence[Overlay]") -> "NormalizedName":
    """Return the project that an overlay named on the command line is about."""
    from packaging.utils import canonicalize_name  # noqa: PLC0415 -- start-up time

    from whichwheel.sources.overlays.overlay_reading import shipped_overlays  # noqa: PLC0415

    name = canonicalize_name(text)
    known = {*shipped_overlays(), *(each.project for each in own)}
    if name in known:
        return name
    from difflib import get_close_matches  # noqa: PLC0415 -- only to be helpful

    close = get_close_matches(name, sorted(known), 1)
    meant = f", did you mean `{close[0]}`?" if close else "; `whichwheel overlay list` tells all"
    raise click.BadParameter(f"there is no overlay of `{text}`{meant}", param_hint="--overlay")


def tell_no_overlays(options: SourceOptions, console: Console) -> None:
    """Note, where overlays are asked for, that a lock is made and read without them."""
    if options.overlay or options.as_variant:
        given = "--overlay" if options.overlay else "--as-variant"
        console.note(
            f"`{given}` changes nothing here: a lock knows no overlays yet, and has the files of "
            "each project under its own name"
        )


def ask_for_builds(
    requests: "Sequence[Requested]",
    overlays: "ActiveOverlays",
    environment: "Environment | None" = None,
    *,
    aside: "Callable[[Requested, Overlay], None] | None" = None,
) -> "list[Requested]":
    """Turn what is asked for by the name of a build into a wish for the plain name.

    A build that was asked for by its own name earlier, and is installed, stays the one. Where a
    requirement names a local version, or a wheel itself, the overlay steps aside.

    :param aside: told of it
    :raises WrongUse: if two builds of one project are asked for
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
                raise WrongUse(_TwoBuilds(other, request.name, overlay.project))
            requirement = replace_name(request, overlay.project)
            result.append(requirement)
    for project, build in () if environment is None else _kept_builds(overlays, environment):
        asked.setdefault(project, build)
    for name in asked.values():
        overlays.ask_for(name)
    return result


def _kept_builds(
    overlays: "ActiveOverlays", environment: "Environment"
) -> "Iterator[tuple[NormalizedName, NormalizedName]]":
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
    from whichwheel.environment.refreshing import needed_projects  # noqa: PLC0415

    packages = environment.installed_packages(overlays).values()
    markers = environment.interpreter.environment
    needed = {name for package in packages for name in needed_projects(package, markers)}
    for plain, twins in overwriting.items():
        builds = [twin for twin in twins if twin != plain and twin in needed]
        if len(builds) == 1:
            yield plain, builds[0]


def installed_otherwise(
    requests: "Sequence[Requested]", overlays: "ActiveOverlays", environment: "Environment | None"
) -> "frozenset[NormalizedName]":
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


def tell_overwriting(plan: "Plan", overlays: "ActiveOverlays", console: Console) -> None:
    """Warn of builds of one package that stay side by side."""
    present = [
        *(each.name for each in plan.keep),
        *(pin.wheel.own.name for pin in plan.add),
        *(each.new.wheel.own.name for each in plan.replace),
    ]
    for plain, twins in overlays.overwriting(present).items():
        names = " and ".join(f"`{name}`" for name in twins)
        console.warning(
            f"{names} are builds of one package and overwrite each other's files: "
            f"`whichwheel install {plain}` leaves one of them"
        )


class _TwoBuilds(WhichwheelError):
    """Two builds of one project that overwrite each other's files."""

    def __init__(self, first: str, second: str, project: str) -> None:
        super().__init__(
            f"`{first}` and `{second}` are builds of one package, `{project}`, and overwrite each "
            "other's files",
            hint="name one of them; `--no-overlays` takes both for packages of their own",
        )


def _names_local(request: "Requested") -> bool:
    return any(_locals_of(request))


def _locals_of(request: "Requested") -> "Iterator[str]":
    """Yield the local versions that a requirement names."""
    for clause in request.requirement.specifier:
        yield from filter(None, [clause.version.partition("+")[2]])


def tell_aside(
    sources: "Sources", console: Console, request: "Requested", overlay: "Overlay"
) -> None:
    """Note where the builds are that a requirement names, if none of the sources is that place."""
    for local in _locals_of(request):
        for build in overlay.builds:
            at = build.index or build.page
            if at is None or build.local is None or not build.local.fullmatch(local):
                continue
            if at.rstrip("/") not in {name.rstrip("/") for name in sources.names}:
                option = "--index-url" if build.index is not None else "--find-links"
                console.note(
                    f"`{request.text}` names one build, so the overlay of `{overlay.project}` "
                    f"steps aside; such builds are at `{at}`, which `{option}` takes"
                )
            return


def replace_name(request: "Requested", project: "NormalizedName") -> "Requested":
    """Return a request for another project, with all else as it is."""
    from packaging.requirements import Requirement  # noqa: PLC0415 -- start-up time

    requirement = Requirement(str(request.requirement))
    requirement.name = project
    return replace(request, name=project, requirement=requirement)
