"""The rules by which a namespace's provider is found and asked (providers draft, Providers)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.metadata import Provider
from whichwheel.spec.properties import VariantProperties
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.providers.catalogue import by_namespace, by_package
from whichwheel.target.providers.provider import KnownProvider, combined_origin
from whichwheel.target.support import Refusal, RefusalKind, Support

__all__ = ["DetectionFailed", "ProviderRules"]

_ABI_DEPENDENCY = "abi_dependency"


class DetectionFailed(WhichwheelError):
    """A provider could not find out what this machine supports.

    :param provider: the provider's name
    :param why: what happened
    """

    def __init__(self, provider: str, why: str) -> None:
        super().__init__(
            f"the detection of `{provider}` failed: {why}",
            hint="describe the machine in a target file, or give the facts by override variables",
        )
        self.provider = provider
        self.why = why


class _Refused(Exception):
    """Ends the search for a provider."""

    def __init__(self, kind: RefusalKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True, slots=True)
class ProviderRules:
    """What a target says of any namespace.

    :param environment: its marker values
    :param exact: properties that the user gave, by namespace
    :param enabled: the namespaces whose optional provider the user turned on
    """

    environment: Mapping[str, str]
    exact: VariantProperties = field(default_factory=dict)
    enabled: frozenset[str] = frozenset()

    def support(
        self,
        namespace: str,
        provider: Provider | None,
        facts_of: Callable[[KnownProvider], Facts],
    ) -> Support | Refusal:
        """Return the supported properties of a namespace, or why there are none.

        In order: an optional provider that is not turned on, and one whose condition does not
        hold, are off; static properties rule exclusively; then those that the user gave; then
        the built-in provider that the package, or without providers the namespace, stands for.

        :param provider: as in the metadata; None where the format has no providers
        :param facts_of: finds the facts for a built-in provider, or raises `DetectionFailed`
        """
        try:
            if provider is not None:
                self._require_on(namespace, provider)
                if provider.static_properties is not None:
                    words = "listed in the metadata"
                    return Support(namespace, provider.static_properties, Origin.GIVEN, words)
            if namespace in self.exact:
                return Support(namespace, self.exact[namespace], Origin.GIVEN, "properties (given)")
            known = self._known(namespace, provider)
            facts = facts_of(known)
        except _Refused as refused:
            return Refusal(namespace, refused.kind, refused.message)
        except DetectionFailed as failed:
            return Refusal(namespace, RefusalKind.FAILED, failed.message)
        origin = combined_origin(facts.values())
        return Support(namespace, known.properties(facts), origin, known.phrase(facts))

    def _require_on(self, namespace: str, provider: Provider) -> None:
        if provider.optional and namespace not in self.enabled:
            message = f"the provider of `{namespace}` is optional and not turned on"
            raise _Refused(RefusalKind.OFF, message)
        condition = provider.enable_if
        if condition is not None and not self._holds(namespace, condition):
            message = f"the provider of `{namespace}` is off here: `{condition}` does not hold"
            raise _Refused(RefusalKind.OFF, message)

    def _holds(self, namespace: str, condition: str) -> bool:
        try:
            return self._evaluate(_marker(condition))
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
            message = f"the condition `{condition}` of `{namespace}` is not a usable marker"
            raise _Refused(RefusalKind.FAILED, message) from None

    def _evaluate(self, marker: Marker) -> bool:
        return marker.evaluate({**self.environment, "extra": ""})

    def _known(self, namespace: str, provider: Provider | None) -> KnownProvider:
        if namespace == _ABI_DEPENDENCY or (
            provider is not None and provider.builtin == _ABI_DEPENDENCY
        ):
            message = f"the dependency ABIs that `{namespace}` names are not judged yet"
            raise _Refused(RefusalKind.UNKNOWN, message)
        if provider is None:
            known = by_namespace(namespace)
            if known is None:
                message = f"no provider is known for the namespace `{namespace}`"
                raise _Refused(RefusalKind.UNKNOWN, message)
            return known
        if provider.builtin is not None:
            message = f"the built-in provider `{provider.builtin}` of `{namespace}` is unknown"
            raise _Refused(RefusalKind.UNKNOWN, message)
        return self._by_requirements(namespace, provider.requires)

    def _by_requirements(self, namespace: str, requires: tuple[str, ...]) -> KnownProvider:
        packages = self._packages(namespace, requires)
        if not packages:
            message = f"the provider of `{namespace}` names no package for this environment"
            raise _Refused(RefusalKind.UNKNOWN, message)
        found = {package: by_package(package) for package in packages}
        unknown = [package for package, known in found.items() if known is None]
        if unknown:
            listed = ", ".join(f"`{package}`" for package in unknown)
            noun = "package" if len(unknown) == 1 else "packages"
            message = f"the provider {noun} {listed} of `{namespace}` is not built in"
            if len(unknown) > 1:
                message = message.replace(" is not built in", " are not built in")
            raise _Refused(RefusalKind.UNKNOWN, message)
        providers = {known.name: known for known in found.values() if known is not None}
        if len(providers) > 1:
            listed = ", ".join(f"`{package}`" for package in packages)
            message = f"the packages {listed} of `{namespace}` are different providers"
            raise _Refused(RefusalKind.UNKNOWN, message)
        return next(iter(providers.values()))

    def _packages(self, namespace: str, requires: tuple[str, ...]) -> list[str]:
        packages: dict[str, None] = {}
        for text in requires:
            try:
                name, marker = _requirement(text)
                if marker is None or self._evaluate(marker):
                    packages[name] = None
            except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName):
                message = f"the requirement `{text}` of `{namespace}` cannot be read"
                raise _Refused(RefusalKind.UNKNOWN, message) from None
        return list(packages)


# Every release of a project repeats the same few texts.
@lru_cache(maxsize=256)
def _marker(text: str) -> Marker:
    return Marker(text)


@lru_cache(maxsize=256)
def _requirement(text: str) -> tuple[str, Marker | None]:
    requirement = Requirement(text)
    return canonicalize_name(requirement.name), requirement.marker
