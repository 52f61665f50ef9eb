"""The ``intel`` namespace: the IP versions of the GPUs."""

import re
from collections.abc import Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.gpus import POLICY_FIELD, no_gpu_assumed, per_gpu, policy_of
from whichwheel.target.providers.gpu_words import gpu_called, joined, policy_words, verdict
from whichwheel.target.providers.intel_architectures import DeviceIp, runs_on, values_of
from whichwheel.target.providers.intel_kernel import VARIABLES, identity
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    InvalidOverride,
    KnownProvider,
    in_words,
)

__all__ = ["PROVIDER", "overrides", "properties", "why"]

_NAME = "intel"
_PRESENT = "intel.present"
_DEVICE_IPS = "intel.device_ips"
_KINDS = "intel.kinds"
_KERNEL = "intel.kernel_gpus"
_MASK = "intel.affinity_mask"

_DEVICE_IP = "device_ip"

_FORCE = "INTEL_VARIANT_PROVIDER_FORCE_DEVICE_IP"


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return the IP versions whose code the GPUs run, best first.

    Of several GPUs those count that the policy says.

    :raises InvalidGpuPolicy: if the policy picks a GPU that is not there
    """
    values = policy_of(facts, _NAME).common([values_of(each) for each in facts.texts(_DEVICE_IPS)])
    return {_DEVICE_IP: values} if values else {}


def phrase(facts: Facts) -> str:
    """Return the IP versions in words."""
    devices, present = facts.get(_DEVICE_IPS), facts.get(_PRESENT)
    if devices is not None and facts.texts(_DEVICE_IPS):
        texts = facts.texts(_DEVICE_IPS)
        noun = "device IP" if len(set(texts)) == 1 else "device IPs"
        words = [(f"{noun} {joined(texts)}", devices.origin)]
        return in_words(words + policy_words(facts, _NAME, len(texts)))
    if devices is not None:
        return in_words([("no visible Intel GPU", devices.origin)])
    origin = present.origin if present is not None else Origin.DEFAULT
    is_undriven = _KERNEL in facts and present is not None and present.value is False
    return in_words([("an Intel GPU without driver" if is_undriven else "no Intel GPU", origin)])


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which fact makes a value supported or not: the driver, or the GPU that refuses."""
    if feature != _DEVICE_IP:
        return f"`{feature}` is no feature: there is `{_DEVICE_IP}`"
    devices = facts.texts(_DEVICE_IPS)
    if not devices:
        return _why_nothing(facts)
    if DeviceIp.parse(value) is None:
        return f"`{value}` is no IP version, as `12.55.8` is"
    policy = policy_of(facts, _NAME)
    decided = verdict([value in values_of(device) for device in devices], policy)
    called = gpu_called(facts, _NAME, decided.named, len(devices))
    words = (
        f"{called} has device IP {devices[decided.named]}, and code for {value} runs on"
        f" {joined(runs_on(value), 'or')}{decided.more}"
    )
    kinds = facts.texts(_KINDS)
    others = [index for index, kind in enumerate(kinds) if kind == "discrete"]
    integrated = len(kinds) == len(devices) and kinds[decided.named] == "integrated"
    if decided.refused and policy.each and integrated and others:
        kept = ",".join(map(str, others))
        words += f"; it is part of a processor, and `--gpus {kept}` leaves it out"
    return words


def _why_nothing(facts: Facts) -> str:
    if _DEVICE_IPS in facts:
        mask = facts.text(_MASK)
        more = "" if mask is None else f": `ZE_AFFINITY_MASK` is `{mask}`"
        return f"there is no visible GPU{more}"
    present = facts.get(_PRESENT)
    if present is None or present.value is not False:
        return "the IP versions of the GPUs are not known"
    if present.origin is Origin.DEFAULT:
        return f"no GPU is assumed: {present.source}"
    kernel = facts.texts(_KERNEL)
    if kernel:
        return f"there is {present.source}, though the kernel shows the GPU {joined(kernel)}"
    return f"there is no GPU for programs: {present.source}"


def overrides(environ: Mapping[str, str]) -> tuple[Fact, ...]:
    """Read the override variable; an empty one counts as absent.

    :raises InvalidOverride: if it holds something else than IP versions
    """
    text = environ.get(_FORCE, "").strip()
    if not text:
        return ()
    devices = tuple(each for each in re.split(r"[,;\s]+", text) if each)
    if not devices or any(DeviceIp.parse(device) is None for device in devices):
        raise InvalidOverride(_FORCE, text, "IP versions as `12.55.8` or `20.1.0,12.74.4`")
    return (Fact(_DEVICE_IPS, devices, Origin.GIVEN, _FORCE),)


def defaults(_environment: Mapping[str, str]) -> Facts:
    """Return that there is no GPU: of a described machine nothing else can be assumed."""
    return no_gpu_assumed(_NAME)


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the driver: see `intel_detection`."""
    from whichwheel.target.providers.intel_detection import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


PROVIDER = KnownProvider(
    name=_NAME,
    fields=(
        FactField("present", FactKind.FLAG),
        per_gpu(
            "device_ips",
            r"(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d?)",
            "IP versions as `12.55.8`",
        ),
        FactField("driver_version", FactKind.TEXT),
        per_gpu("gpus", r".{1,200}", "names of GPUs"),
        per_gpu("kinds", r"integrated|discrete", "`integrated` or `discrete`"),
        per_gpu("memory_mib", r"\d{1,9}", "numbers of MiB as `16288`"),
        per_gpu("device_ids", r"0x[0-9a-f]{4}", "PCI devices as `0x56a0`"),
        FactField("kernel_gpus", FactKind.TEXTS, re.compile(r"0x[0-9a-f]{4}"), "PCI devices"),
        FactField("affinity_mask", FactKind.TEXT, re.compile(r".{0,200}")),
        FactField("npu", FactKind.TEXT),
        POLICY_FIELD,
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    overrides=overrides,
    settled_by=frozenset({_DEVICE_IPS}),
    isolated=True,
    why=why,
    variables=VARIABLES,
    identity=identity,
)
