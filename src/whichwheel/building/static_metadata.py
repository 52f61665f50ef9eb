"""What sources say of their wheels without being asked (PEP 643, PEP 621)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from whichwheel.requirements.project_file import InvalidProjectFile, load_project
from whichwheel.spec.header_fields import header_fields

__all__ = ["project_metadata", "static_metadata"]

_SINCE = Version("2.2")
#: What a resolver goes by; whatever else is dynamic decides nothing.
_DECISIVE = frozenset({"requires-dist", "requires-python", "provides-extra"})
_LARGEST = 16 * 1024 * 1024
#: The same, as ``pyproject.toml`` has it.
_PROJECT_FIELDS = frozenset({"version", "dependencies", "optional-dependencies", "requires-python"})


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
    except ValueError:
        return None
    dynamic = {value.lower() for name, value in fields if name == "dynamic"}
    return None if dynamic & _DECISIVE else content


def project_metadata(tree: Path) -> bytes | None:
    """Return what a ``pyproject.toml`` says of the wheel, as core metadata (PEP 621).

    :return: None if a backend has to be asked for a part that a resolver goes by, or if the
        backend is to say what is wrong with it
    """
    try:
        project = load_project(tree / "pyproject.toml").get("project")
    except InvalidProjectFile:
        return None
    if not isinstance(project, dict):
        return None
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or not _PROJECT_FIELDS.isdisjoint(map(str, dynamic)):
        return None
    try:
        lines = list(_fields(project))
    except (KeyError, TypeError, ValueError):
        return None
    return "".join(f"{line}\n" for line in lines).encode()


def _fields(project: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of the metadata.

    :raises KeyError: if it has no name or no version
    :raises TypeError: if something is no text, no list or no table
    :raises ValueError: if a name, a version or a requirement is none
    """
    yield "Metadata-Version: 2.2"
    yield f"Name: {canonicalize_name(_text(project['name']), validate=True)}"
    yield f"Version: {Version(_text(project['version']))}"
    python = project.get("requires-python")
    if python is not None:
        yield f"Requires-Python: {SpecifierSet(_text(python))}"
    for text in _texts(project.get("dependencies", [])):
        yield f"Requires-Dist: {Requirement(text)}"
    extras = project.get("optional-dependencies", {})
    if not isinstance(extras, dict):
        raise TypeError
    for name, texts in extras.items():
        extra = canonicalize_name(name, validate=True)
        yield f"Provides-Extra: {extra}"
        for text in _texts(texts):
            yield f"Requires-Dist: {_for_extra(Requirement(text), extra)}"


def _for_extra(requirement: Requirement, extra: str) -> str:
    marker, requirement.marker = requirement.marker, None
    also = "" if marker is None else f"({marker}) and "
    return f'{requirement} ; {also}extra == "{extra}"'


def _texts(found: object) -> list[str]:
    if not isinstance(found, list):
        raise TypeError
    return [_text(each) for each in found]


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError
    return found
