"""What a user says of providers, whatever the machine: by options or in configuration."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Self

from whichwheel.spec.properties import (
    InvalidProperty,
    VariantFeature,
    VariantProperties,
    VariantProperty,
)
from whichwheel.spec.values import dataclass
from whichwheel.target.gpus import GpuPolicy
from whichwheel.target.providers.provider import KnownProvider

__all__ = ["ProviderSettings", "parse_given"]

_PARTS = ("namespace", "feature", "value, value")


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

    def over(self, below: "ProviderSettings") -> Self:
        """Return these settings laid over others: what is said here wins.

        A namespace that is turned on or given properties here is no longer turned off below,
        and the other way round.

        >>> off = ProviderSettings(disabled=frozenset({"amd", "intel"}))
        >>> sorted(ProviderSettings(enabled=frozenset({"amd"})).over(off).disabled)
        ['intel']
        """
        switched = self.enabled | self.disabled | self.properties.keys()
        kept = {
            name: features
            for name, features in below.properties.items()
            if name not in self.disabled
        }
        return type(self)(
            properties={**kept, **self.properties},
            enabled=(below.enabled - self.disabled) | self.enabled,
            disabled=(below.disabled - switched) | self.disabled,
            gpus=self.gpus or below.gpus,
            rules={**below.rules, **self.rules},
        )


def parse_given(texts: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read supported properties as a person writes them on the command line.

    Features and values are in order of preference, that of the texts.

    :param texts: each ``namespace :: feature :: value, value``
    :raises InvalidProperty: if one is not of that form

    >>> parse_given(["x86_64 :: level :: v2, v1", "x86_64 :: avx :: on"])
    {'x86_64': {'level': ('v2', 'v1'), 'avx': ('on',)}}
    """
    given: dict[str, dict[str, tuple[str, ...]]] = {}
    for text in texts:
        parts = [part.strip() for part in text.split("::")]
        if len(parts) != len(_PARTS):
            expected = f"expected {len(_PARTS)} parts ({' :: '.join(_PARTS)})"
            raise InvalidProperty(text.strip(), f"{expected}, found {len(parts)}")
        name, listed = f"{parts[0]} :: {parts[1]}", parts[2]
        feature = VariantFeature.parse(name)
        values = [
            VariantProperty.parse(f"{feature} :: {value.strip()}").value
            for value in listed.split(",")
        ]
        features = given.setdefault(feature.namespace, {})
        features[feature.name] = tuple(dict.fromkeys((*features.get(feature.name, ()), *values)))
    return given
