"""The ``ascend`` namespace: Huawei's Ascend NPUs, their driver and CANN.

Features and values are those of the published provider: ``npu_type`` as ``910b``,
``driver_version`` and ``cann_version`` as ``8.0.rc3``, both exact.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.gpus import POLICY_FIELD, policy_of
from whichwheel.target.providers.driver_files import names_in, stamps
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    InvalidOverride,
    KnownProvider,
    in_words,
)

__all__ = ["OVERRIDES", "PROVIDER", "npu_type", "properties", "why"]

_PRESENT = "ascend.present"
_NPUS = "ascend.npus"
_DRIVER = "ascend.driver_version"
_CANN = "ascend.cann_version"

_VERSION = re.compile(r"\d{1,4}\.\d{1,4}(\.\d{1,4})?(\.rc\d{1,4})?")
_TYPE = re.compile(r"[0-9a-z_.]{1,40}")
# The published provider's reading of names as `910B3`: digits, letters, and no digits behind.
_NAME = re.compile(r"(?P<type>\d+[a-z]*)\d*", re.IGNORECASE)

#: The published provider's variables: the fact that each gives.
OVERRIDES: Mapping[str, str] = {
    "ASCEND_VARIANT_PROVIDER_FORCE_NPU_TYPE": _NPUS,
    "ASCEND_VARIANT_PROVIDER_FORCE_DRIVER_VERSION": _DRIVER,
    "ASCEND_VARIANT_PROVIDER_FORCE_CANN_VERSION": _CANN,
}


def npu_type(name: str) -> str:
    """Return the type of an NPU, as the published provider reads its name.

    >>> npu_type("910B3"), npu_type("310P3"), npu_type("Ascend910PremiumA")
    ('910b', '310p', '910premiuma')
    """
    bare = re.sub(r"^ascend\s*", "", name.strip(), flags=re.IGNORECASE)
    match = _NAME.fullmatch(bare)
    return (match["type"] if match else bare).lower()


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return the types of the NPUs that count, the driver's version and CANN's.

    :raises InvalidGpuPolicy: if one of the NPUs that were picked is not there
    """
    types = [(npu_type(name),) for name in facts.texts(_NPUS)]
    found = {
        "npu_type": policy_of(facts, "ascend").common(types),
        "driver_version": tuple(filter(None, [facts.text(_DRIVER)])),
        "cann_version": tuple(filter(None, [facts.text(_CANN)])),
    }
    return {feature: values for feature, values in found.items() if values}


def phrase(facts: Facts) -> str:
    """Return the NPUs and versions in words."""
    parts = []
    npus = facts.get(_NPUS)
    if npus is not None:
        names = " and ".join(dict.fromkeys(facts.texts(_NPUS))) or "no visible NPU"
        parts.append((f"Ascend {names}" if facts.texts(_NPUS) else names, npus.origin))
    for key, words in ((_DRIVER, "driver"), (_CANN, "CANN")):
        fact = facts.get(key)
        if fact is not None:
            parts.append((f"{words} {fact.value}", fact.origin))
    if not parts:
        present = facts.get(_PRESENT)
        parts.append(("no Ascend NPU", Origin.DEFAULT if present is None else present.origin))
    return in_words(parts)


def why(facts: Facts, feature: str, value: str) -> str:
    """Say which NPU or version decides on a value."""
    if feature == "npu_type":
        names = facts.texts(_NPUS)
        if not names:
            return phrase(facts)
        counted = [(index, names[index]) for index in policy_of(facts, "ascend").served(len(names))]
        for index, name in counted:
            if npu_type(name) != value:
                return f"NPU {index} ({name}) is of type `{npu_type(name)}`"
        return f"every NPU that counts is of type `{value}`"
    keys = {"driver_version": (_DRIVER, "the driver"), "cann_version": (_CANN, "CANN")}
    if feature not in keys:
        return f"`ascend` has no feature `{feature}`"
    key, words = keys[feature]
    held = facts.text(key)
    return f"{words} was not found" if held is None else f"{words} has version {held}"


def detect(environ: Mapping[str, str]) -> Facts:
    """Ask the driver's management library: see `ascend_driver`."""
    from whichwheel.target.providers.ascend_driver import (  # noqa: PLC0415 -- start-up speed
        detect as ask,
    )

    return ask(environ)


def identity(_environ: Mapping[str, str], root: Path = Path("/")) -> tuple[str, ...]:
    """Return what changes with the driver, CANN or the devices."""
    ascend = root / "usr/local/Ascend"
    return (
        *(name for name in names_in(root / "dev") if name.startswith("davinci")),
        *stamps([ascend / "driver/version.info", root / "usr/local/dcmi/libdcmi.so"]),
        *stamps([ascend / "ascend-toolkit/latest", ascend / "cann"]),
    )


def defaults(_environment: Mapping[str, str]) -> Facts:
    """Return that there is no NPU: of a described machine nothing else can be assumed."""
    source = "nothing was said of an Ascend NPU"
    return Facts([Fact(_PRESENT, value=False, origin=Origin.DEFAULT, source=source)])


def overrides(environ: Mapping[str, str]) -> tuple[Fact, ...]:
    """Read the variables of the published provider; an empty one counts as absent.

    :raises InvalidOverride: if one of them holds something else than it should
    """
    given = []
    for variable, key in OVERRIDES.items():
        text = environ.get(variable, "").strip().lower()
        if not text:
            continue
        pattern, expected = (
            (_TYPE, "the type of an NPU as `910b`")
            if key == _NPUS
            else (_VERSION, "a version as `8.0` or `8.0.rc3`")
        )
        if not pattern.fullmatch(text):
            raise InvalidOverride(variable, environ[variable], expected)
        given.append(Fact(key, (text,) if key == _NPUS else text, Origin.GIVEN, variable))
    return tuple(given)


_VERSION_FIELD = "a version as `8.0` or `8.0.rc3`"

PROVIDER = KnownProvider(
    name="ascend",
    fields=(
        FactField("present", FactKind.FLAG),
        FactField(
            "npus",
            FactKind.TEXTS,
            re.compile(r"[0-9A-Za-z][0-9A-Za-z_. ]{0,40}"),
            "names of NPUs as `910B3`",
            per_device=True,
        ),
        FactField("driver_version", FactKind.TEXT, _VERSION, _VERSION_FIELD),
        FactField("cann_version", FactKind.TEXT, _VERSION, _VERSION_FIELD),
        FactField("hidden_npus", FactKind.TEXTS),
        POLICY_FIELD,
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
    overrides=overrides,
    settled_by=frozenset(OVERRIDES.values()),
    isolated=True,
    why=why,
    variables=(
        *("ASCEND_RT_VISIBLE_DEVICES", "ASCEND_TOOLKIT_HOME", "ASCEND_HOME_PATH"),
        "LD_LIBRARY_PATH",
    ),
    identity=identity,
)
