"""`whichwheel serve --proxy`: an index on which pip and uv find what fits each machine."""

import ipaddress
import re
import socket
import sys
from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import console_options
from whichwheel.cli.console import Console
from whichwheel.cli.options import SectionedCommand, option
from whichwheel.cli.preference_options import PreferenceOptions, wheel_preference_options
from whichwheel.cli.source_options import SourceOptions, proxied_source_options
from whichwheel.cli.target_options import TargetOptions, target_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from whichwheel.serve.proxy.views import View
    from whichwheel.target.target import Target

__all__ = ["command"]

SERVE_FORMAT = "whichwheel-serve/1"

_PORT = 8765
_HIGHEST_PORT = 65535
_SHORTEST_TOKEN = 8
#: What may stand for itself in a path of a URL.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@click.command("serve", cls=SectionedCommand)
@option(
    "--proxy",
    "is_proxy",
    is_flag=True,
    # The variable of that name is the HTTP proxy to go through, in every command.
    allow_from_autoenv=False,
    help="Serve what other indexes have.",
)
@option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen; `0.0.0.0` lets other machines in.",
)
@option(
    "--port",
    type=click.IntRange(0, _HIGHEST_PORT),
    default=_PORT,
    show_default=True,
    metavar="N",
    help="The port; 0 for any that is free.",
)
@option("--token", metavar="TEXT", help="The password that clients must give, with any user name.")
@option("--no-token", is_flag=True, help="Let anybody in who reaches it, by any name.")
@option(
    "--cache-files",
    is_flag=True,
    help="Keep files here and serve them from here, instead of telling clients where they are.",
)
@option("--log", is_flag=True, help="Write each request to standard error.")
@target_options
@wheel_preference_options
@proxied_source_options
@console_options
def command(  # noqa: PLR0913 -- one for each option
    *,
    is_proxy: bool,
    host: str,
    port: int,
    token: str | None,
    no_token: bool,
    cache_files: bool,
    log: bool,
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
) -> int:
    """Serve a package index that shows each machine the wheels that fit it.

    pip, uv and others use it as they use any index, and get the right builds under plain names.
    This machine is at `/simple/`; those that `--for` names, and those that are configured, are
    at `/for/NAME/simple/`.
    """
    if not is_proxy:
        raise click.UsageError(
            "say what to serve: `--proxy` for what other indexes have (a folder of wheels needs "
            "no server of ours: `whichwheel index` makes it an index for any web server)"
        )
    _check_token(host, token, no_token=no_token)
    from whichwheel.cli.opening import cache_folder, open_sources  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.proxy.extra import check_installed  # noqa: PLC0415 -- start-up time

    check_installed()
    from whichwheel.serve.proxy.application import make_application  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.proxy.listening import listening_socket  # noqa: PLC0415
    from whichwheel.serve.proxy.server import serve_forever  # noqa: PLC0415

    with cache_folder(source) as cache:
        views = _views(chosen_for, preference, source, console, cache)
        with open_sources(source, cache):
            pass  # what is wrong with options and overlays is told now
        application = make_application(
            views,
            open_sources=lambda: open_sources(source, cache),
            token=token,
            cache_directory=cache,
            local_only=token is None and not no_token,
            copy_files=cache_files,
            warn=console.warning,
        )
        opened = listening_socket(host, port)
        _tell(opened, views, console, has_token=token is not None)
        serve_forever(application, opened, access_log=log)
    console.closing("stopped")
    return 0


def _check_token(host: str, token: str | None, *, no_token: bool) -> None:
    """Refuse to be open to other machines unless that is what the user says."""
    if token is not None and no_token:
        raise click.UsageError("`--token` and `--no-token` exclude each other")
    if token is not None and (len(token) < _SHORTEST_TOKEN or not token.isprintable()):
        raise click.UsageError(f"a token has {_SHORTEST_TOKEN} printable characters or more")
    if token is None and not no_token and not _is_loopback(host):
        raise click.UsageError(
            f"`{host}` lets other machines in: give a token that they need (`WHICHWHEEL_TOKEN`), "
            "or say `--no-token`"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _views(
    chosen_for: TargetOptions,
    preference: PreferenceOptions,
    source: SourceOptions,
    console: Console,
    cache: "Path",
) -> "tuple[View, ...]":
    """Return this machine, and every target that is named or configured."""
    from dataclasses import replace  # noqa: PLC0415 -- start-up time

    from whichwheel.cli.opening import open_configuration, open_targets  # noqa: PLC0415
    from whichwheel.cli.wanted import wanted_options  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.narrowing import narrowed  # noqa: PLC0415 -- start-up time
    from whichwheel.serve.proxy.views import View  # noqa: PLC0415 -- start-up time

    options = wanted_options(preference, source)
    preferences = narrowed(options.preferences, options.axes)
    this = open_targets(replace(chosen_for, names=()), console, cache, source=source)[0]
    names = tuple(dict.fromkeys((*chosen_for.names, *open_configuration().targets)))
    others: Sequence[Target] = ()
    if names:
        elsewhere = replace(chosen_for, names=names, python=None)
        others = open_targets(elsewhere, console, cache, source=source)
    found: dict[str, Target] = {"": this}
    for given, target in zip(names, others, strict=True):
        name = _name_in_url(given)
        if name in found:
            raise click.UsageError(f"two targets would be served as `{name}`")
        found[name] = target
    return tuple(
        View(name, target, preferences, is_strict=source.strict) for name, target in found.items()
    )


def _name_in_url(given: str) -> str:
    """Return what a target is called in the path: its name, or that of its file."""
    name = re.split(r"[/\\]", given)[-1].removesuffix(".toml")
    if not _NAME.fullmatch(name):
        raise click.UsageError(
            f"`{given}` cannot be served: in a URL, a target's name has letters, digits, `.`, "
            "`_` and `-`"
        )
    return name


def _tell(
    opened: socket.socket, views: "Sequence[View]", console: Console, *, has_token: bool
) -> None:
    """Say where the server is, with the lines to paste."""
    from whichwheel.serve.proxy.server import url_of  # noqa: PLC0415 -- start-up time

    url = url_of(opened)
    places = {view.name: _place(url, view.name) for view in views}
    if console.json:
        console.document(_document(url, views, places, has_token=has_token))
    else:
        shown = {name: _with_token(place, has_token) for name, place in places.items()}
        width = max(len(view.target.name) for view in views)
        console.result(
            [
                f"serving at {url}; Ctrl-C ends it",
                "",
                *(f"  {view.target.name:{width}}  {places[view.name]}" for view in views),
                "",
                f'  pip install --index-url "{shown[""]}" NAME',
                f'  uv pip install --default-index "{shown[""]}" NAME',
            ]
        )
    sys.stdout.flush()


def _place(url: str, name: str) -> str:
    return f"{url}/for/{name}/simple/" if name else f"{url}/simple/"


def _with_token(url: str, has_token: bool) -> str:  # noqa: FBT001 -- a private one
    """Return what a shell makes a URL with the token of: the token itself is shown nowhere."""
    return url.replace("://", "://user:$WHICHWHEEL_TOKEN@", 1) if has_token else url


def _document(
    url: str, views: "Sequence[View]", places: "Mapping[str, str]", *, has_token: bool
) -> dict[str, object]:
    return {
        "format": SERVE_FORMAT,
        "url": url,
        "token": has_token,
        "indexes": [
            {"name": view.name, "target": view.target.name, "url": places[view.name]}
            for view in views
        ],
    }
