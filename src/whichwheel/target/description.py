"""A target in JSON values, for ``whichwheel platform`` and for machine-readable output."""

from whichwheel.target.facts import Fact
from whichwheel.target.file_machine import DescribedMachine
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.support import Refusal, Support
from whichwheel.target.tags import described_platform
from whichwheel.target.target import Target
from whichwheel.target.this_machine import ThisMachine

__all__ = ["describe_target", "described_namespaces"]


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

    ``supported`` holds the built-in namespaces and those that exact properties were given for.
    """
    tags = target.tags
    facts = target.machine.facts() if detect else target.machine.known_facts()
    topics = {key.partition(".")[0] for key in facts}
    namespaces = described_namespaces(target)
    if not detect:
        namespaces = tuple(name for name in namespaces if name in topics or name not in PROVIDERS)
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
    """Return the built-in namespaces and those that exact properties were given for."""
    namespaces = dict.fromkeys(PROVIDERS)
    if isinstance(target.machine, ThisMachine | DescribedMachine):
        namespaces.update(dict.fromkeys(target.machine.governance.exact))
    return tuple(namespaces)


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
