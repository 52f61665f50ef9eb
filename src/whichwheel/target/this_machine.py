"""This machine as a target: facts are detected when first asked for, and once."""

from collections.abc import Mapping

from whichwheel.spec.metadata import Provider
from whichwheel.target.detection.detector import Detector
from whichwheel.target.facts import Fact, Facts
from whichwheel.target.gpus import GpuPolicy, with_policy
from whichwheel.target.interpreters.description import Interpreter
from whichwheel.target.outside import OutsideProviders
from whichwheel.target.providers.catalogue import CATALOGUE, PROVIDERS, overrides_of
from whichwheel.target.providers.governing import DetectionFailed, Governance
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.settings import ProviderSettings
from whichwheel.target.support import Refusal, Support
from whichwheel.target.target import Target

__all__ = ["ThisMachine", "this_machine"]


class ThisMachine:
    """The machine that we run on.

    :param governance: what the target says of any namespace
    :param detector: finds facts out
    :param gpus: which of several GPUs have to be served; None for all
    :param gpus_from: where that is said
    :raises InvalidOverride: if an override variable that bears on any answer cannot be read
    """

    def __init__(
        self,
        governance: Governance,
        detector: Detector,
        gpus: GpuPolicy | None = None,
        gpus_from: str = "--gpus",
    ) -> None:
        self.governance = governance
        self._detector = detector
        self.gpus = gpus
        self._gpus_from = gpus_from
        # Read at once: a mistyped variable is an error, whatever is asked later.
        self._given = overrides_of(self._environ_that_bears())

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        """Return the supported properties of a namespace; detects what that needs."""
        return self.governance.support(namespace, provider, self._facts_of)

    def facts(self) -> Facts:
        """Return all facts, detecting what was not asked for yet; failures have none."""
        self._detector.detect_all(
            provider for provider in self._providers().values() if not self._settled(provider)
        )
        return self.known_facts()

    def known_facts(self) -> Facts:
        """Return the facts that are known by now, detecting nothing."""
        facts = Facts()
        for name, provider in self._providers(loaded=True).items():
            outcome = self._detector.known(name)
            if self._settled(provider) or isinstance(outcome, Facts):
                facts = facts.merged(self._facts_of(provider).values())
        return facts

    def overrides(self) -> tuple[Fact, ...]:
        """Return the facts that environment variables give in place of detection."""
        return tuple(fact for facts in self._given.values() for fact in facts)

    def failures(self) -> Mapping[str, DetectionFailed]:
        """Return the detections that failed, by provider, detecting what was not asked for yet."""
        self.facts()
        found = {name: self._detector.known(name) for name in self._providers()}
        return {
            name: outcome for name, outcome in found.items() if isinstance(outcome, DetectionFailed)
        }

    def _providers(self, *, loaded: bool = False) -> dict[str, KnownProvider]:
        """Return the providers whose facts bear on any answer, by name.

        :param loaded: only those that were asked or given facts by now
        """
        answered = self._answered()
        names = [name for name in PROVIDERS if name not in answered]
        if loaded:
            names = [
                name
                for name in names
                if name in self._given or self._detector.known(name) is not None
            ]
        rules = self.governance.rules
        return {name: PROVIDERS[name] for name in names} | dict(rules)

    def _answered(self) -> set[str]:
        """Return the namespaces for which no built-in provider is asked."""
        return {*self.governance.exact, *self.governance.disabled, *self.governance.rules}

    def _environ_that_bears(self) -> Mapping[str, str]:
        """Return the environment without the override variables of providers never asked."""
        answered = self._answered()
        entries = (entry for name, entry in CATALOGUE.items() if name in answered)
        silent = {variable for entry in entries for variable in entry.overrides}
        return {name: value for name, value in self._detector.environ.items() if name not in silent}

    def _settled(self, provider: KnownProvider) -> bool:
        """Whether the given facts leave nothing to detect."""
        given = {fact.key for fact in self._given.get(provider.name, ())}
        return bool(provider.settled_by) and provider.settled_by <= given

    def _facts_of(self, provider: KnownProvider) -> Facts:
        detected = Facts()
        if not self._settled(provider):
            outcome = self._detector.outcome(provider)
            if isinstance(outcome, DetectionFailed):
                raise outcome
            detected = outcome
        facts = detected.merged(self._given.get(provider.name, ()))
        return with_policy(provider, facts, self.gpus, self._gpus_from)


def this_machine(
    interpreter: Interpreter,
    *,
    detector: Detector | None = None,
    settings: ProviderSettings | None = None,
    gpus_from: str = "--gpus",
    outside: OutsideProviders | None = None,
) -> Target:
    """Return this machine, with one interpreter, as a target.

    The environment variables by which the ecosystem's providers are overridden give facts
    instead of detection.

    :param detector: finds facts out; None for one that keeps nothing between runs
    :param settings: what the user says of providers
    :param gpus_from: where these say which GPUs have to be served
    :param outside: the plugin packages and executables that the user trusted
    :raises InvalidOverride: if an override variable that bears on any answer cannot be read
    """
    settings = settings or ProviderSettings()
    governance = Governance(
        interpreter.environment,
        settings.properties,
        settings.enabled,
        settings.disabled,
        settings.rules,
        outside,
    )
    return Target(
        name="this machine",
        python_version=interpreter.version,
        implementation=interpreter.implementation,
        tags=interpreter.tags,
        environment=interpreter.environment,
        machine=ThisMachine(governance, detector or Detector(), settings.gpus, gpus_from),
    )
