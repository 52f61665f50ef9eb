"""What is configured, and where: as a table, and as the document that `--json` prints."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from whichwheel.report.style import PLAIN, Role, Style
from whichwheel.report.table import Column, render_table
from whichwheel.spec.values import dataclass

__all__ = ["CONFIG_FORMAT", "ConfigFile", "Said", "config_document", "config_lines", "said_lines"]

CONFIG_FORMAT = "whichwheel-config/1"
#: What may hold a user and a password; a proxy may be named without a scheme.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?\S*|\S*:\S+@\S+")
_QUERY = re.compile(r"\?[^#]*")
_HIDDEN = "****"
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that was looked for.

    :param whose: ``project``, ``user``, ``system`` or ``pip``
    :param path: None for a project's where there is none
    :param read: whether it is there
    """

    whose: str
    path: Path | None
    read: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One value, and who says it.

    :param name: as ``index.url``; for an option that no file sets, its long name
    :param option: that it stands for, if it stands for one
    :param value: None where nothing is said and nothing holds
    :param origin: ``variable``, ``project``, ``user``, ``system``, ``pip`` or ``default``
    :param place: the variable, or the file
    :param line: in the file, from 1
    """

    name: str
    value: object
    origin: str
    option: str | None = None
    place: str | None = None
    line: int | None = None


def config_document(files: Iterable[ConfigFile], said: Iterable[Said]) -> dict[str, object]:
    """Return what ``config --json`` prints."""
    return {
        "format": CONFIG_FORMAT,
        "files": [
            {
                "whose": each.whose,
                "path": None if each.path is None else str(each.path),
                "read": each.read,
            }
            for each in files
        ],
        "settings": [
            {
                "name": each.name,
                "option": each.option,
                "value": _public(each.value),
                "from": each.origin,
                "place": each.place,
                "line": each.line,
            }
            for each in said
        ],
    }


def config_lines(
    files: Iterable[ConfigFile], said: Sequence[Said], *, width: int, style: Style = PLAIN
) -> list[str]:
    """Return the files that were looked for, and below them a table of all settings."""
    rows = [
        (each.whose, f"none here or above: {each.path}" if each.path is None else str(each.path))
        if each.read
        else (each.whose, "there is none" if each.path is None else f"{each.path} (not there)")
        for each in files
    ]
    columns = (Column("whose"), Column("file, the nearest first"))
    return [
        *render_table(columns, rows, width=width, style=style),
        "",
        *said_lines(said, width=width, style=style),
    ]


def said_lines(said: Sequence[Said], *, width: int, style: Style = PLAIN) -> list[str]:
    """Return a table of settings; of a list, a line for each item."""
    rows = []
    for each in said:
        texts = _texts(each.value)
        came = _origin(each)
        rows += [
            (each.name if at == 0 else "", text, came if at == 0 else "")
            for at, text in enumerate(texts)
        ]
    columns = (
        Column("setting"),
        Column("value", roles={_NOTHING: Role.FAINT}),
        Column("from", roles={"default": Role.FAINT}),
    )
    return render_table(columns, rows, width=width, style=style)


def _texts(value: object) -> list[str]:
    public = _public(value)
    if isinstance(public, list):
        return [_text(item) for item in public] or ["none"]
    return [_NOTHING if public is None else _text(public)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_text(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _origin(said: Said) -> str:
    if said.place is None:
        return said.origin
    line = "" if said.line is None else f", line {said.line}"
    if said.origin == "variable":
        return said.place
    return f"{said.origin}: {said.place}{line}"


def _public(value: object) -> object:
    """Return a value as JSON has it, in which no URL tells a user, a password or a key."""
    if isinstance(value, str):
        return _ADDRESS.sub(lambda found: _without_secrets(found[0]), value)
    if isinstance(value, Mapping):
        return {str(key): _public(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_public(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def _without_secrets(address: str) -> str:
    """Return an address without user and password, and without its query, which may be a key."""
    address = _without_credentials(address)
    return _QUERY.sub(f"?{_HIDDEN}", address, count=1) if "://" in address else address


def _without_credentials(address: str) -> str:
    scheme, separator, rest = address.rpartition("://")
    try:
        netloc = urlsplit(f"//{rest}").netloc
        host = netloc.rpartition("@")[2]
        if "@" not in netloc:
            _ = urlsplit(f"//{rest}").port
    except ValueError:
        # What cannot be taken apart may hold a password all the same.
        netloc, host = rest.rpartition("@")[0] + "@", ""
    if "@" not in netloc:
        return address
    return f"{scheme}{separator}{_HIDDEN}@{host}{rest[len(netloc) :]}"
