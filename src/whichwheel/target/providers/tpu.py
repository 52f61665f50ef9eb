"""The ``tpu`` namespace: whether there is a Cloud TPU of Google.

The one published property is ``present``, with the values ``true`` and ``false``: a machine
without a TPU supports ``false``, so that a build for machines without one can say so.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.driver_files import file_text, names_in
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    InvalidOverride,
    KnownProvider,
    in_words,
)

__all__ = ["FORCE_PRESENT", "PROVIDER", "facts_of_linux", "properties", "why"]

FORCE_PRESENT = "TPU_VARIANT_PROVIDER_FORCE_PRESENT"

_PRESENT = "tpu.present"
_DEVICES = "tpu.devices"
_BUS = "sys/bus/pci/devices"
_VENDOR = "0x1ae0"

#: Generation by PCI device (JAX, `jax/_src/hardware_utils.py`; gVisor, `pkg/abi/tpu`). The
#: second generation cannot be told from the third; one has no public name.
_GENERATIONS: Mapping[str, str] = {
    "0x0027": "v2 or v3",
    "0x0056": "v4 lite",
    "0x005e": "v4",
    "0x0062": "v5p",
    "0x0063": "v5e",
    "0x006f": "v6e",
    "0x0076": "7x",
}
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def detect(_environ: Mapping[str, str]) -> Facts:
    """Look for TPUs on the PCI bus; no driver is loaded, nobody on the network is asked."""
    return facts_of_linux(Path("/"))


def facts_of_linux(root: Path) -> Facts:
    """Read the devices of the PCI bus.

    :param root: the root of the file system
    """
    found = []
    folder = root / _BUS
    for name in names_in(folder):
        if file_text(folder / name / "vendor").lower() == _VENDOR:
            generation = _GENERATIONS.get(file_text(folder / name / "device").lower())
            if generation is not None:
                found.append(generation)
    source = f"/{_BUS}"
    facts = [Fact(_PRESENT, value=bool(found), origin=Origin.DETECTED, source=source)]
    if found:
        facts.append(Fact(_DEVICES, tuple(found), Origin.DETECTED, source))
    return Facts(facts)


def _present(facts: Facts) -> bool:
    fact = facts.get(_PRESENT)
    return bool(facts.texts(_DEVICES)) if fact is None else fact.value is True


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return ``present`` with the one value that holds."""
    return {"present": ("true" if _present(facts) else "false",)}


def phrase(facts: Facts) -> str:
    """Return the TPUs in words."""
    counted = Counter(facts.texts(_DEVICES))
    chips = ", ".join(f"{count} TPU {name}" for name, count in counted.items())
    words = chips or ("a TPU" if _present(facts) else "no TPU")
    fact = facts.get(_DEVICES) or facts.get(_PRESENT)
    return in_words([(words, Origin.DEFAULT if fact is None else fact.origin)])


def why(facts: Facts, feature: str, value: str) -> str:
    """Say what decides on a value of ``present``."""
    if feature != "present":
        return f"`tpu` has the feature `present`, and no `{feature}`"
    if value not in {"true", "false"}:
        return f"`present` is `true` or `false`, and never `{value}`"
    return f"there is {phrase(facts)}"


def defaults(_environment: Mapping[str, str]) -> Facts:
    """Return that there is no TPU: of a described machine nothing else can be assumed."""
    source = "nothing was said of a TPU"
    return Facts([Fact(_PRESENT, value=False, origin=Origin.DEFAULT, source=source)])


def overrides(environ: Mapping[str, str]) -> tuple[Fact, ...]:
    """Read the variable of the published provider; an empty one counts as absent.

    :raises InvalidOverride: if it holds neither a yes nor a no
    """
    text = environ.get(FORCE_PRESENT, "").strip().lower()
    if not text:
        return ()
    if text not in _TRUE | _FALSE:
        raise InvalidOverride(FORCE_PRESENT, environ[FORCE_PRESENT], "`true` or `false`")
    return (Fact(_PRESENT, value=text in _TRUE, origin=Origin.GIVEN, source=FORCE_PRESENT),)


PROVIDER = KnownProvider(
    name="tpu",
    fields=(
        FactField("present", FactKind.FLAG),
        FactField(
            "devices",
            FactKind.TEXTS,
            re.compile(r"[a-z0-9][a-z0-9 ]{0,30}"),
            "generations of chips as `v5e`, one for each chip",
            per_device=True,
        ),
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    overrides=overrides,
    settled_by=frozenset({_PRESENT}),
    why=why,
)
