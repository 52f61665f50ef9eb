"""This machine as a target: facts are detected when first asked for, and once."""

from collections.abc import Mapping

from whichwheel.spec.metadata import Provider
from whichwheel.target.detection.detector import Detector
from whichwheel.target.facts import Facts
from whichwheel.target.gpus import GpuPolicy, with_policy
from whichwheel.target.interpreters.interpreter import Interpreter
from whichwheel.target.outside import OutsideProviders
from whichwheel.target.providers.catalogue import PROVIDERS, overrides_of
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
    :raises InvalidOverride: if an override variable cannot be read
    """

    def __init__(
        self, governance: Governance, detector: Detector, gpus: GpuPolicy | None = None
    ) -> None:
        self.governance = governance
        self._detector = detector
        self.gpus = gpus
        # Read at once: a mistyped variable is an error, whatever is asked later.
        self._given = overrides_of(detector.environ)

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
        settled = {*self.governance.exact, *self.governance.disabled, *self.governance.rules}
        names = [name for name in PROVIDERS if name not in settled]
        if loaded:
            names = [
                name
                for name in names
                if name in self._given or self._detector.known(name) is not None
            ]
        rules = self.governance.rules
        return {name: PROVIDERS[name] for name in names} | dict(rules)

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
        return with_policy(provider, facts, self.gpus, "--gpus")


def this_machine(
    interpreter: Interpreter,
    *,
    detector: Detector | None = None,
    settings: ProviderSettings | None = None,
    outside: OutsideProviders | None = None,
) -> Target:
    """Return this machine, with one interpreter, as a target.

    The environment variables by which the ecosystem's providers are overridden give facts
    instead of detection.

    :param detector: finds facts out; None for one that keeps nothing between runs
    :param settings: what the user says of providers
    :param outside: the plugin packages and executables that the user trusted
    :raises InvalidOverride: if an override variable cannot be read
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
        machine=ThisMachine(governance, detector or Detector(), settings.gpus),
    )
