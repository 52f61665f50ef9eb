"""A choice: one release judged for one target, with a reason for every wheel."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.release import SourceWarning, Wheel
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Facts, Origin

__all__ = ["Choice", "Judgement", "Reason", "ReasonKind", "Status"]


class Status(StrEnum):
    """What became of a wheel."""

    CHOSEN = "chosen"
    OUTRANKED = "outranked"
    REFUSED = "refused"


class ReasonKind(StrEnum):
    """Why a wheel was chosen, outranked or refused; stable words for programs."""

    BEST = "best"
    OUTRANKED = "outranked"
    PLATFORM_TAGS = "platform-tags"
    PYTHON_VERSION = "python-version"
    PROPERTY = "property-not-supported"
    LABEL_UNKNOWN = "label-not-in-metadata"
    PROVIDER_UNKNOWN = "provider-unknown"
    PROVIDER_OFF = "provider-off"
    PROVIDER_FAILED = "provider-failed"
    METADATA_UNUSABLE = "metadata-unusable"
    YANKED = "yanked"
    NOT_ALLOWED = "not-allowed"
    BANNED = "banned"
    NOT_AS_REQUIRED = "not-as-required"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, for a person and for a program.

    :param message: one sentence
    :param facts: what the sentence was made of, as JSON values
    """

    kind: ReasonKind
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One wheel, what became of it and why.

    :param rank: 0 for the best wheel; None if refused
    :param reasons: never empty
    """

    wheel: Wheel
    status: Status
    rank: int | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One release judged for one target.

    :param judgements: every wheel: the ranked ones best first, then the refused ones
    :param properties: the properties behind each label that the metadata knows
    :param supported: ``{namespace: {feature: (values, ...)}}`` of the target, as asked for
    :param deciding_facts: by namespace, the facts of the target that decided, for people
    :param origins: by namespace, whether those facts were detected, given, or are defaults
    :param evidence: by namespace, the facts themselves
    :param warnings: what was wrong with the release's metadata
    """

    name: NormalizedName
    version: Version
    source: str
    judgements: tuple[Judgement, ...]
    properties: Mapping[str, VariantProperties] = field(default_factory=dict)
    supported: VariantProperties = field(default_factory=dict)
    deciding_facts: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    evidence: Mapping[str, Facts] = field(default_factory=dict)
    warnings: tuple[SourceWarning, ...] = ()

    @property
    def chosen(self) -> Wheel | None:
        """The best wheel, or None if every wheel is refused."""
        best = self.judgements[0] if self.judgements else None
        return best.wheel if best is not None and best.status is Status.CHOSEN else None

    @property
    def ranked(self) -> tuple[Judgement, ...]:
        """The wheels that fit the target, best first."""
        return tuple(judged for judged in self.judgements if judged.rank is not None)
