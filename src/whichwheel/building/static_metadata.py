"""What sources say of their wheels without being asked (PEP 643)."""

from pathlib import Path

from packaging.version import InvalidVersion, Version

from whichwheel.spec.header_fields import header_fields

__all__ = ["static_metadata"]

_SINCE = Version("2.2")
#: What a resolver goes by; whatever else is dynamic decides nothing.
_DECISIVE = frozenset({"requires-dist", "requires-python", "provides-extra"})
_LARGEST = 16 * 1024 * 1024


def static_metadata(tree: Path) -> bytes | None:
    """Return the ``PKG-INFO`` of a source tree if it holds for every wheel made of it.

    :param tree: an unpacked source distribution
    :returns: None if there is none, or if what is required may differ (PEP 643, ``Dynamic``)
    """
    try:
        with (tree / "PKG-INFO").open("rb") as file:
            content = file.read(_LARGEST)
    except OSError:
        return None
    fields = list(header_fields(content))
    versions = [value for name, value in fields if name == "metadata-version"]
    try:
        if len(versions) != 1 or Version(versions[0]) < _SINCE:
            return None
    except InvalidVersion:
        return None
    dynamic = {value.lower() for name, value in fields if name == "dynamic"}
    return None if dynamic & _DECISIVE else content
