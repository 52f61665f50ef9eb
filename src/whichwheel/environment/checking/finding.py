"""A finding: one thing that is not as it should be in an environment."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from packaging.utils import NormalizedName

from whichwheel.spec.values import dataclass

__all__ = ["Finding", "FindingKind", "Severity"]


class Severity(StrEnum):
    """How bad it is: an error is something that will fail, a note is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FindingKind(StrEnum):
    """What was found; stable words for programs."""

    VARIANT_UNFIT = "variant-unfit"
    PLATFORM_UNFIT = "platform-unfit"
    PYTHON_UNFIT = "python-unfit"
    UNWANTED = "build-unwanted"
    BETTER_BUILD = "better-build"
    FALLBACK = "fallback"
    NOT_AT_SOURCE = "not-at-source"
    SOURCE_FAILED = "source-failed"
    UNRESOLVABLE = "unresolvable"
    AXIS = "axis-disagrees"
    AXIS_EXCLUDED = "axis-excluded"
    AXIS_NOT_CHOSEN = "axis-not-chosen"
    ABI = "abi-mismatch"
    MISSING = "dependency-missing"
    WRONG_VERSION = "dependency-version"
    OVERWRITTEN = "files-overwritten"
    RUNTIMES = "two-runtimes"
    FILES_CHANGED = "files-changed"
    FILES_MISSING = "files-missing"
    RECORD_UNREADABLE = "record-unreadable"
    METADATA_UNREADABLE = "metadata-unreadable"
    VARIANT_UNREADABLE = "variant-unreadable"
    INSTALLED_TWICE = "installed-twice"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    :param packages: whom it concerns, the one to do something about first
    :param message: one sentence
    :param hint: what to do
    :param facts: what the sentence was made of, as JSON values
    """

    kind: FindingKind
    severity: Severity
    packages: tuple[NormalizedName, ...]
    message: str
    hint: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def concerns(self, names: frozenset[NormalizedName]) -> bool:
        """Whether it is about one of some packages."""
        return not names.isdisjoint(self.packages)
