"""Overlays from options, configuration and the user's own folder, and what is asked of them."""

import os
from collections.abc import Callable, Sequence
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
    "ask_for_builds",
    "open_overlays",
    "overlay_files",
    "readable_overlays",
    "tell_aside",
    "tell_no_overlays",
    "tell_overwriting",
]

_FOLDER = "overlays"


def overlay_files() -> list[Path]:
    """Return the overlay files beside the user's own configuration, in order of their names."""
    from whichwheel.cli.opening import user_folder  # noqa: PLC0415 -- start-up time

    try:
        return sorted((user_folder() / _FOLDER).glob("*.toml"))
    except OSError:
        return []  # as of a user whose home others may not enter


def _users_overlays() -> "list[Overlay]":
    """Read the overlays in the user's own folder.

    :raises InvalidOverlay: if one cannot be used
    """
    paths = overlay_files()
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
    own = [*_users_overlays(), *map(read_overlay, said.files)]
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

    :param aside: told where an overlay steps aside
    :raises WrongUse: if two builds of one project are asked for
    """
    from whichwheel.environment import asked_builds  # noqa: PLC0415 -- start-up time

    try:
        return asked_builds.ask_for_builds(requests, overlays, environment, aside=aside)
    except asked_builds.TwoBuilds as error:
        raise WrongUse(error) from None


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


def tell_aside(
    sources: "Sources", console: Console, request: "Requested", overlay: "Overlay"
) -> None:
    """Note where the builds are that a requirement names, if none of the sources is that place."""
    from whichwheel.environment.asked_builds import locals_of  # noqa: PLC0415 -- start-up time

    for local in locals_of(request):
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
