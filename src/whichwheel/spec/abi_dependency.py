"""Builds for different versions of a dependency (providers draft, ABI Dependency)."""

from collections.abc import Iterable, Mapping

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.spec.metadata import Provider
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.properties import VariantProperties

__all__ = [
    "ABI_NAMESPACE",
    "abi_dependencies",
    "abi_order",
    "abi_specifier",
    "is_abi_namespace",
]

#: The namespace that is reserved for it.
ABI_NAMESPACE = "abi_dependency"

_RELEASE = lazy_pattern(r"(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){0,2}")


def is_abi_namespace(namespace: str, providers: Mapping[str, Provider]) -> bool:
    """Whether the properties of a namespace are versions of dependencies.

    The draft reserves the name and lets nobody list it; format 0.2.0 lists it as ``builtin``.

    :param providers: those of the release's metadata, by namespace
    """
    provider = providers.get(namespace)
    if provider is None:
        return namespace == ABI_NAMESPACE
    return provider.builtin == ABI_NAMESPACE


def abi_specifier(value: str) -> SpecifierSet | None:
    """Return the versions that a value stands for, None if it is no release of up to three parts.

    >>> str(abi_specifier("2.9"))
    '==2.9.*'
    """
    return SpecifierSet(f"=={value}.*") if _RELEASE.fullmatch(value) else None


def abi_order(values: Iterable[str]) -> tuple[str, ...]:
    """Return values in order of preference: newest first, and of two that overlap the narrower.

    Those that are no releases are left out.

    >>> abi_order(["2", "2.9", "2.10", "2.9.1"])
    ('2.10', '2.9.1', '2.9', '2')
    """
    releases = {value: _parts(value) for value in values if _RELEASE.fullmatch(value)}
    return tuple(sorted(releases, key=releases.__getitem__, reverse=True))


def _parts(value: str) -> tuple[int, ...]:
    return tuple(map(int, value.split(".")))


def abi_dependencies(
    properties: VariantProperties, providers: Mapping[str, Provider]
) -> dict[NormalizedName, tuple[str, ...]]:
    """Return the releases of each dependency that a build works with; any of them will do.

    :param providers: those of the release's metadata, by namespace
    """
    found: dict[NormalizedName, tuple[str, ...]] = {}
    for namespace, features in properties.items():
        if is_abi_namespace(namespace, providers):
            for feature, values in features.items():
                name = canonicalize_name(feature)
                found[name] = abi_order((*found.get(name, ()), *values))
    return found
