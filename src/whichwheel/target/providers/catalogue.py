"""The providers that are built in, by name, package and namespace.

What selection needs to know before it asks one stands here, so that a provider nobody asks for
is not even loaded.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from importlib import import_module

from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Fact
from whichwheel.target.providers.provider import KnownProvider

__all__ = [
    "CATALOGUE",
    "PROVIDERS",
    "CatalogueEntry",
    "ProviderKind",
    "by_namespace",
    "by_package",
    "overrides_of",
]


class ProviderKind(StrEnum):
    """What a provider is about."""

    PROCESSOR = "processor"
    ACCELERATOR = "accelerator"
    SOFTWARE = "software"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What is known of a built-in provider without loading it.

    :param name: its topic among the facts, which is also its usual namespace and the name of
        its module
    :param packages: the normalised names of the packages that it stands for
    :param overrides: the environment variables that give its facts
    """

    name: str
    kind: ProviderKind
    packages: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()


_LISTED = (
    CatalogueEntry(
        "x86_64",
        ProviderKind.PROCESSOR,
        ("x86-64-variant-provider", "provider-variant-x86-64"),
    ),
    CatalogueEntry(
        "aarch64",
        ProviderKind.PROCESSOR,
        ("aarch64-variant-provider", "provider-variant-aarch64"),
    ),
    CatalogueEntry("ppc64le", ProviderKind.PROCESSOR),
    CatalogueEntry("riscv64", ProviderKind.PROCESSOR),
    CatalogueEntry(
        "nvidia",
        ProviderKind.ACCELERATOR,
        ("nvidia-variant-provider", "provider-variant-nvidia"),
        (
            "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION",
            "NV_VARIANT_PROVIDER_FORCE_SM_ARCH",
        ),
    ),
    CatalogueEntry(
        "amd",
        ProviderKind.ACCELERATOR,
        ("amd-variant-provider",),
        ("AMD_VARIANT_PROVIDER_FORCE_GFX_ARCH", "AMD_VARIANT_PROVIDER_FORCE_ROCM_VERSION"),
    ),
    CatalogueEntry(
        "intel",
        ProviderKind.ACCELERATOR,
        ("intel-variant-provider",),
        ("INTEL_VARIANT_PROVIDER_FORCE_DEVICE_IP",),
    ),
    CatalogueEntry(
        "tpu",
        ProviderKind.ACCELERATOR,
        ("tpu-variant-provider",),
        ("TPU_VARIANT_PROVIDER_FORCE_PRESENT",),
    ),
    CatalogueEntry(
        "ascend",
        ProviderKind.ACCELERATOR,
        ("ascend-variant-provider",),
        (
            "ASCEND_VARIANT_PROVIDER_FORCE_NPU_TYPE",
            "ASCEND_VARIANT_PROVIDER_FORCE_DRIVER_VERSION",
            "ASCEND_VARIANT_PROVIDER_FORCE_CANN_VERSION",
        ),
    ),
    CatalogueEntry("metal", ProviderKind.ACCELERATOR),
    CatalogueEntry("vulkan", ProviderKind.ACCELERATOR),
    CatalogueEntry("blas_lapack", ProviderKind.SOFTWARE),
    CatalogueEntry("openmp", ProviderKind.SOFTWARE),
    CatalogueEntry("mpi", ProviderKind.SOFTWARE),
)

#: All built-in providers by name, in the order in which they are shown.
CATALOGUE: Mapping[str, CatalogueEntry] = {entry.name: entry for entry in _LISTED}
_BY_PACKAGE = {package: entry.name for entry in _LISTED for package in entry.packages}


class _Loaded(Mapping[str, KnownProvider]):
    """The built-in providers by name, each loaded when it is asked for."""

    def __getitem__(self, name: str) -> KnownProvider:
        if name not in CATALOGUE:
            raise KeyError(name)
        provider = import_module(f"whichwheel.target.providers.{name}").PROVIDER
        if not isinstance(provider, KnownProvider):
            raise TypeError(name)
        return provider

    def __contains__(self, name: object) -> bool:
        return name in CATALOGUE

    def __iter__(self) -> Iterator[str]:
        return iter(CATALOGUE)

    def __len__(self) -> int:
        return len(CATALOGUE)


#: All built-in providers by name; looking one up loads it.
PROVIDERS: Mapping[str, KnownProvider] = _Loaded()


def by_package(name: str) -> KnownProvider | None:
    """Return the provider that stands for a package.

    :param name: the package's normalised name
    """
    found = _BY_PACKAGE.get(name)
    return None if found is None else PROVIDERS[found]


def by_namespace(namespace: str) -> KnownProvider | None:
    """Return the provider that governs a namespace where the metadata names none."""
    return PROVIDERS.get(namespace)


def overrides_of(environ: Mapping[str, str]) -> Mapping[str, tuple[Fact, ...]]:
    """Return the facts that override variables give, by provider; loads only those concerned.

    :raises InvalidOverride: if one of them cannot be read
    """
    return {
        entry.name: PROVIDERS[entry.name].overrides(environ)
        for entry in _LISTED
        if any(environ.get(variable) for variable in entry.overrides)
    }
