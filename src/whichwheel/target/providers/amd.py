"""The ``amd`` namespace: the GPUs' targets and the installed ROCm."""

import re
import sys
from collections.abc import Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.gpus import POLICY_FIELD, no_gpu_assumed, per_gpu, policy_of
from whichwheel.target.providers.amd_surroundings import VARIABLES, identity
from whichwheel.target.providers.amd_targets import (
    GENERIC_TARGETS,
    is_integrated,
    is_target,
    values_of,
)
from whichwheel.target.providers.gpu_words import gpu_called, joined, policy_words, verdict
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    InvalidOverride,
    KnownProvider,
    in_words,
)

__all__ = ["PROVIDER", "overrides", "properties", "why"]

_NAME = "amd"
_PRESENT = "amd.present"
_TARGETS = "amd.gfx_archs"
_ROCM = "amd.rocm_version"
_HIDDEN = "amd.hidden_gpus"

_GFX_ARCH = "gfx_arch"
_ROCM_VERSION = "rocm_version"

_FORCE_GFX = "AMD_VARIANT_PROVIDER_FORCE_GFX_ARCH"
_FORCE_ROCM = "AMD_VARIANT_PROVIDER_FORCE_ROCM_VERSION"

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})")
_FORCED_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(\.\d{1,5})?")


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return the targets that the GPUs run code for, best first, and the version of ROCm.

    Of several GPUs those count that the policy says. Where the GPUs are known to be none,
    nothing is supported; where they are not known at all, only ROCm is.

    :raises InvalidGpuPolicy: if the policy picks a GPU that is not there
    """
    if _has_no_gpu(facts):
        return {}
    supported = {}
    values = policy_of(facts, _NAME).common([values_of(each) for each in facts.texts(_TARGETS)])
    if values:
        supported[_GFX_ARCH] = values
    version = facts.text(_ROCM)
    if version is not None:
        supported[_ROCM_VERSION] = (version,)
    return supported


def _has_no_gpu(facts: Facts) -> bool:
    """Whether it is known that programs see no GPU."""
    if facts.texts(_TARGETS):
        return False
    present = facts.get(_PRESENT)
    return _TARGETS in facts or (present is not None and present.value is False)


def phrase(facts: Facts) -> str:
    """Return the targets and ROCm in words."""
    targets, rocm, present = facts.get(_TARGETS), facts.get(_ROCM), facts.get(_PRESENT)
    origin = present.origin if present is not None else Origin.DEFAULT
    if _has_no_gpu(facts):
        words = "no visible AMD GPU" if targets is not None else "no AMD GPU"
        return in_words([(words, targets.origin if targets is not None else origin)])
    parts = []
    if targets is not None:
        parts.append((joined(facts.texts(_TARGETS)), targets.origin))
    if rocm is not None:
        parts.append((f"ROCm {rocm.value}", rocm.origin))
    elif targets is not None:
        parts.append(("no ROCm", targets.origin))
    parts += policy_words(facts, _NAME, len(facts.texts(_TARGETS)))
    return in_words(parts or [("nothing is known of AMD GPUs", origin)])


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which fact makes a value supported or not: of ROCm, or of the GPU that refuses."""
    if feature not in {_GFX_ARCH, _ROCM_VERSION}:
        return f"`{feature}` is no feature: there are `{_GFX_ARCH}` and `{_ROCM_VERSION}`"
    if _has_no_gpu(facts):
        return _why_nothing(facts)
    return (_why_target if feature == _GFX_ARCH else _why_rocm)(facts, value)


def _why_nothing(facts: Facts) -> str:
    if _TARGETS in facts:
        hidden = facts.texts(_HIDDEN)
        more = f": `{facts[_HIDDEN].source}` hides {', '.join(hidden)}" if hidden else ""
        return f"there is no visible GPU{more}"
    present = facts[_PRESENT]
    words = "no GPU is assumed" if present.origin is Origin.DEFAULT else "there is no GPU"
    return f"{words}: {present.source}"


