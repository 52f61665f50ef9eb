"""What a user asks for: a requirement, or a wheel named by path or URL."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.resolution import DirectUrl
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.markers import VariantContext, parse_requirement
from whichwheel.spec.wheel_name import WheelName

__all__ = ["InvalidRequest", "Requested", "WheelLocation", "parse_requested", "public_url"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_EXTRAS = re.compile(r"\s*\[([^\[\]]*)\]$")
_PATH = re.compile(r"^[.~]|[/\\]")
_SCHEMES = ("http", "https", "file")
_ONLY_WHEELS = "give a wheel (`*.whl`), or a requirement such as `name>=1.0`"


class InvalidRequest(WhichwheelError, ValueError):
    """What the user asks for cannot be understood, or is no wheel.

    :param text: as given, without credentials
    :param why: what is wrong with it
    """

    def __init__(self, text: str, why: str, *, hint: str = _ONLY_WHEELS) -> None:
        super().__init__(f"cannot take `{text}`: {why}", hint=hint)
        self.text = text
        self.why = why


@dataclass(frozen=True, slots=True)
class WheelLocation:
    """One wheel named by path or URL.

    :param name: its parsed file name
    :param path: absolute, if it lies on this machine
    :param url: as given, possibly with credentials and fragment, if it does not
    :param hashes: the digests in the URL's fragment, by algorithm
    """

    name: WheelName
    path: Path | None = None
    url: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The URL as a source takes it, with all that the user gave."""
        if self.path is None:
            return self.url or ""
        fragment = "&".join(f"{algorithm}={digest}" for algorithm, digest in self.hashes.items())
        return f"{self.path.as_uri()}#{fragment}" if fragment else self.path.as_uri()

    @property
    def public(self) -> str:
        """The URL without credentials and fragment."""
        if self.path is not None:
            return self.path.as_uri()
        return public_url(self.url or "")


@dataclass(frozen=True, slots=True)
class Requested:
    """One thing that the user asks for.

    :param text: as given
    :param requirement: name, extras, specifier and marker
    :param wheel: the one wheel that will do, if the user named one
    :param implied: whether it follows from something else that the user asked for; then the
        text is a sentence that says so
    """

    text: str
    name: NormalizedName
    requirement: Requirement
    wheel: WheelLocation | None = None
    implied: bool = False

    def applies(self, environment: Mapping[str, str]) -> bool:
        """Whether its marker holds.

        :param environment: marker values without ``extra``
        :raises InvalidRequirement: if it compares what cannot be compared
        """
        return holds(self.requirement, environment)

    @property
    def direct_url(self) -> DirectUrl | None:
        """Where the wheel comes from, for ``direct_url.json`` (PEP 610)."""
        if self.wheel is None:
            return None
        return DirectUrl(self.wheel.public, self.wheel.hashes)


def parse_requested(text: str) -> Requested:
    """Read a requirement, ``name @ URL``, the path of a wheel, or the URL of a wheel.

    A path or URL may be followed by extras, as in ``./foo-1.0-py3-none-any.whl[x]``. A request
    stands in no wheel, so that variant markers in it are answered as for a plain wheel.

    :raises InvalidRequest: if a path or URL does not name a wheel
    :raises InvalidRequirement: if the text is none of them
    :raises InvalidVariantMarker: if a variant marker is misused
    """
    text = text.strip()
    if _URL.match(text):
        url, extras = _split_extras(text)
        location = _locate(url)
        return Requested(text, location.name.name, _exactly(location.name, extras), location)
    path, extras = _split_extras(text)
    if path.lower().endswith(".whl") and " @ " not in path:
        location = _local(Path(os.path.expanduser(path)), path)  # noqa: PTH111 -- `~nobody` stays so
        return Requested(text, location.name.name, _exactly(location.name, extras), location)
    if _PATH.search(path) and "@" not in path and ";" not in path:
        raise InvalidRequest(text, "it is the path of something that is not a wheel")
    requirement = parse_requirement(text).bind(VariantContext.none())
    name = canonicalize_name(requirement.name)
    if requirement.url is None:
        return Requested(text, name, requirement)
    location = _locate(requirement.url)
    if location.name.name != name:
        shown = f"{requirement.name} @ {location.public}"
        raise InvalidRequest(shown, f"the wheel is one of `{location.name.name}`")
    return Requested(text, name, requirement, location)


def _split_extras(text: str) -> tuple[str, str]:
    match = _EXTRAS.search(text)
    return (text, "") if match is None else (text[: match.start()], match[1])


def _exactly(name: WheelName, extras: str) -> Requirement:
    return parse_requirement(f"{name.name}[{extras}]=={name.version}").requirement


def _locate(url: str) -> WheelLocation:
    shown = public_url(url)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidRequest(shown, str(error)) from None
    if parts.scheme.lower() not in _SCHEMES:
        raise InvalidRequest(
            shown, f"the scheme `{parts.scheme}` is not one of `http`, `https` and `file`"
        )
    hashes = _hashes(parts.fragment)
    if parts.scheme.lower() == "file":
        if parts.netloc not in ("", "localhost"):
            raise InvalidRequest(shown, f"the file is on another machine, `{parts.netloc}`")
        path = unquote(parts.path)
        # On Windows the path of file:///C:/x is /C:/x.
        local = path[1:] if os.name == "nt" and re.match(r"/[A-Za-z]:", path) else path
        return _local(Path(local), shown, hashes)
    return WheelLocation(
        _wheel_name(unquote(parts.path).rpartition("/")[2], shown), None, url, hashes
    )


def _local(path: Path, shown: str, hashes: Mapping[str, str] | None = None) -> WheelLocation:
    name = _wheel_name(path.name, shown)
    if not path.is_file():
        raise InvalidRequest(shown, "there is no such file", hint="check the path")
    return WheelLocation(name, Path(os.path.abspath(path)), None, hashes or {})  # noqa: PTH100


def _wheel_name(filename: str, shown: str) -> WheelName:
    if not filename.endswith(".whl"):
        raise InvalidRequest(shown, "it does not name a wheel")
    if "/" in filename or "\\" in filename:
        raise InvalidRequest(shown, "its file name holds a path")
    return WheelName.parse(filename)


def _hashes(fragment: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in fragment.split("&"))
    return {
        name: value.lower()
        for name, _, value in pairs
        if name in ("sha256", "sha384", "sha512") and re.fullmatch(r"[0-9A-Fa-f]+", value)
    }


def public_url(url: str) -> str:
    """Return a URL without credentials and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://..."
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
