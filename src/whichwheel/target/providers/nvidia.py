"""The ``nvidia`` namespace: the driver's CUDA version and the GPUs' architectures.

Values follow by arithmetic from the driver's CUDA version and the compute capabilities, so
that versions and architectures nobody has heard of yet work like any other.
"""

import re
from collections.abc import Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.gpus import GPU_POLICY, POLICY_FIELD, no_gpu_assumed, per_gpu, policy_of
from whichwheel.target.providers.nvidia_architectures import (
    Architecture,
    Capability,
    runs,
    values_of,
)
from whichwheel.target.providers.nvidia_bounds import (
    CudaVersion,
    lower_bounds,
    upper_bounds,
    why_lower,
    why_upper,
)
from whichwheel.target.providers.nvidia_surroundings import VARIABLES, identity
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    InvalidOverride,
    KnownProvider,
    in_words,
)

__all__ = ["PROVIDER", "overrides", "properties", "why"]

_NAME = "nvidia"
_PRESENT = "nvidia.present"
_CUDA = "nvidia.driver_cuda_version"
_CAPABILITIES = "nvidia.compute_capabilities"
_GPUS = "nvidia.gpus"
_HIDDEN = "nvidia.hidden_gpus"
_POLICY = f"nvidia.{GPU_POLICY}"

_LOWER = "cuda_version_lower_bound"
_UPPER = "cuda_version_upper_bound"
_SM_ARCH = "sm_arch"

_FORCE_CUDA = "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION"
_FORCE_SM = "NV_VARIANT_PROVIDER_FORCE_SM_ARCH"


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return the bounds on the driver's CUDA version and the architectures, all best first.

    Of several GPUs those count that the policy says. Without a driver, or where the GPUs are
    known to be none, nothing is supported; where they are not known at all, only the bounds are.

    :raises InvalidGpuPolicy: if the policy picks a GPU that is not there
    """
    driver = _driver(facts)
    if driver is None or (_CAPABILITIES in facts and not facts.texts(_CAPABILITIES)):
        return {}
    supported = {_LOWER: lower_bounds(driver), _UPPER: upper_bounds(driver)}
    architectures = policy_of(facts, _NAME).common(
        [() if each is None else values_of(each) for each in _capabilities(facts)]
    )
    if architectures:
        supported[_SM_ARCH] = architectures
    return supported


def phrase(facts: Facts) -> str:
    """Return the driver's CUDA version and the GPUs in words."""
    cuda = facts.get(_CUDA)
    if cuda is None:
        present = facts.get(_PRESENT)
        origin = present.origin if present is not None else Origin.DEFAULT
        words = "no GPU" if origin is Origin.DEFAULT else "no NVIDIA driver"
        if present is not None and present.value is True:
            words = "an NVIDIA driver of unknown CUDA version"
        return in_words([(words, origin)])
    parts = [(f"driver CUDA {cuda.value}", cuda.origin)]
    capabilities = facts.get(_CAPABILITIES)
    if capabilities is not None:
        values = list(dict.fromkeys(facts.texts(_CAPABILITIES)))
        if not values:
            words = "no visible GPU"
        elif len(values) == 1:
            words = f"compute capability {values[0]}"
        else:
            words = f"compute capabilities {', '.join(values[:-1])} and {values[-1]}"
        parts.append((words, capabilities.origin))
    policy = facts.get(_POLICY)
    if policy is not None and policy.value != "all" and len(facts.texts(_CAPABILITIES)) > 1:
        words = "any GPU will do" if policy.value == "any" else f"GPUs that count: {policy.value}"
        parts.append((words, policy.origin))
    return in_words(parts)


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which fact makes a value supported or not: of the driver, or of the GPU that refuses."""
    if feature not in {_LOWER, _UPPER, _SM_ARCH}:
        return f"`{feature}` is no feature: there are `{_LOWER}`, `{_UPPER}` and `{_SM_ARCH}`"
    driver = _driver(facts)
    if driver is None or (_CAPABILITIES in facts and not facts.texts(_CAPABILITIES)):
        return _why_nothing(facts)
    if feature == _SM_ARCH:
        return _why_architecture(facts, value)
    return (why_lower if feature == _LOWER else why_upper)(driver, value)


def _why_nothing(facts: Facts) -> str:
    """Say why nothing at all is supported."""
    driver, present = _driver(facts), facts.get(_PRESENT)
    if driver is not None:
        hidden = facts.texts(_HIDDEN)
        more = f": `{facts[_HIDDEN].source}` hides {', '.join(hidden)}" if hidden else ""
        return f"the driver has CUDA {driver}, but there is no visible GPU{more}"
    if present is None or present.value is not False:
        return "the CUDA version of the driver is not known"
    words = "no GPU is assumed" if present.origin is Origin.DEFAULT else "there is no driver"
    return f"{words}: {present.source}"


def _why_architecture(facts: Facts, value: str) -> str:
    code = Architecture.parse(value)
    if code is None:
        return f"`{value}` is no architecture, as `90_real` and `80_virtual` are"
    if _CAPABILITIES not in facts:
        return "the compute capability of the GPUs is not known"
    capabilities = _capabilities(facts)
    policy = policy_of(facts, _NAME)
    counted = policy.served(len(capabilities))
    refusing = [index for index in counted if not _runs(capabilities[index], code)]
    serving = [index for index in counted if index not in refusing]
    named, more = (refusing or serving)[0], ""
    if serving and not policy.each:
        named, more = serving[0], "; one GPU is enough" if refusing else ""
    elif len(counted) > 1 and not (policy.each and refusing):
        more = "; the other GPUs run it too" if serving else "; no other GPU runs it either"
    refused = capabilities[named] if named in refusing else None
    if refused is not None and refused.is_tegra and not code.is_virtual:
        more = "; a Tegra runs no machine code of other GPUs"
    return f"{_gpu(facts, named)}, and {code.needs}{more}"


def _runs(capability: Capability | None, code: Architecture) -> bool:
    return capability is not None and runs(capability, code) and str(code) in values_of(capability)


def _gpu(facts: Facts, index: int) -> str:
    """Name a GPU with its compute capability: ``GPU 1 (NVIDIA L4) has compute capability 8.9``."""
    capabilities, names = facts.texts(_CAPABILITIES), facts.texts(_GPUS)
    # An override variable gives capabilities alone, which need not be those of the names.
    name = f" ({names[index]})" if len(names) == len(capabilities) and names[index] else ""
    return f"GPU {index}{name} has compute capability {capabilities[index]}"


def _driver(facts: Facts) -> CudaVersion | None:
    text = facts.text(_CUDA)
    return None if text is None else CudaVersion.parse(text)


def _capabilities(facts: Facts) -> list[Capability | None]:
    return [Capability.parse(text) for text in facts.texts(_CAPABILITIES)]


def overrides(environ: Mapping[str, str]) -> tuple[Fact, ...]:
    """Read the variables of the published provider; an empty one counts as absent.

    :raises InvalidOverride: if one of them holds something else than it should
    """
    given = []
    text = environ.get(_FORCE_CUDA, "").strip()
    if text:
        version = CudaVersion.parse(text)
        if version is None:
            raise InvalidOverride(_FORCE_CUDA, text, "a CUDA version as `12.8`")
        given.append(Fact(_CUDA, str(version), Origin.GIVEN, _FORCE_CUDA))
    text = environ.get(_FORCE_SM, "").strip()
    if text:
        capability = Capability.parse(text)
        if capability is None:
            raise InvalidOverride(_FORCE_SM, text, "a compute capability as `9.0`")
        given.append(Fact(_CAPABILITIES, (str(capability),), Origin.GIVEN, _FORCE_SM))
    return tuple(given)


def defaults(_environment: Mapping[str, str]) -> Facts:
    """Return that there is no GPU: of a described machine nothing else can be assumed."""
    return no_gpu_assumed(_NAME)


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the driver: see `nvidia_driver`."""
    from whichwheel.target.providers.nvidia_driver import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


