"""Which provider governs a namespace, and what it answers (providers draft, Providers)."""

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from whichwheel.spec.abi_dependency import is_abi_namespace
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.metadata import Provider
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.gpus import GPU_POLICY, InvalidGpuPolicy
from whichwheel.target.outside import OutsideProviders
from whichwheel.target.providers.catalogue import by_namespace, by_package
from whichwheel.target.providers.provider import KnownProvider, combined_origin
from whichwheel.target.support import Refusal, RefusalKind, Support

__all__ = ["DetectionFailed", "Governance"]


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
class Governance:
    """What a target says of any namespace.

    :param environment: its marker values
    :param exact: properties that the user gave, by namespace; one without any has none
    :param enabled: the namespaces whose optional provider the user turned on
    :param disabled: the namespaces whose provider the user turned off
    :param rules: the providers that the user's rules make, by namespace
    :param outside: the plugin packages and executables that the user trusted
    """

    environment: Mapping[str, str]
    exact: VariantProperties = field(default_factory=dict)
    enabled: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    rules: Mapping[str, KnownProvider] = field(default_factory=dict)
    outside: OutsideProviders | None = field(default=None, compare=False)

    def support(
        self,
        namespace: str,
        provider: Provider | None,
        facts_of: Callable[[KnownProvider], Facts],
    ) -> Support | Refusal:
        """Return the supported properties of a namespace, or why there are none.

        In order: what the user turned off is off; so is an optional provider that is not turned
        on, and one whose condition does not hold; static properties rule exclusively; then
        the properties that the user gave; then the user's rule for the namespace; then the
        built-in provider that the package, or without providers the namespace, stands for; then
        a plugin package or an executable that the user trusted.

        :param provider: as in the metadata; None where the format has no providers
        :param facts_of: finds the facts for a built-in provider or a rule, or raises
            `DetectionFailed`
        """
        try:
            self._require_on(namespace, provider)
            if provider is not None and provider.static_properties is not None:
                return self._static(namespace, provider.static_properties)
            if namespace in self.exact:
                return Support(namespace, self.exact[namespace], Origin.GIVEN, "properties (given)")
            known = self.rules.get(namespace)
            if known is None:
                found = self._governing(namespace, provider)
                if not isinstance(found, KnownProvider):
                    return found
                known = found
            facts = facts_of(known)
            features = known.properties(facts)
        except _Refused as refused:
            return Refusal(namespace, refused.kind, refused.message)
        except (DetectionFailed, InvalidGpuPolicy) as failed:
            return Refusal(namespace, RefusalKind.FAILED, failed.message)
        # Which GPUs count is said of them, and makes nothing of what they are less detected.
        origin = combined_origin(
            fact for fact in facts.values() if fact.key != known.key(GPU_POLICY)
        )
        return Support(namespace, features, origin, known.phrase(facts), facts, _why(known, facts))

    def _static(self, namespace: str, properties: Mapping[str, tuple[str, ...]]) -> Support:
        words = "listed in the metadata"
        if namespace in self.exact:
            # Exclusively, says the draft; but what was given is not to vanish unseen.
            words += ", which comes before the properties given"
        return Support(namespace, properties, Origin.GIVEN, words)

    def _require_on(self, namespace: str, provider: Provider | None) -> None:
        if namespace in self.disabled:
            message = f"the provider of `{namespace}` was turned off"
            raise _Refused(RefusalKind.OFF, message)
        if provider is None:
            return
        asked_for = namespace in self.enabled or namespace in self.exact
        if provider.optional and not asked_for:
            message = (
                f"the provider of `{namespace}` is optional and not turned on"
                f" (`--enable {namespace}`)"
            )
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

    def _governing(
        self, namespace: str, provider: Provider | None
    ) -> KnownProvider | Support | Refusal:
        if is_abi_namespace(namespace, {} if provider is None else {namespace: provider}):
            # What else is installed decides, and no machine knows that.
            return Support(namespace, {}, Origin.DEFAULT)
        if provider is not None and provider.builtin is not None:
            message = f"the built-in provider `{provider.builtin}` of `{namespace}` is unknown"
            raise _Refused(RefusalKind.UNKNOWN, message)
        if provider is None:
            known = by_namespace(namespace)
            packages: dict[str, str] = {}
        else:
            packages = self._packages(namespace, provider.requires)
            known = _built_in(namespace, packages)
        if known is not None:
            return known
        outside = self.outside
        if outside is not None:
            answer = outside.support(namespace, provider, tuple(packages.values()))
            if answer is not None:
                return answer
        raise _Refused(RefusalKind.UNKNOWN, _unknown(namespace, provider, packages))

    def _packages(self, namespace: str, requires: tuple[str, ...]) -> dict[str, str]:
        """Return the requirements that hold here, without markers, by normalised name."""
        packages: dict[str, str] = {}
        for text in requires:
            try:
                name, bare, marker = _requirement(text)
                if marker is None or self._evaluate(marker):
                    packages[name] = bare
            except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName):
                message = f"the requirement `{text}` of `{namespace}` cannot be read"
                raise _Refused(RefusalKind.UNKNOWN, message) from None
        if not packages:
            message = f"the provider of `{namespace}` names no package for this environment"
            raise _Refused(RefusalKind.UNKNOWN, message)
        return packages


def _why(known: KnownProvider, facts: Facts) -> Callable[[str, str], str] | None:
    explain = known.why
    if explain is None:
        return None
    return lambda feature, value: explain(facts, feature, value)


def _built_in(namespace: str, packages: Mapping[str, str]) -> KnownProvider | None:
    """Return the one built-in provider that all packages stand for, if there is one."""
    found = [by_package(package) for package in packages]
    providers = {known.name: known for known in found if known is not None}
    if len(providers) > 1:
        message = f"the packages {_quoted(packages)} of `{namespace}` are different providers"
        raise _Refused(RefusalKind.UNKNOWN, message)
    if None in found:
        return None
    return next(iter(providers.values()))


def _unknown(namespace: str, provider: Provider | None, packages: Mapping[str, str]) -> str:
    if provider is None:
        return f"no provider is known for the namespace `{namespace}`"
    unknown = [package for package in packages if by_package(package) is None]
    nouns = ("package", "is") if len(unknown) == 1 else ("packages", "are")
    return (
        f"the provider {nouns[0]} {_quoted(unknown)} of `{namespace}` {nouns[1]} not built in"
        f" (`whichwheel providers trust {unknown[0]}`)"
    )


def _quoted(names: Mapping[str, str] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# Every release of a project repeats the same few texts.
@lru_cache(maxsize=256)
def _marker(text: str) -> Marker:
    return Marker(text)


@lru_cache(maxsize=256)
def _requirement(text: str) -> tuple[str, str, Marker | None]:
    requirement = Requirement(text)
    marker, requirement.marker = requirement.marker, None
    return canonicalize_name(requirement.name), str(requirement), marker
