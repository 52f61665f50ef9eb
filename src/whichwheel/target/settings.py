"""What a user says of providers, whatever the machine: by options or in configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from whichwheel.spec.properties import VariantProperties
from whichwheel.target.gpus import GpuPolicy
from whichwheel.target.providers.provider import KnownProvider

__all__ = ["ProviderSettings"]


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What a user says of providers.

    :param properties: exact properties, by namespace; they stand in place of all detection
    :param enabled: the namespaces whose optional provider is turned on
    :param disabled: the namespaces whose provider is turned off
    :param gpus: which of several GPUs have to be served; None where nothing is said
    :param rules: the providers that the user's rules make, by namespace
    """

    properties: VariantProperties = field(default_factory=dict)
    enabled: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    gpus: GpuPolicy | None = None
    rules: Mapping[str, KnownProvider] = field(default_factory=dict)
