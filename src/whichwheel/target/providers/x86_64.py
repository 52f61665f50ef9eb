"""The ``x86_64`` namespace: levels and instruction-set extensions of x86-64 processors.

The levels are those of the x86-64 psABI, judged by the processor's flags and not by the
nearest named core. Flags have Linux's names.
"""

import re
from collections.abc import Iterable, Mapping

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.provider import (
    FactField,
    FactKind,
    KnownProvider,
    combined_origin,
    in_words,
)
from whichwheel.target.providers.x86_64_detection import detect

__all__ = ["PROVIDER", "level_of", "properties"]

_V1 = ("mmx", "sse", "sse2")
_V2 = ("cx16", "lahf_lm", "popcnt", "sse3", "sse4_1", "sse4_2", "ssse3")
_V3 = ("abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave")
_V4 = ("avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")

#: What each level adds to the one before it (x86-64 psABI, table of micro-architecture levels;
#: OSXSAVE shows as `xsave`, LZCNT as `abm`).
_LEVELS = {"v1": _V1, "v2": _V2, "v3": _V3, "v4": _V4}

# Features in the order of the published provider, which is newest first by the processor that
# brought them; before them those that came after it was published, which it does not know.
_AFTER_PUBLISHED = (
    "amx_complex",
    "amx_fp16",
    "avx_ne_convert",
    "avx_vnni_int16",
    "avx_vnni_int8",
    "avx_ifma",
    "cmpccxadd",
    "amx_bf16",
    "amx_int8",
    "amx_tile",
    "avx512_fp16",
    "cldemote",
    "serialize",
    "waitpkg",
)
_PUBLISHED = (
    *("avx_vnni", "cppc", "ibrs_enhanced", "tsc_adjust"),  # Zen 5
    "flush_l1d",  # Zen 4
    *("movdir64b", "movdiri"),  # Sapphire Rapids
    # Ice Lake
    *("avx512_bf16", "avx512_bitalg", "avx512_vbmi2", "avx512_vnni", "avx512_vp2intersect"),
    *("avx512_vpopcntdq", "avx512ifma", "avx512vbmi", "rdpid", "sha_ni", "vaes", "vpclmulqdq"),
    *("clwb", "clzero"),  # Skylake with AVX-512
    *_V4,
    *("clflushopt", "gfni", "rdseed", "xsavec", "xsaveopt"),  # Skylake
    "adx",  # Broadwell
    *("avx2", "avx", "bmi2", "bmi1", "abm", "f16c", "fma", "movbe", "xsave"),  # v3
    "rdrand",  # Sandy Bridge
    "aes",  # Westmere
    "pclmulqdq",  # Nehalem
    *("sse4a", "fsgsbase"),  # Steamroller
    *("sse4_2", "sse4_1", "ssse3", "sse3", "cx16", "lahf_lm", "popcnt"),  # v2
    *("sse2", "sse", "mmx"),  # v1
)
_FEATURES = _AFTER_PUBLISHED + _PUBLISHED

_LEVEL = "x86_64.level"
_FLAGS = "x86_64.flags"
_PRESENT = "x86_64.present"


def level_of(flags: Iterable[str]) -> int:
    """Return the highest level whose flags, and those of all below it, are there; 0 for none.

    >>> level_of([*_V1, *_V2])
    2
    """
    known = set(flags)
    level = 0
    for needed in _LEVELS.values():
        if not known.issuperset(needed):
            break
        level += 1
    return level


def _flags(facts: Facts) -> set[str]:
    """Return the flags that were found or given, and those that a given level implies."""
    flags = set(facts.texts(_FLAGS))
    present = facts.get(_PRESENT)
    if flags or (present is not None and present.value is True):
        flags.update(_V1)
    level = facts.text(_LEVEL)
    if level is not None:
        for name, implied in _LEVELS.items():
            flags.update(implied)
            if name == level:
                break
    return flags


def properties(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return ``level``, best first, then every known feature with the value ``on``.

    :param facts: ``x86_64.flags``, ``x86_64.level`` or both; without them nothing is supported
    """
    flags = _flags(facts)
    level = level_of(flags)
    if not level:
        return {}
    levels = tuple(f"v{number}" for number in range(level, 0, -1))
    return {"level": levels} | {name: ("on",) for name in _FEATURES if name in flags}


def phrase(facts: Facts) -> str:
    """Return the level in words."""
    level = level_of(_flags(facts))
    words = f"x86-64-v{level}" if level else "no x86-64 processor"
    return in_words([(words, combined_origin(facts.values()))])


def defaults(environment: Mapping[str, str]) -> Facts:
    """Return level v1 for an x86-64 platform, and no such processor for any other."""
    if environment.get("platform_machine", "").lower() in {"x86_64", "amd64"}:
        return Facts([Fact(_LEVEL, "v1", Origin.DEFAULT, "what every x86-64 processor has")])
    return Facts([Fact(_PRESENT, value=False, origin=Origin.DEFAULT, source="the platform")])


PROVIDER = KnownProvider(
    name="x86_64",
    fields=(
        FactField("present", FactKind.FLAG),
        FactField("level", FactKind.TEXT, re.compile(r"v[1-4]"), "`v1`, `v2`, `v3` or `v4`"),
        FactField("flags", FactKind.TEXTS, re.compile(r"[a-z0-9_.]+"), "flags as Linux has them"),
    ),
    detect=detect,
    properties=properties,
    phrase=phrase,
    defaults=defaults,
)
