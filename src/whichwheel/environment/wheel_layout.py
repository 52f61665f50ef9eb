"""What the names of a wheel's files have to obey before an installer may follow them."""

from collections.abc import Iterable

from whichwheel.sources.errors import BrokenWheel

__all__ = ["SCHEMES", "check_layout", "check_script_name", "data_folder"]

#: The install schemes that a wheel's ``.data`` folder may name (binary distribution format).
SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})

_DATA_DEPTH = 3
#: How the names begin of what we keep in an environment for ourselves.
_OURS = ".whichwheel"


def data_folder(dist_info: str) -> str:
    """Return the name of the ``.data`` folder beside a ``.dist-info``."""
    return dist_info.removesuffix(".dist-info") + ".data"


def check_layout(where: str, dist_info: str, names: Iterable[str]) -> None:
    """Check that every file of a wheel has a place in an environment.

    :param where: the wheel, for messages
    :param names: the paths of its files
    :raises BrokenWheel: at the first that has none
    """
    data = data_folder(dist_info)
    seen: set[str] = set()
    for name in names:
        parts = name.split("/")
        if parts[0] == data and (len(parts) < _DATA_DEPTH or parts[1] not in SCHEMES):
            allowed = ", ".join(f"`{scheme}`" for scheme in sorted(SCHEMES))
            raise BrokenWheel(
                where, f"`{name}` lies in no install scheme; expected one of {allowed} in `{data}`"
            )
        if _OURS in name.lower() and any(part.lower().startswith(_OURS) for part in parts):
            why = f"`{name}` has a name that belongs to whichwheel itself"
            raise BrokenWheel(where, why)
        seen.add(name)
    for required in ("METADATA", "WHEEL"):
        if f"{dist_info}/{required}" not in seen:
            raise BrokenWheel(where, f"it has no `{dist_info}/{required}`")


def check_script_name(where: str, name: str) -> None:
    """Check that an entry point's name is one plain file name.

    :raises BrokenWheel: if it is a path, or no name at all
    """
    if name in {"", ".", ".."} or any(character in name for character in '/\\:\0\n"'):
        raise BrokenWheel(where, f"the entry point `{name!r}` is not a plain name")
