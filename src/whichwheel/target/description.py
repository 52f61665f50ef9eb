"""A target in JSON values, for ``whichwheel platform`` and for machine-readable output."""

from dataclasses import field

from whichwheel.spec.properties import VariantProperty
from whichwheel.spec.values import dataclass
from whichwheel.target.described.described_machine import DescribedMachine
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.governing import Governance
from whichwheel.target.support import Refusal, Support
from whichwheel.target.tags import described_platform
from whichwheel.target.target import Target
from whichwheel.target.this_machine import ThisMachine

__all__ = [
    "Verdict",
    "describe_target",
    "described_namespaces",
    "governance_of",
    "judge_property",
    "verdict_document",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a target supports one property, and by which fact.

    :param rank: the place of the value among the supported ones of its feature, from 0; None
        if it is not supported
    :param of: how many values of the feature are supported
    :param why: the fact that decides, as a clause
    :param evidence: what is known of the namespace, each with its origin and source
    """

    property: VariantProperty
    rank: int | None
    of: int
    why: str
    evidence: Facts = field(default_factory=Facts, compare=False)


def describe_target(target: Target, *, detect: bool = True) -> dict[str, object]:
    """Describe a target.

    :param detect: whether to detect what was not asked for yet; else only what is known by
        now is described

    The shape::

        {"name": str, "python": str, "implementation": str, "platform": str | None,
         "tags": {"count": int, "first": str | None}, "environment": {name: value},
         "facts": [{"key", "value", "origin", "source"}],
         "supported": {namespace: {"facts": str, "origin": str,
                                   "features": {feature: [value, ...]}}
                                | {"refused": kind, "message": str}}}

    ``supported`` holds the built-in namespaces, and those that properties were given for, that
    a rule makes, or that a trusted provider answers for.
    """
    tags = target.tags
    facts = target.machine.facts() if detect else target.machine.known_facts()
    topics = {key.partition(".")[0] for key in facts}
    namespaces = described_namespaces(target)
    if not detect:
        governance = governance_of(target)
        given = set() if governance is None else {*governance.exact, *governance.disabled}
        namespaces = tuple(name for name in namespaces if name in topics or name in given)
    platform = described_platform(tags)
    return {
        "name": target.name,
        "python": target.python_version,
        "implementation": target.implementation,
        "platform": platform.text if platform is not None else None,
        "tags": {"count": len(tags), "first": str(tags[0]) if tags else None},
        "environment": dict(target.environment),
        "facts": [_fact(fact) for fact in facts.values()],
        "supported": {
            namespace: _answer(target.machine.support(namespace, None)) for namespace in namespaces
        },
    }


def described_namespaces(target: Target) -> tuple[str, ...]:
    """Return the namespaces that the target can say something of, the built-in ones first."""
    namespaces = dict.fromkeys(PROVIDERS)
    governance = governance_of(target)
    if governance is not None:
        for more in (governance.exact, governance.rules, governance.disabled):
            namespaces.update(dict.fromkeys(more))
        if governance.outside is not None:
            namespaces.update(dict.fromkeys(governance.outside.namespaces()))
    return tuple(namespaces)


def governance_of(target: Target) -> Governance | None:
    """Return what the target says of any namespace, where that is known."""
    if isinstance(target.machine, ThisMachine | DescribedMachine):
        return target.machine.governance
    return None


def judge_property(target: Target, wanted: VariantProperty) -> Verdict:
    """Say whether a target supports a property, asking the provider of its namespace."""
    answer = target.machine.support(wanted.namespace, None)
    if isinstance(answer, Refusal):
        return Verdict(wanted, None, 0, answer.message)
    values = answer.features.get(wanted.feature, ())
    rank = values.index(wanted.value) if wanted.value in values else None
    if answer.why is not None:
        why = answer.why(wanted.feature, wanted.value)
    elif answer.origin is Origin.GIVEN:
        why = _given(answer, wanted)
    else:
        why = answer.facts or "nothing is known of it"
    return Verdict(wanted, rank, len(values), why, answer.evidence)


def _given(answer: Support, wanted: VariantProperty) -> str:
    """Say what was given, where no facts stand behind the properties."""
    if wanted.feature not in answer.features:
        named = ", ".join(f"`{name}`" for name in answer.features) or "nothing"
        return f"of `{wanted.namespace}` {named} was given, and no `{wanted.feature}`"
    values = answer.features[wanted.feature]
    other = "" if wanted.value in values else f", and not {wanted.value}"
    return f"`{wanted.feature}` was given as {', '.join(values)}{other}"


def verdict_document(verdict: Verdict) -> dict[str, object]:
    """Return a verdict in JSON values."""
    return {
        "property": str(verdict.property),
        "supported": verdict.rank is not None,
        "rank": verdict.rank,
        "of": verdict.of,
        "why": verdict.why,
        "facts": [_fact(fact) for fact in verdict.evidence.values()],
    }


def _fact(fact: Fact) -> dict[str, object]:
    value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
    return {
        "key": fact.key,
        "value": value,
        "origin": str(fact.origin),
        "source": fact.source,
    }


def _answer(answer: Support | Refusal) -> dict[str, object]:
    if isinstance(answer, Refusal):
        return {"refused": str(answer.kind), "message": answer.message}
    return {
        "facts": answer.facts,
        "origin": str(answer.origin),
        "features": {name: list(values) for name, values in answer.features.items()},
    }
