"""``PKG-INFO``: the core metadata of a dispatch package (PEP 643).

What all wheels of the release say alike stands in it; what they do not is ``Dynamic``.
"""

from collections.abc import Iterable, Mapping, Sequence
from email.errors import MessageError
from email.message import Message
from email.parser import Parser
from email.policy import compat32

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from whichwheel.publish.dispatch.errors import CannotDispatch

__all__ = ["OLDEST_PYTHON", "pkg_info", "requires_python"]

#: What the copied modules need.
OLDEST_PYTHON = "3.11"

_OLDEST_FORMAT = Version("2.2")
_NEWEST_FORMAT = Version("2.5")
#: The key of what stands below the fields, which is the description too.
_BODY = ""
_LICENCE_FILE = "license-file"
#: In the order of the core metadata specification, by name in lower case.
_FIELDS = {
    name.lower(): name
    for name in (
        *("Platform", "Supported-Platform", "Summary", "Description-Content-Type", "Keywords"),
        *("Home-page", "Download-URL", "Author", "Author-email", "Maintainer"),
        *("Maintainer-email", "License", "License-Expression", "License-File", "Classifier"),
        *("Requires-Dist", "Requires-External", "Project-URL", "Provides-Extra", "Import-Name"),
        *("Import-Namespace", "Provides-Dist", "Obsoletes-Dist", "Requires", "Provides"),
        *("Obsoletes", "Description"),
    )
}
#: Fields of format 2.4 and 2.5.
_SINCE = {
    **dict.fromkeys(("license-expression", "license-file"), Version("2.4")),
    **dict.fromkeys(("import-name", "import-namespace"), Version("2.5")),
}

_Fields = Mapping[str, tuple[str, ...]]


def requires_python(stated: Iterable[str | None]) -> str:
    """Return which Pythons a dispatch package is for: those of its wheels that can build it.

    :param stated: what the wheels require, None for nothing

    >>> requires_python([">=3.9,<4"]), requires_python([">=3.12"]), requires_python([None])
    ('<4,>=3.11', '>=3.12', '>=3.11')
    """
    texts = set(stated)
    own = SpecifierSet(f">={OLDEST_PYTHON}")
    if len(texts) != 1 or None in texts:
        return str(own)  # each wheel is judged by what it requires itself
    try:
        kept = [part for part in SpecifierSet(texts.pop() or "") if not _is_implied(str(part))]
    except InvalidSpecifier:
        return str(own)
    if any(part.operator == ">=" for part in kept):
        return str(SpecifierSet(",".join(map(str, kept))))
    return str(SpecifierSet(",".join([*map(str, kept), str(own)])))


def _is_implied(part: str) -> bool:
    """Whether a lower bound is no higher than our own."""
    if not part.startswith((">=", ">")):
        return False
    try:
        return Version(part.lstrip(">=")) <= Version(OLDEST_PYTHON)
    except InvalidVersion:
        return False


def pkg_info(
    name: NormalizedName,
    version: Version,
    metadata: Sequence[str],
    pythons: Sequence[str | None],
    *,
    licences: Iterable[str] = (),
) -> bytes:
    """Return the metadata that a release has whatever is chosen of it.

    :param metadata: the core metadata of each wheel
    :param pythons: the ``Requires-Python`` of each wheel
    :param licences: the paths of licence files that the source distribution has
    :raises CannotDispatch: if metadata cannot be read
    """
    distinct = [_read(name, text) for text in dict.fromkeys(metadata)]
    python = requires_python(pythons)
    dynamic = [] if set(pythons) == {python} else ["Requires-Python"]
    common: dict[str, tuple[str, ...]] = {}
    for key in (*_FIELDS, _BODY):
        values = {fields.get(key, ()) for fields in distinct}
        if len(values) == 1 and not _speaks_of_variants(key, values):
            common[key] = values.pop()
        else:
            dynamic.append(_FIELDS.get(key, "Description"))
    if not set(common.get(_LICENCE_FILE, ())) <= set(licences):
        common.pop(_LICENCE_FILE)
        dynamic.append(_FIELDS[_LICENCE_FILE])
    body = "".join(common.pop(_BODY, ()))
    display = {fields["name"][0] for fields in distinct}
    lines = [
        f"Metadata-Version: {_format(distinct, common)}",
        f"Name: {display.pop() if len(display) == 1 else name}",
        f"Version: {version}",
        f"Requires-Python: {python}",
        *(f"Dynamic: {key}" for key in sorted(set(dynamic))),
        *(f"{_FIELDS[key]}: {value}" for key, values in common.items() for value in values),
    ]
    return ("\n".join(lines) + "\n\n" + body).encode("utf-8")


def _format(distinct: Sequence[_Fields], common: _Fields) -> Version:
    """Return the oldest format that has all fields, and that the wheels have as well."""
    stated = []
    for fields in distinct:
        try:
            stated.append(Version("".join(fields.get("metadata-version", ()))))
        except InvalidVersion:
            continue
    used = [since for key, since in _SINCE.items() if common.get(key)]
    return min(max([_OLDEST_FORMAT, *used, *stated]), _NEWEST_FORMAT)


def _speaks_of_variants(key: str, values: set[tuple[str, ...]]) -> bool:
    """Whether requirements differ between wheels though they are written alike."""
    return key == "requires-dist" and any("variant_" in text for texts in values for text in texts)


def _read(name: NormalizedName, text: str) -> _Fields:
    try:
        message: Message[str, str] = Parser(policy=compat32).parsestr(text)
    except MessageError as error:
        raise CannotDispatch(f"`{name}`", f"its metadata cannot be read: {error}") from None
    fields: dict[str, tuple[str, ...]] = {}
    for key, value in message.items():
        lowered = key.lower()
        fields[lowered] = (*fields.get(lowered, ()), str(value))
    body = message.get_payload()
    if isinstance(body, str) and body.strip():
        fields[_BODY] = (body,)
    if "name" not in fields:
        raise CannotDispatch(f"`{name}`", "its metadata does not name it")
    return fields
