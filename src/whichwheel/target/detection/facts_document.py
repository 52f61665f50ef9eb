"""Facts as JSON values: what crosses to a child process and what lies in the cache."""

from whichwheel.target.facts import Fact, Facts, FactValue, Origin

__all__ = ["facts_document", "read_facts"]


def facts_document(facts: Facts) -> list[list[object]]:
    """Return facts as ``[[key, value, origin, source], ...]``."""
    return [[fact.key, fact.value, str(fact.origin), fact.source] for fact in facts.values()]


def read_facts(document: object) -> Facts:
    """Read what :func:`facts_document` wrote.

    :raises TypeError: if it is of another shape
    :raises ValueError: if an origin is not known
    """
    if not isinstance(document, list):
        raise TypeError(document)
    return Facts(_fact(*item) for item in document)


def _fact(key: str, value: object, origin: str, source: str) -> Fact:
    return Fact(str(key), _value(value), Origin(origin), str(source))


def _value(value: object) -> FactValue:
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    if isinstance(value, (str, int)):
        return value
    raise TypeError(value)
