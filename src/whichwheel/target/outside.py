"""The port to providers that are not built in: code of others that the user trusted by name."""

from collections.abc import Sequence
from typing import Protocol

from whichwheel.spec.metadata import Provider
from whichwheel.target.support import Refusal, Support

__all__ = ["OutsideProviders"]


class OutsideProviders(Protocol):
    """Plugin packages and executables.

    Nothing is installed or run that the user did not trust by name. No member raises for
    anything that a provider does wrong: that is a `Refusal`.
    """

    def support(
        self, namespace: str, provider: Provider | None, packages: Sequence[str]
    ) -> Support | Refusal | None:
        """Return the answer of the trusted provider of a namespace, or None if there is none.

        :param provider: as in the metadata; None where the format has no providers
        :param packages: the requirements of ``provider`` that hold on this machine, as texts
            without markers
        """
        ...

    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces that trusted providers are known to answer for."""
        ...
