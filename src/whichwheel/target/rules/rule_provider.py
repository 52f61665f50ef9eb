"""The provider that a rule makes: detection evaluates its checks, all else is as for any other."""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial

from whichwheel.spec.properties import VALUE_PATTERN
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    KnownProvider,
    combined_origin,
    in_words,
)
from whichwheel.target.rules.checks import Evidence
from whichwheel.target.rules.combined_checks import Always
from whichwheel.target.rules.rule import Rule, RuleFeature, RuleValue
from whichwheel.target.rules.surroundings import Surroundings

__all__ = ["detect_rule", "rule_provider"]

_PRESENT = "present"
_FOUND = "_found"
_VERSIONS = "_versions"
_LONGEST = 200
# Seconds; past that, detection would hardly take longer.
_TRACING_LIMIT = 3.0
_VERSION_TEXT = re.compile(r"[a-z0-9_.]+ \S{1,80}")


def rule_provider(rule: Rule) -> KnownProvider:
    """Return the provider of the namespace that a rule is about."""
    variables = {
        name
        for feature in rule.features
        for value in feature.values
        for name in value.check.variables()
    }
    return KnownProvider(
        name=rule.namespace,
        fields=tuple(_fields(rule)),
        detect=partial(_detect, rule),
        properties=partial(_properties, rule),
        phrase=partial(_phrase, rule),
        defaults=partial(_defaults, rule),
        why=partial(_why, rule),
        variables=tuple(sorted(variables)),
        # The rule never changes, and its digest is asked for at every run.
        identity=partial(_identity, rule, cache(lambda: rule.digest)),
        file=rule.where,
    )


def detect_rule(rule: Rule, surroundings: Surroundings) -> Facts:
    """Evaluate the checks of a rule.

    For each feature ``F`` of which any value holds there are three facts: ``F``, the values;
    ``F_found``, what made each of them hold; and ``F_versions``, as ``VALUE VERSION``, for those
    whose file's name tells one.
    """
    facts: list[Fact] = []
    for feature in rule.features:
        facts += _facts(rule, feature, list(_holding(feature, surroundings)))
    if facts or _has_feature(rule, _PRESENT):
        return Facts(facts)
    return Facts([_absent(rule, Origin.DETECTED, _nothing(rule))])


def _holding(
    feature: RuleFeature, surroundings: Surroundings
) -> Iterator[tuple[RuleValue, Evidence]]:
    for value in feature.values:
        evidence = value.check.evidence(surroundings)
        if evidence is not None:
            yield value, evidence
            if feature.first_only:
                return


def _facts(
    rule: Rule, feature: RuleFeature, holding: list[tuple[RuleValue, Evidence]]
) -> Iterator[Fact]:
    if not holding:
        return
    key = f"{rule.namespace}.{feature.name}"
    words = [_cut(evidence.words) for _, evidence in holding]
    source = _cut("; ".join(words))

    def fact(ending: str, values: Iterable[str]) -> Fact:
        return Fact(f"{key}{ending}", tuple(values), Origin.DETECTED, source)

    yield fact("", (value.value for value, _ in holding))
    yield fact(_FOUND, words)
    versions = [f"{value.value} {each.version}" for value, each in holding if each.version]
    if versions:
        yield fact(_VERSIONS, versions)


def _detect(rule: Rule, environ: Mapping[str, str] = os.environ) -> Facts:
    return detect_rule(rule, Surroundings(environ))


def _properties(rule: Rule, facts: Facts) -> Mapping[str, tuple[str, ...]]:
    found = {}
    for feature in rule.features:
        listed = facts.texts(f"{rule.namespace}.{feature.name}")
        values = tuple(dict.fromkeys(each for each in listed if VALUE_PATTERN.fullmatch(each)))
        if values:
            found[feature.name] = values
    return found


def _phrase(rule: Rule, facts: Facts) -> str:
    parts = []
    for feature in rule.features:
        fact = facts.get(f"{rule.namespace}.{feature.name}")
        if fact is not None and isinstance(fact.value, tuple) and fact.value:
            parts.append((f"{feature.name} {', '.join(fact.value)}", fact.origin))
    if not parts:
        names = " or ".join(feature.name for feature in rule.features)
        parts = [(f"no {rule.namespace} {names}", combined_origin(facts.values()))]
    return in_words(parts)


