"""What a provider answers: the properties of one namespace that a machine supports."""

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum

from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Facts, Origin

__all__ = ["Refusal", "RefusalKind", "Support"]


class RefusalKind(StrEnum):
    """Why no properties of a namespace are known."""

    UNKNOWN = "provider-unknown"
    OFF = "provider-off"
    FAILED = "provider-failed"


@dataclass(frozen=True, slots=True)
class Support:
    """The ordered properties of one namespace that a target supports.

    A supported namespace without features is a true answer: the machine has no such thing.

    :param namespace: the namespace
    :param features: compatible values by feature, features and values in order of preference
    :param origin: whether the facts behind it were detected, given, or are defaults
    :param facts: the facts that decided, as ``driver CUDA 12.8, compute capability 9.0``
    :param evidence: those facts themselves, each with its origin
    :param why: says, for a feature and a value, which fact makes it supported or not; None
        where nothing more than ``facts`` is known
    """

    namespace: str
    features: Mapping[str, tuple[str, ...]]
    origin: Origin
    facts: str = ""
    evidence: Facts = field(default_factory=Facts, compare=False)
    why: Callable[[str, str], str] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A namespace about which nothing can be said; every wheel that uses it is refused.

    :param namespace: the namespace
    :param kind: unknown package, turned off, or failed
    :param message: one sentence that names the package or the failure
    """

    namespace: str
    kind: RefusalKind
    message: str
