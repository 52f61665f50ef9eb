"""The flags of x86-64 processors: their names, levels and order of preference.

Names are those of Linux, wherever a flag was read or written.
"""

from collections.abc import Iterable, Mapping

__all__ = ["FEATURES", "LEVELS", "canonical_flags", "level_of"]

_V1 = ("mmx", "sse", "sse2")
_V2 = ("cx16", "lahf_lm", "popcnt", "sse3", "sse4_1", "sse4_2", "ssse3")
_V3 = ("abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave")
_V4 = ("avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")

#: What each level adds to the one before it (x86-64 psABI, table of micro-architecture levels;
#: OSXSAVE shows as `xsave`, LZCNT as `abm`).
LEVELS: Mapping[str, tuple[str, ...]] = {"v1": _V1, "v2": _V2, "v3": _V3, "v4": _V4}

# Features in the order of the published provider, which is newest first by the processor that
# brought them. Before them those that came after it was published, behind them those that it
# left out, so that what it knows keeps its order.
_AFTER_PUBLISHED = (
    "amx_complex",
    "amx_fp16",
    *("sha512", "sm3", "sm4"),
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
_LEFT_OUT = (
    "pku",
    *("avx512er", "avx512pf"),  # Knights Landing alone
    *("tbm", "fma4", "xop"),  # AMD before Zen alone
    *("3dnowext", "3dnow"),
)

#: Every flag that is a feature, in order of preference.
FEATURES = _AFTER_PUBLISHED + _PUBLISHED + _LEFT_OUT

# Other names of the same flags: in CPUID tables, on macOS, in older kernels, written by hand.
_ALIASES = {
    "pni": "sse3",
    "lzcnt": "abm",
    "sha": "sha_ni",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
    "avx1.0": "avx",
    "lahf": "lahf_lm",
    "clfsopt": "clflushopt",
    "rdwrfsgs": "fsgsbase",
    "tsc_thread_offset": "tsc_adjust",
    "avx512vnni": "avx512_vnni",
    "avx512bitalg": "avx512_bitalg",
    "avx512vbmi2": "avx512_vbmi2",
    "avx512vpopcntdq": "avx512_vpopcntdq",
}


def canonical_flags(flags: Iterable[str]) -> tuple[str, ...]:
    """Return flags under Linux's names, each once, with those that they cannot be without.

    >>> canonical_flags(["sse4.1", "ssse3", "a_flag_of_tomorrow"])
    ('sse4_1', 'ssse3', 'a_flag_of_tomorrow', 'sse3')
    """
    underscored = (flag.replace("-", "_") for flag in flags)
    named = dict.fromkeys(_ALIASES.get(flag, flag) for flag in underscored)
    if "ssse3" in named:
        named["sse3"] = None
    return tuple(named)


def level_of(flags: Iterable[str]) -> int:
    """Return the highest level whose flags, and those of all below it, are there; 0 for none.

    >>> level_of([*_V1, *_V2])
    2
    """
    known = set(flags)
    level = 0
    for needed in LEVELS.values():
        if not known.issuperset(needed):
            break
        level += 1
    return level
