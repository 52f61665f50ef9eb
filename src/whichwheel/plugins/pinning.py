"""Find the wheels of a plugin package, and pin them by what they really are."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.plugins.errors import PinChanged
from whichwheel.plugins.trust import PinnedWheel, TrustedPackage
from whichwheel.sources.ports import Sources
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.resolve.resolution import Pin

__all__ = ["InvalidPackage", "Proposal", "parse_package", "propose"]

_LONGEST = 120


class InvalidPackage(WhichwheelError, ValueError):
    """A text that does not name a package to trust.

    :param text: as given
    :param why: what is wrong with it
    """

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"`{text}` cannot be trusted: {why}",
            hint="name a package, as `NAME` or `NAME>=1,<2`, or the path of an executable "
            "`whichwheel-provider-NAME`",
        )
        self.text = text
        self.why = why


@dataclass(frozen=True, slots=True)
class Proposal:
    """What trusting a package would mean.

    :param requirement: the package, with extras and specifier
    :param wheels: that of the package first, then those of its dependencies by name
    :param source: the index or folder it comes from, without credentials
    :param publisher: as the package says of itself; empty if it does not
    :param summary: as the package says of itself
    """

    requirement: Requirement
    wheels: tuple[PinnedWheel, ...]
    source: str
    publisher: str
    summary: str

    @property
    def name(self) -> NormalizedName:
        """The package's normalised name."""
        return self.wheels[0].name

    @property
    def version(self) -> str:
        """The package's version."""
        return self.wheels[0].version

    def entry(
        self, *, trusted_at: str, plugin_api: str | None, namespaces: Sequence[str]
    ) -> TrustedPackage:
        """Return what is kept if the user agrees."""
        return TrustedPackage(
            self.name,
            str(self.requirement.specifier),
            self.wheels,
            self.source,
            trusted_at,
            tuple(sorted(self.requirement.extras)),
            plugin_api,
            tuple(namespaces),
        )


def parse_package(text: str) -> Requirement:
    """Read the package that is to be trusted.

    :raises InvalidPackage: if it is none, or says more than name, extras and versions
    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        raise InvalidPackage(text, "it is no requirement") from None
    if requirement.url is not None:
        raise InvalidPackage(text, "a package is trusted by name and version, not by URL")
    if requirement.marker is not None:
        raise InvalidPackage(text, "a marker does not belong here")
    return requirement


def propose(
    requirement: Requirement,
    sources: Sources,
    *,
    before: TrustedPackage | None = None,
    strict: bool = False,
) -> Proposal:
    """Resolve a package for the interpreter that we run in, fetch it and hash it; run nothing.

    Variant wheels and source distributions are left aside (providers draft, High level design).

    :param before: what is trusted of it now
    :param strict: fail where a broken wheel would be passed over
    :raises PinChanged: if a wheel that is trusted now has other content
    :raises WhichwheelError: if there is no such package, or nothing of it fits
    """
    pins = _resolve(requirement, sources, strict=strict)
    name = canonicalize_name(requirement.name)
    pins.sort(key=lambda pin: (pin.name != name, pin.name))
    known = {} if before is None else {wheel.filename: wheel.sha256 for wheel in before.wheels}
    wheels = []
    for pin in pins:
        wheel = _pinned(pin, sources)
        trusted = known.get(wheel.filename, wheel.sha256)
        if trusted != wheel.sha256:
            raise PinChanged(wheel.filename, trusted, wheel.sha256, name)
        wheels.append(wheel)
    publisher, summary = _described(sources.metadata(pins[0].wheel))
    return Proposal(requirement, tuple(wheels), pins[0].choice.source, publisher, summary)


def _resolve(requirement: Requirement, sources: Sources, *, strict: bool) -> "list[Pin]":
    from whichwheel.choose.choosing import Preferences  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.options import ResolveOptions  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.requested import parse_requested  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.resolving import resolve  # noqa: PLC0415 -- start-up time
    from whichwheel.target.detection.detector import Detector  # noqa: PLC0415 -- start-up time
    from whichwheel.target.interpreters.interpreter import inspect_interpreter  # noqa: PLC0415
    from whichwheel.target.this_machine import this_machine  # noqa: PLC0415 -- start-up time

    resolution = resolve(
        [parse_requested(str(requirement))],
        target=this_machine(inspect_interpreter(None, environ={}), detector=Detector({})),
        sources=sources,
        options=ResolveOptions(preferences=Preferences(variants=False), strict=strict),
        installed={},
    )
    return list(resolution.pins)


def _pinned(pin: "Pin", sources: Sources) -> PinnedWheel:
    file = pin.wheel.file
    with sources.fetch(file).open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return PinnedWheel(pin.name, str(pin.version), file.filename, file.url, sha256)


def _described(metadata: bytes) -> tuple[str, str]:
    """Return publisher and summary, as core metadata has them."""
    from packaging.metadata import parse_email  # noqa: PLC0415 -- start-up time

    raw, _ = parse_email(metadata)
    people = [
        raw.get("author"),
        raw.get("author_email"),
        raw.get("maintainer"),
        raw.get("maintainer_email"),
    ]
    named = list(dict.fromkeys(_line(person) for person in people if person))
    return ", ".join(filter(None, named)), _line(raw.get("summary") or "")


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
