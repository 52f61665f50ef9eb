"""The features of 64-bit ARM processors: their names, versions and order of preference.

Names are those of Linux's HWCAPs, wherever a feature was read or written.
"""

from collections.abc import Iterable, Mapping
from functools import cache

__all__ = ["FEATURES", "VERSIONS", "implied_by", "needed_by", "versions_of"]

#: What each version adds to those before it, by what a compiler may emit for it. Left out
#: are features that compilers do not use unasked (DIT), that do no harm where they are switched
#: off (pointer authentication, BTI), and one that kernels hide on purpose (SSBS).
_ADDS: Mapping[str, tuple[str, ...]] = {
    "8a": ("fp", "asimd"),
    "8.1a": ("atomics", "asimdrdm", "crc32"),
    "8.2a": ("dcpop",),
    "8.3a": ("fcma", "jscvt", "lrcpc"),
    "8.4a": ("asimddp", "flagm", "ilrcpc", "uscat"),
    "8.5a": ("dcpodp", "flagm2", "frint", "sb"),
    "8.6a": ("bf16", "ecv", "i8mm"),
    "8.7a": ("afp", "wfxt"),
    "9.0a": ("sve", "sve2"),
    "9.1a": (),
    "9.2a": (),
}
#: Version 9.N holds all of 8.(N+5) (Arm Architecture Reference Manual, A2.1).
_BASES: Mapping[str, tuple[str, ...]] = {
    "8.1a": ("8a",),
    "8.2a": ("8.1a",),
    "8.3a": ("8.2a",),
    "8.4a": ("8.3a",),
    "8.5a": ("8.4a",),
    "8.6a": ("8.5a",),
    "8.7a": ("8.6a",),
    "9.0a": ("8.5a",),
    "9.1a": ("9.0a", "8.6a"),
    "9.2a": ("9.1a", "8.7a"),
}
#: The versions, oldest first.
VERSIONS = tuple(_ADDS)

# After the published provider, newest first.
_AFTER_PUBLISHED = (
    *("sve2p2", "sme2p2", "sveaes2", "svebfscale", "sveeltperm", "svef16mm"),  # version 9.6
    *("smesbitperm", "smeaes", "smesfexpa", "smestmop", "smesmop4"),
    *("cmpbr", "fprcvt", "f8mm8", "f8mm4"),
    *("fpmr", "lut", "faminmax", "f8cvt", "f8fma", "f8dp4", "f8dp2", "f8e4m3", "f8e5m2"),  # 9.5
    *("smelutv2", "smef8f16", "smef8f32", "smesf8fma", "smesf8dp4", "smesf8dp2"),
    *("sve2p1", "sveb16b16", "sme2p1", "smei16i32", "smebi32i32", "smeb16b16", "smef16f16"),  # 9.4
    *("gcs", "cssc", "rprfm", "lrcpc3", "lse128", "poe"),
    *("mops", "hbc"),  # 9.3
    *("smef64f64", "smei16i64", "smefa64", "smef32f32", "smeb16f32", "smef16f32", "smei8i32"),
    *("ebf16", "sveebf16"),
    *("wfxt", "afp", "rpres", "ls64"),  # 8.7
)
# As the published provider has them; two pairs of names that ran into one there
# (`asimdrdmatomics`, `btiecv`) stand as the two features they are.
_PUBLISHED = (
    *("sme2", "sme"),  # after the published provider
    *("sve2", "flagm2", "frint", "sb"),  # Neoverse N2 and V2
    *("bti", "ecv"),  # Apple M2
    *("paca", "pacg", "ssbs"),  # Apple M1
    # Neoverse V1
    *("asimdfhm", "bf16", "dcpodp", "dgh", "dit", "flagm", "i8mm", "ilrcpc", "jscvt", "rng"),
    *("sha3", "sha512", "svebf16", "svei8mm", "uscat"),
    *("asimddp", "lrcpc"),  # Neoverse N1
    *("asimdhp", "dcpop", "fcma", "fphp", "sve"),  # A64FX
    *("asimdrdm", "atomics"),  # ThunderX2
    *("aes", "asimd", "cpuid", "crc32", "evtstrm", "fp", "pmull", "sha1", "sha2"),  # Cortex-A72
)
_LEFT_OUT = (
    *("mte", "mte3"),
    *("sveaes", "svepmull", "svebitperm", "svesha3", "svesm4", "svef64mm", "svef32mm"),
    *("sm4", "sm3"),
)

#: Every name that is a feature, in order of preference.
FEATURES = _AFTER_PUBLISHED + _PUBLISHED + _LEFT_OUT


@cache
def needed_by(version: str) -> tuple[str, ...]:
    """Return the features of a version, with those of all that it builds on, oldest first.

    >>> needed_by("8.1a")
    ('fp', 'asimd', 'atomics', 'asimdrdm', 'crc32')
    """
    found: dict[str, None] = {}
    for base in reversed(_BASES.get(version, ())):
        found.update(dict.fromkeys(needed_by(base)))
    found.update(dict.fromkeys(_ADDS[version]))
    return tuple(found)


def implied_by(version: str | None, *, present: bool) -> tuple[str, ...]:
    """Return the features that a given version, or the mere presence of a processor, implies."""
    if version is not None and version in _ADDS:
        return needed_by(version)
    return _ADDS["8a"] if present else ()


def versions_of(features: Iterable[str]) -> tuple[str, ...]:
    """Return the versions whose features, and those of all they build on, are there; best first.

    >>> versions_of(["fp", "asimd", "crc32", "atomics", "asimdrdm"])
    ('8.1a', '8a')
    """
    known = set(features)
    return tuple(version for version in reversed(VERSIONS) if known.issuperset(needed_by(version)))