def _defaults(rule: Rule, _environment: Mapping[str, str]) -> Facts:
    """Return the values that hold on every machine; of the others nothing is assumed."""
    source = "what every machine has"
    facts = []
    for feature in rule.features:
        values = [each.value for each in feature.values if _needs_nothing(each)]
        if values:
            held = tuple(values[:1] if feature.first_only else values)
            facts.append(Fact(f"{rule.namespace}.{feature.name}", held, Origin.DEFAULT, source))
    if facts or _has_feature(rule, _PRESENT):
        return Facts(facts)
    return Facts([_absent(rule, Origin.DEFAULT, "nothing was said of it")])


def _why(rule: Rule, facts: Facts, name: str, value: str) -> str:
    """Say which check makes a value supported or not, as far as the facts tell."""
    feature = next((each for each in rule.features if each.name == name), None)
    if feature is None:
        known = _listed(each.name for each in rule.features)
        return f"`{name}` is no feature of `{rule.namespace}`, which has {known}"
    key = f"{rule.namespace}.{name}"
    fact = facts.get(key)
    held = facts.texts(key)
    if fact is not None and fact.origin is Origin.GIVEN:
        return f"`{key}` was given as {_listed(held)} ({fact.source})"
    if value in held and any(
        each.value == value and _needs_nothing(each) for each in feature.values
    ):
        return f"`{value}` needs nothing, so every machine has it"
    if value in held:
        found = facts.texts(f"{key}{_FOUND}")
        index = held.index(value)
        return f"there is {found[index] if index < len(found) else f'`{value}`'}"
    return _why_not(feature, facts, held, value)


def _why_not(feature: RuleFeature, facts: Facts, held: tuple[str, ...], value: str) -> str:
    wanted = next((each for each in feature.values if each.value == value), None)
    if wanted is None:
        return f"`{value}` is no value of `{feature.name}`, which may be {_names(feature)}"
    if feature.first_only and held and _comes_before(feature, held[0], value):
        return f"`{held[0]}` comes before it, and only the first that is there counts"
    looked_for = f"`{value}` needs {wanted.check.wanted()}"
    if any(each.origin is Origin.DETECTED for each in facts.values()):
        return f"{looked_for}, and that was not found"
    return f"{looked_for}, and nothing is known of that"


def _identity(rule: Rule, digest: Callable[[], str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the rule's own hash, and one of all that its checks look at."""
    from hashlib import sha256  # noqa: PLC0415 -- start-up speed

    surroundings = Surroundings(environ, limit=_TRACING_LIMIT)
    try:
        traces = dict.fromkeys(
            trace
            for feature in rule.features
            for value in feature.values
            for trace in value.check.traces(surroundings)
        )
    except TimeoutError:
        # What cannot be told apart from a change is one: no earlier answer holds.
        return (digest(), f"looked at in vain {time.time_ns()}")
    seen = sha256("\n".join((*surroundings.prefixes, *traces)).encode("utf-8", "surrogateescape"))
    return (digest(), seen.hexdigest()[:32])


def _fields(rule: Rule) -> Iterator[FactField]:
    if not _has_feature(rule, _PRESENT):
        yield FactField(_PRESENT, FactKind.FLAG)
    for feature in rule.features:
        expected = f"values as {_names(feature)}"
        yield FactField(feature.name, FactKind.TEXTS, VALUE_PATTERN, expected)
        yield FactField(f"{feature.name}{_FOUND}", FactKind.TEXTS, needs=feature.name)
        yield FactField(
            f"{feature.name}{_VERSIONS}",
            FactKind.TEXTS,
            _VERSION_TEXT,
            f"texts as `{feature.values[0].value} 1.2`",
            needs=feature.name,
        )


def _absent(rule: Rule, origin: Origin, source: str) -> Fact:
    return Fact(f"{rule.namespace}.{_PRESENT}", value=False, origin=origin, source=source)


def _has_feature(rule: Rule, name: str) -> bool:
    return any(feature.name == name for feature in rule.features)


def _nothing(rule: Rule) -> str:
    names = [value.value for feature in rule.features for value in feature.values]
    return _cut(f"nothing of {_listed(dict.fromkeys(names))} was found")


def _needs_nothing(value: RuleValue) -> bool:
    return isinstance(value.check, Always)


def _comes_before(feature: RuleFeature, first: str, second: str) -> bool:
    order = [each.value for each in feature.values]
    return first in order and order.index(first) < order.index(second)


def _names(feature: RuleFeature) -> str:
    return _listed([each.value for each in feature.values][:8])


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`" for value in values) or "nothing"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