def _why_target(facts: Facts, value: str) -> str:
    runs_on = GENERIC_TARGETS.get(value)
    if runs_on is None and not is_target(value):
        return f"`{value}` is no target, as `gfx942` and `gfx11_generic` are"
    targets = facts.texts(_TARGETS)
    if not targets:
        return "the targets of the GPUs are not known"
    policy = policy_of(facts, _NAME)
    decided = verdict([value in values_of(target) for target in targets], policy)
    target = targets[decided.named]
    called = gpu_called(facts, _NAME, decided.named, len(targets))
    where = joined(runs_on or (value,), "or")
    words = f"{called} is {target}, and code for {value} runs on {where}{decided.more}"
    others = [index for index, each in enumerate(targets) if not is_integrated(each)]
    if decided.refused and policy.each and is_integrated(target) and others:
        kept = ",".join(map(str, others))
        words += f"; it is part of a processor, and `--gpus {kept}` leaves it out"
    return words


def _why_rocm(facts: Facts, value: str) -> str:
    if _VERSION.fullmatch(value) is None:
        return f"`{value}` is no version of ROCm, as `6.4` is"
    rocm = facts.get(_ROCM)
    if rocm is None:
        return f"no installed ROCm was found, and {value} is needed"
    if rocm.value == value:
        return f"ROCm {value} is installed ({rocm.source})"
    return f"ROCm {rocm.value} is installed ({rocm.source}), and exactly {value} is needed"


def overrides(environ: Mapping[str, str]) -> tuple[Fact, ...]:
    """Read the variables of the published provider; an empty one counts as absent.

    :raises InvalidOverride: if one of them holds something else than it should
    """
    given = []
    text = environ.get(_FORCE_GFX, "").strip()
    if text:
        targets = tuple(each for each in re.split(r"[,;\s]+", text.lower()) if each)
        if not targets or not all(map(is_target, targets)):
            raise InvalidOverride(_FORCE_GFX, text, "targets as `gfx942` or `gfx90a,gfx1100`")
        given.append(Fact(_TARGETS, targets, Origin.GIVEN, _FORCE_GFX))
    text = environ.get(_FORCE_ROCM, "").strip()
    if text:
        match = _FORCED_VERSION.fullmatch(text)
        if match is None:
            raise InvalidOverride(_FORCE_ROCM, text, "a version of ROCm as `6.4` or `6.4.1`")
        version = f"{int(match[1])}.{int(match[2])}"
        given.append(Fact(_ROCM, version, Origin.GIVEN, _FORCE_ROCM))
    return tuple(given)


def defaults(_environment: Mapping[str, str]) -> Facts:
    """Return that there is no GPU: of a described machine nothing else can be assumed."""
    return no_gpu_assumed(_NAME)


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the system: see `amd_detection`."""
    from whichwheel.target.providers.amd_detection import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


PROVIDER = KnownProvider(
    name=_NAME,
    fields=(
        FactField("present", FactKind.FLAG),
        per_gpu("gfx_archs", r"gfx\d{1,3}[0-9a-f]{2}", "targets of GPUs as `gfx942`"),
        FactField("rocm_version", FactKind.TEXT, _VERSION, "a version of ROCm as `6.4`"),
        FactField("driver_version", FactKind.TEXT),
        per_gpu("gpus", r".{1,200}", "names of GPUs"),
        per_gpu("memory_mib", r"\d{1,9}", "numbers of MiB as `196592`"),
        per_gpu("uuids", r"GPU-[0-9a-f]{16}", "UUIDs as `GPU-1901fdd6adbc6fe6`"),
        FactField("hidden_gpus", FactKind.TEXTS),
        POLICY_FIELD,
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    overrides=overrides,
    settled_by=frozenset({_TARGETS, _ROCM}),
    # On Linux files are read; on Windows a library of the driver is loaded.
    isolated=sys.platform == "win32",
    why=why,
    variables=VARIABLES,
    identity=identity,
)