PROVIDER = KnownProvider(
    name=_NAME,
    fields=(
        FactField("present", FactKind.FLAG),
        FactField(
            "driver_cuda_version",
            FactKind.TEXT,
            re.compile(r"\d{1,4}(\.\d{1,4})?"),
            "a CUDA version as `12.8`",
        ),
        FactField(
            "compute_capabilities",
            FactKind.TEXTS,
            re.compile(r"[1-9]\d{0,2}\.\d"),
            "compute capabilities as `9.0`",
            needs="driver_cuda_version",
            per_device=True,
        ),
        FactField("driver_version", FactKind.TEXT),
        per_gpu("gpus", r".{1,200}", "names of GPUs"),
        per_gpu("memory_mib", r"\d{1,9}", "numbers of MiB as `81559`"),
        per_gpu("mig", r"on|off|[0-9a-z.+]{2,40}", "`on`, `off`, or MIG profiles as `1g.10gb`"),
        per_gpu("uuids", r"(GPU|MIG)-[0-9A-Za-z/-]{1,80}", "UUIDs as `GPU-8932f937-...`"),
        FactField("hidden_gpus", FactKind.TEXTS),
        FactField("wsl", FactKind.FLAG),
        FactField("jetson", FactKind.TEXT),
        POLICY_FIELD,
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    overrides=overrides,
    settled_by=frozenset({_CUDA, _CAPABILITIES}),
    isolated=True,
    why=why,
    variables=VARIABLES,
    identity=identity,
)
