"""What a user asks for: a requirement, or a wheel or sources named by path or URL."""

import re
from collections.abc import Mapping
from dataclasses import replace

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.requirements.locations import (
    ARCHIVES,
    InvalidRequest,
    Location,
    SourceLocation,
    WheelLocation,
    is_url,
    locate_path,
    locate_url,
    public_url,
)
from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.resolution import DirectUrl
from whichwheel.spec.markers import VariantContext, parse_requirement
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass

__all__ = [
    "InvalidRequest",
    "Requested",
    "RequestedSource",
    "WheelLocation",
    "parse_asked",
    "parse_requested",
    "public_url",
]

_EXTRAS = lazy_pattern(r"\s*\[([^\[\]]*)\]$")
_EXTRA_NAMES = lazy_pattern(r"\s*[A-Za-z0-9][\w.-]*\s*(?:,\s*[A-Za-z0-9][\w.-]*\s*)*", re.ASCII)
_PATH = lazy_pattern(r"[/\\]")
_TO_BE_BUILT = "it is not a wheel, and has to be built"
_WHO_BUILDS = "`whichwheel install` builds it (add `--dry-run` to see what would come with it)"
_NOT_EDITABLE = "only a folder with a project can be installed as editable"
_EDITABLE = "give the folder that the `pyproject.toml` is in, or leave out `-e`"


@dataclass(frozen=True, slots=True)
class Requested:
    """One thing that the user asks for.

    :param text: as given
    :param requirement: name, extras, specifier and marker
    :param wheel: the one wheel that will do, if the user named one
    :param origin: where the sources come from that the wheel is made of, if it is to be built
    :param implied: whether it follows from something else that the user asked for; then the
        text is a sentence that says so
    """

    text: str
    name: NormalizedName
    requirement: Requirement
    wheel: WheelLocation | None = None
    implied: bool = False
    origin: DirectUrl | None = None

    def applies(self, environment: Mapping[str, str]) -> bool:
        """Whether its marker holds.

        :param environment: marker values without ``extra``
        :raises InvalidRequirement: if it compares what cannot be compared
        """
        return holds(self.requirement, environment)

    @property
    def direct_url(self) -> DirectUrl | None:
        """Where the wheel comes from, for ``direct_url.json`` (PEP 610)."""
        if self.wheel is None or self.origin is not None:
            return self.origin
        return DirectUrl(self.wheel.public, self.wheel.hashes)


@dataclass(frozen=True, slots=True)
class RequestedSource:
    """Sources that the user asks for; which project they are, they have to be asked.

    :param text: as given, without credentials
    :param location: where they are
    :param extras: as given, with commas
    :param marker: under which it is asked for
    :param editable: whether it is to be installed so that changes of the folder take effect
    """

    text: str
    location: SourceLocation
    extras: str = ""
    marker: Marker | None = None
    editable: bool = False

    def applies(self, environment: Mapping[str, str]) -> bool:
        """As :meth:`Requested.applies`."""
        asked = Requirement("x")
        asked.marker = self.marker
        return holds(asked, environment)

    def settled(self, wheel: WheelLocation, origin: DirectUrl) -> Requested:
        """Return the request that it is, now that name and version are known.

        :param wheel: the one that the sources make
        :param origin: where they come from
        """
        return _exactly(self.text, wheel, self.extras, self.marker, origin)


def parse_requested(text: str) -> Requested:
    """Read a requirement, ``name @ URL``, the path of a wheel, or the URL of a wheel.

    A path or URL may be followed by extras, as in ``./foo-1.0-py3-none-any.whl[x]``. A request
    stands in no wheel, so that variant markers in it are answered as for a plain wheel.

    :raises InvalidRequest: if a path or URL does not name a wheel
    :raises InvalidRequirement: if the text is none of them
    :raises InvalidVariantMarker: if a variant marker is misused
    """
    found = parse_asked(text)
    if isinstance(found, RequestedSource):
        raise InvalidRequest(found.text, _TO_BE_BUILT, hint=_WHO_BUILDS)
    return found


def parse_asked(text: str, *, editable: bool = False) -> Requested | RequestedSource:
    """Read what :func:`parse_requested` reads, or the path or URL of sources.

    :param editable: whether it has to be a folder that is installed as editable
    :raises InvalidRequest: if a path or URL names neither
    :raises InvalidRequirement: if the text is none of them
    :raises InvalidVariantMarker: if a variant marker is misused
    """
    text = text.strip()
    # As pip has it: a URL may hold a semicolon.
    named, marker = text.partition("; " if is_url(text) else ";")[::2]
    named, extras = _split_extras(named.rstrip())
    if is_url(text):
        shown = public_url(named) + (f"[{extras}]" if extras else "")
        return _asked(shown, locate_url(named), extras, marker, editable=editable)
    if " @ " not in text and (editable or _is_path(named)):
        return _asked(text, locate_path(named), extras, marker, editable=editable)
    requirement = parse_requirement(text).bind(VariantContext.none())
    name = canonicalize_name(requirement.name)
    if requirement.url is None:
        return Requested(text, name, requirement)
    location = locate_url(requirement.url)
    shown = f"{requirement.name} @ {location.public}"
    if isinstance(location, WheelLocation):
        if location.name.name != name:
            raise InvalidRequest(shown, f"the wheel is one of `{location.name.name}`")
        if editable:
            raise InvalidRequest(shown, _NOT_EDITABLE, hint=_EDITABLE)
        return Requested(text, name, requirement, location)
    if location.name not in (None, name):
        raise InvalidRequest(shown, f"its `#egg=` names `{location.name}`")
    return _asked(
        shown,
        replace(location, name=name),
        ",".join(sorted(requirement.extras)),
        str(requirement.marker or ""),
        editable=editable,
    )


def _asked(
    text: str, location: Location, extras: str, marker: str, *, editable: bool
) -> Requested | RequestedSource:
    if editable and not (isinstance(location, SourceLocation) and location.kind == "folder"):
        raise InvalidRequest(text, _NOT_EDITABLE, hint=_EDITABLE)
    # Whatever is wrong with them is told before anything is built.
    if extras and not _EXTRA_NAMES.fullmatch(extras):
        raise InvalidRequest(text, f"`[{extras}]` does not name extras")
    requirement = parse_requirement(f"x ; {marker}" if marker else "x").bind(VariantContext.none())
    if isinstance(location, SourceLocation):
        return RequestedSource(text, location, extras, requirement.marker, editable)
    return _exactly(text, location, extras, requirement.marker)


def _exactly(
    text: str,
    wheel: WheelLocation,
    extras: str,
    marker: Marker | None,
    origin: DirectUrl | None = None,
) -> Requested:
    name = wheel.name
    requirement = parse_requirement(f"{name.name}[{extras}]=={name.version}").requirement
    requirement.marker = marker
    return Requested(text, name.name, requirement, wheel, origin=origin)


def _is_path(text: str) -> bool:
    """Whether a text is a path, as pip tells paths from requirements."""
    if text.lower().endswith((".whl", *ARCHIVES)) or text.startswith((".", "~", "/")):
        return True
    return _PATH.search(text) is not None and "@" not in text


def _split_extras(text: str) -> tuple[str, str]:
    match = _EXTRAS.search(text)
    return (text, "") if match is None else (text[: match.start()], match[1])
