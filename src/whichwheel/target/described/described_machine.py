"""A machine that a file describes: facts are as given, and nothing is ever detected."""

from collections.abc import Collection

from whichwheel.spec.metadata import Provider
from whichwheel.target.facts import Fact, Facts
from whichwheel.target.gpus import GpuPolicy, with_policy
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.governing import Governance
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.support import Refusal, Support

__all__ = ["DescribedMachine"]


class DescribedMachine:
    """The machine behind a target file.

    :param governance: what the target says of any namespace
    :param given: the facts of the file; a provider without any gets its defaults
    :param gpus: which of several GPUs have to be served; None for all
    :param gpus_from: where that is said
    """

    def __init__(
        self,
        governance: Governance,
        given: Collection[Fact],
        *,
        gpus: GpuPolicy | None = None,
        gpus_from: str = "",
    ) -> None:
        self.governance = governance
        self.gpus = gpus
        self._gpus_from = gpus_from
        self._facts: dict[str, Facts] = {}
        facts = Facts(given)
        self._given = {
            topic: facts.topic(topic) for topic in dict.fromkeys(_topic(key) for key in facts)
        }

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        """Return the supported properties of a namespace."""
        return self.governance.support(namespace, provider, self._facts_of)

    def facts(self) -> Facts:
        """Return all facts, those that are defaults included."""
        settled = {*self.governance.exact, *self.governance.disabled}
        providers = {name: PROVIDERS[name] for name in PROVIDERS if self._bears(name, settled)}
        providers |= {
            name: rule for name, rule in self.governance.rules.items() if self._bears(name, settled)
        }
        for provider in providers.values():
            self._facts_of(provider)
        found = (self._facts[name] for name in providers)
        return Facts().merged(fact for facts in found for fact in facts.values())

    def known_facts(self) -> Facts:
        """Return the facts that are given or were asked for; no provider is loaded for them."""
        known = {**self._given, **self._facts}
        return Facts().merged(fact for facts in known.values() for fact in facts.values())

    def _bears(self, name: str, settled: Collection[str]) -> bool:
        """Whether facts are given, or defaults have to be assumed."""
        return name in self._given or name not in settled

    def _facts_of(self, provider: KnownProvider) -> Facts:
        name = provider.name
        if name not in self._facts:
            facts = self._given.get(name) or provider.defaults(self.governance.environment)
            self._facts[name] = with_policy(provider, facts, self.gpus, self._gpus_from)
        return self._facts[name]


def _topic(key: str) -> str:
    return key.partition(".")[0]
