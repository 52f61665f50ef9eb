"""This machine as a target: facts are detected when first asked for, and once."""

import os
import threading
from collections.abc import Collection, Mapping

from whichwheel.spec.metadata import Provider
from whichwheel.spec.properties import VariantProperties
from whichwheel.target.detection import DETECTION_LIMIT, detect_facts
from whichwheel.target.facts import Fact, Facts
from whichwheel.target.interpreter import Interpreter
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.providers.rules import DetectionFailed, ProviderRules
from whichwheel.target.support import Refusal, Support
from whichwheel.target.target import Target

__all__ = ["ThisMachine", "this_machine"]


class ThisMachine:
    """The machine that we run on.

    :param rules: what the target says of any namespace
    :param environ: the environment variables that detection and overrides go by
    :param limit: seconds that one detection may take
    :raises InvalidOverride: if an override variable cannot be read
    """

    def __init__(
        self,
        rules: ProviderRules,
        environ: Mapping[str, str],
        *,
        limit: float = DETECTION_LIMIT,
    ) -> None:
        self.rules = rules
        self._environ = environ
        self._limit = limit
        # Read at once: a mistyped variable is an error, whatever is asked later.
        self._given: dict[str, tuple[Fact, ...]] = {
            name: provider.overrides(environ) for name, provider in PROVIDERS.items()
        }
        self._found: dict[str, Facts | DetectionFailed] = {}
        self._lock = threading.Lock()

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        """Return the supported properties of a namespace; detects what that needs."""
        return self.rules.support(namespace, provider, self._facts_of)

    def facts(self) -> Facts:
        """Return all facts, detecting what was not asked for yet; failures have none."""
        for provider in PROVIDERS.values():
            self._outcome(provider)
        return self.known_facts()

    def known_facts(self) -> Facts:
        """Return the facts that are known by now, detecting nothing."""
        found = (self._found.get(name) for name in PROVIDERS)
        return Facts().merged(
            fact for facts in found if isinstance(facts, Facts) for fact in facts.values()
        )

    def failures(self) -> Mapping[str, DetectionFailed]:
        """Return the detections that failed, by provider, detecting what was not asked for yet."""
        found = {name: self._outcome(provider) for name, provider in PROVIDERS.items()}
        return {
            name: outcome for name, outcome in found.items() if isinstance(outcome, DetectionFailed)
        }

    def _facts_of(self, provider: KnownProvider) -> Facts:
        outcome = self._outcome(provider)
        if isinstance(outcome, DetectionFailed):
            raise outcome
        return outcome

    def _outcome(self, provider: KnownProvider) -> Facts | DetectionFailed:
        with self._lock:
            if provider.name not in self._found:
                self._found[provider.name] = self._detect(provider)
            return self._found[provider.name]

    def _detect(self, provider: KnownProvider) -> Facts | DetectionFailed:
        given = self._given[provider.name]
        if provider.settled_by and provider.settled_by <= {fact.key for fact in given}:
            return Facts(given)
        try:
            detected = detect_facts(provider, environ=self._environ, limit=self._limit)
        except DetectionFailed as failed:
            return failed
        return detected.merged(given)


def this_machine(
    interpreter: Interpreter,
    *,
    environ: Mapping[str, str] = os.environ,
    enabled: Collection[str] = (),
    properties: VariantProperties | None = None,
    limit: float = DETECTION_LIMIT,
) -> Target:
    """Return this machine, with one interpreter, as a target.

    :param environ: the environment variables; those by which the ecosystem's providers are
        overridden give facts instead of detection
    :param enabled: namespaces whose optional provider is turned on
    :param properties: exact properties that the user gave, by namespace
    :param limit: seconds that one detection may take
    :raises InvalidOverride: if an override variable cannot be read
    """
    rules = ProviderRules(interpreter.environment, dict(properties or {}), frozenset(enabled))
    return Target(
        name="this machine",
        python_version=interpreter.version,
        implementation=interpreter.implementation,
        tags=interpreter.tags,
        environment=interpreter.environment,
        machine=ThisMachine(rules, environ, limit=limit),
    )
