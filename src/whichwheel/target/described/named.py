"""Targets by name: those of the project, of the user, and the shipped profiles."""

import os
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import shown
from whichwheel.target.described.configuration import Configuration
from whichwheel.target.described.known_targets import SHIPPED, Layer, TargetEntry, is_file_name
from whichwheel.target.described.target_file import DescribedTarget, described, file_entry
from whichwheel.target.settings import ProviderSettings
from whichwheel.target.target import Target

__all__ = ["ListedTarget", "UnknownTarget", "find_described", "find_target", "list_targets"]

_NOTHING = ProviderSettings()


class UnknownTarget(WhichwheelError, LookupError):
    """There is no target of that name.

    :param name: as given
    :param close: names that are like it
    """

    def __init__(self, name: str, close: tuple[str, ...]) -> None:
        meant = " or ".join(f"`{each}`" for each in close)
        question = f", did you mean {meant}?" if close else ""
        super().__init__(
            f"there is no target `{shown(name)}`{question}",
            hint="`whichwheel target list` tells the names; a file is named as `./box.toml`",
        )
        self.name = name
        self.close = close


@dataclass(frozen=True, slots=True)
class ListedTarget:
    """A target that has a name.

    :param layer: whose it is
    :param path: the file that describes it
    :param description: what the file says that it is
    :param hidden: whether another target of the same name comes before it
    """

    name: str
    layer: Layer
    path: Path
    description: str
    hidden: bool = False


def find_target(
    text: str, configuration: Configuration, settings: ProviderSettings | None = None
) -> Target:
    """Return the target that a user names.

    What is configured of providers holds where the target says nothing of them.

    :param text: a file, if it has a path separator or ends in ``.toml``; else the name of a
        target of the project, of the user, or of a shipped profile, found in this order
    :param settings: what the user says of providers in this run, laid over the target
    :raises UnknownTarget: if there is none of that name
    :raises InvalidTargetFile: if it, or what it extends, has any fault
    """
    return find_described(text, configuration, settings).target


def find_described(
    text: str, configuration: Configuration, settings: ProviderSettings | None = None
) -> DescribedTarget:
    """Return the target that a user names, with the tables that describe it.

    See :func:`find_target`.
    """
    known = configuration.known
    if is_file_name(text):
        entry = file_entry(Path(os.path.expanduser(text)))  # noqa: PTH111 -- `~nobody` stays so
    else:
        found = known.find(text)
        if found is None:
            from difflib import get_close_matches  # noqa: PLC0415 -- only to be helpful

            raise UnknownTarget(text, tuple(get_close_matches(text[:100].lower(), known.names())))
        entry = found
    return described(entry, known, over=settings or _NOTHING, below=configuration.settings)


def list_targets(configuration: Configuration) -> tuple[ListedTarget, ...]:
    """Return all targets that have a name: the project's, the user's, the shipped ones."""
    known = configuration.known
    listed: list[ListedTarget] = []
    seen: set[str] = set()
    for targets in (known.project, known.user, SHIPPED):
        for name, entry in targets.items():
            listed.append(_listed(entry, hidden=name in seen))
        seen.update(targets)
    return tuple(listed)


def _listed(entry: TargetEntry, *, hidden: bool) -> ListedTarget:
    description = entry.table.get("description")
    extends = entry.table.get("extends")
    if not isinstance(description, str):
        description = f"extends {extends}" if isinstance(extends, str) else ""
    return ListedTarget(entry.name, entry.layer, entry.place.path, description, hidden)
