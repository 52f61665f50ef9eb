"""The providers that are built in, by name, package and namespace."""

from collections.abc import Mapping

from whichwheel.target.providers import aarch64, nvidia, x86_64
from whichwheel.target.providers.provider import KnownProvider

__all__ = ["PROVIDERS", "by_namespace", "by_package"]

#: All built-in providers by name.
PROVIDERS: Mapping[str, KnownProvider] = {
    provider.name: provider for provider in (x86_64.PROVIDER, aarch64.PROVIDER, nvidia.PROVIDER)
}
_BY_PACKAGE = {
    package: provider for provider in PROVIDERS.values() for package in provider.packages
}


def by_package(name: str) -> KnownProvider | None:
    """Return the provider that stands for a package.

    :param name: the package's normalised name
    """
    return _BY_PACKAGE.get(name)


def by_namespace(namespace: str) -> KnownProvider | None:
    """Return the provider that governs a namespace where the metadata names none."""
    return PROVIDERS.get(namespace)
