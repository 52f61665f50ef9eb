"""A rule: which values of a namespace a machine has, told by checks."""

from whichwheel.spec.values import dataclass
from whichwheel.target.rules.checks import Check

__all__ = ["Rule", "RuleFeature", "RuleValue"]


@dataclass(frozen=True, slots=True)
class RuleValue:
    """A value of a feature and what has to hold for it."""

    value: str
    check: Check


@dataclass(frozen=True, slots=True)
class RuleFeature:
    """A feature of a rule.

    :param values: in order of preference
    :param first_only: whether only the first value that holds counts, not all of them
    """

    name: str
    values: tuple[RuleValue, ...]
    first_only: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What a namespace's properties follow from.

    :param features: in order of preference
    :param description: one line for people
    :param where: the file, or what else it was read from
    """

    namespace: str
    features: tuple[RuleFeature, ...]
    description: str = ""
    where: str = ""

    @property
    def digest(self) -> str:
        """What changes when any answer of the rule may: a hash of all but its words."""
        from hashlib import sha256  # noqa: PLC0415 -- start-up speed

        return sha256(repr((self.namespace, self.features)).encode()).hexdigest()[:32]
