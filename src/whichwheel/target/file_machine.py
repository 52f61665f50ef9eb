"""A machine that a file describes: facts are as given, and nothing is ever detected."""

from collections.abc import Collection

from whichwheel.spec.metadata import Provider
from whichwheel.target.facts import Fact, Facts
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.governing import Governance
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.support import Refusal, Support

__all__ = ["DescribedMachine"]


class DescribedMachine:
    """The machine behind a target file.

    :param governance: what the target says of any namespace
    :param given: the facts of the file; a provider without any gets its defaults
    """

    def __init__(self, governance: Governance, given: Collection[Fact]) -> None:
        self.governance = governance
        facts = Facts(given)
        self._facts = {
            name: facts.topic(name) or provider.defaults(governance.environment)
            for name, provider in PROVIDERS.items()
        }

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        """Return the supported properties of a namespace."""
        return self.governance.support(namespace, provider, self._facts_of)

    def facts(self) -> Facts:
        """Return all facts, those that are defaults included."""
        return Facts().merged(fact for facts in self._facts.values() for fact in facts.values())

    def known_facts(self) -> Facts:
        """Return all facts: a file is read whole."""
        return self.facts()

    def _facts_of(self, provider: KnownProvider) -> Facts:
        return self._facts[provider.name]
