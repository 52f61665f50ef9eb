"""The extensions of 64-bit RISC-V processors: reading them, what they imply, the profiles.

Names are those of the ISA manual in lower case, as Linux has them.
"""

import re
from collections.abc import Iterable, Mapping

__all__ = ["FEATURES", "PROFILES", "closure", "extensions_of", "needed_by", "profiles_of"]

#: What each profile adds to the one before it, without what the list below says.
#: Sources: RISC-V Profiles 1.1, "RVA20U64 Mandatory Extensions" and "RVA22U64 Mandatory
#: Extensions"; RVA23 Profiles 1.0, "RVA23U64 Mandatory Extensions".
#:
#: Not asked for are mandatory extensions that no instruction depends on, so that code built for
#: the profile runs without, and which many kernels do not show: properties of memory (ziccif,
#: ziccrse, ziccamoa, zicclsm), sizes (za128rs, za64rs, zic64b), hints that do nothing where they
#: are not known (zihintpause, zihintntl, zicbop), promises about time (zkt, zvkt), and pointer
#: masking (supm), which a program has to ask the kernel for.
_ADDS: Mapping[str, tuple[str, ...]] = {
    "rva20u64": ("i", "m", "a", "f", "d", "c", "zicsr", "zicntr"),
    "rva22u64": ("zihpm", "zba", "zbb", "zbs", "zicbom", "zicboz", "zfhmin"),
    "rva23u64": ("v", "zvfhmin", "zvbb", "zicond", "zimop", "zcmop", "zcb", "zfa", "zawrs"),
}
#: The profiles, oldest first.
PROFILES = tuple(_ADDS)

# What an extension holds besides (RISC-V ISA manual, each extension's chapter). Counters and
# control registers were once part of the base, and Linux shows them for every processor or not
# at all (arch/riscv/kernel/cpufeature.c).
_IMPLIES: Mapping[str, tuple[str, ...]] = {
    "g": ("i", "m", "a", "f", "d", "zicsr", "zifencei"),
    "i": ("zicsr", "zifencei", "zicntr", "zihpm"),
    "m": ("zmmul",),
    "a": ("zaamo", "zalrsc"),
    "q": ("d",),
    "d": ("f",),
    "f": ("zicsr",),
    "b": ("zba", "zbb", "zbs"),
    "c": ("zca",),
    "zcb": ("zca",),
    "zcmop": ("zca",),
    "zacas": ("zaamo",),
    "zabha": ("zaamo",),
    "zfh": ("zfhmin",),
    "v": ("zve64d", "zvl128b"),
    "zve64d": ("zve64f", "d"),
    "zve64f": ("zve64x", "zve32f"),
    "zve64x": ("zve32x", "zvl64b"),
    "zve32f": ("zve32x", "f"),
    "zve32x": ("zicsr", "zvl32b"),
    "zvl1024b": ("zvl512b",),
    "zvl512b": ("zvl256b",),
    "zvl256b": ("zvl128b",),
    "zvl128b": ("zvl64b",),
    "zvl64b": ("zvl32b",),
    "zvfh": ("zvfhmin", "zfhmin"),
    "zvfbfwma": ("zvfbfmin", "zfbfmin"),
    "zvbb": ("zvkb",),
    "zvkn": ("zvkned", "zvknhb", "zvkb", "zvkt"),
    "zvknc": ("zvkn", "zvbc"),
    "zvkng": ("zvkn", "zvkg"),
    "zvks": ("zvksed", "zvksh", "zvkb", "zvkt"),
    "zvksc": ("zvks", "zvbc"),
    "zvksg": ("zvks", "zvkg"),
    "zvknhb": ("zvknha",),
    "zk": ("zkn", "zkr", "zkt"),
    "zkn": ("zbkb", "zbkc", "zbkx", "zkne", "zknd", "zknh"),
    "zks": ("zbkb", "zbkc", "zbkx", "zksed", "zksh"),
}
# Extensions that are there where all of their parts are.
_WHOLES: Mapping[str, tuple[str, ...]] = {
    "a": ("zaamo", "zalrsc"),
    "b": ("zba", "zbb", "zbs"),
}

#: Every extension that is a feature, in order of preference: vectors, then floating point, then
#: integers, each with the newest first; at last what every processor has.
FEATURES = (
    *("zvkng", "zvknc", "zvkn", "zvksg", "zvksc", "zvks", "zvkg"),
    *("zvbb", "zvbc", "zvkb", "zvknhb", "zvknha", "zvkned", "zvksed", "zvksh", "zvkt"),
    *("zvfbfwma", "zvfbfmin", "zvfh", "zvfhmin"),
    *("zvl1024b", "zvl512b", "zvl256b", "zvl128b", "zvl64b", "zvl32b"),
    *("v", "zve64d", "zve64f", "zve64x", "zve32f", "zve32x"),
    *("zfa", "zfbfmin", "zfh", "zfhmin"),
    *("zicfiss", "zicfilp", "zacas", "zabha", "zawrs"),
    *("zcmop", "zimop", "zcb", "zicond", "zihintntl", "zihintpause"),
    *("zk", "zkn", "zks", "zknd", "zkne", "zknh", "zksed", "zksh", "zkr", "zkt"),
    *("zbkb", "zbkc", "zbkx", "zbc"),
    *("b", "zbs", "zbb", "zba"),
    *("zicboz", "zicbop", "zicbom", "ztso", "supm"),
    *("ziccrse", "ziccif", "ziccamoa", "zicclsm", "za64rs", "za128rs", "zic64b"),
    *("zca", "zcd", "zaamo", "zalrsc", "zmmul", "zihpm", "zicntr", "zicsr", "zifencei"),
    *("h", "q", "c", "d", "f", "a", "m", "i"),
)

_ISA = re.compile(r"rv64(?P<letters>[a-z](?:[a-z]|\d+p\d+)*)(?P<more>(?:_[a-z][a-z0-9]*)*)")
_LETTER = re.compile(r"([a-z])(?:\d+p\d+)?")
_VERSION = re.compile(r"\d+p\d+$")
# Old kernels put the modes of the processor among the letters.
_MODES = frozenset("su")


def extensions_of(isa: str) -> tuple[str, ...]:
    """Return the extensions of an ISA string, without versions; none if it is not one.

    >>> extensions_of("rv64imafdc_zicsr_zba1p0")
    ('i', 'm', 'a', 'f', 'd', 'c', 'zicsr', 'zba')
    """
    match = _ISA.fullmatch(isa.strip().lower())
    if match is None:
        return ()
    # The first extension of several letters may follow the letters directly.
    letters, joint, first = match["letters"].partition("z")
    found = [letter for letter in _LETTER.findall(letters) if letter not in _MODES]
    named = [*(joint + first).split("_"), *match["more"].split("_")]
    found += [_VERSION.sub("", name) for name in named if name]
    return tuple(dict.fromkeys(found))


def closure(extensions: Iterable[str]) -> frozenset[str]:
    """Return extensions with all that they hold.

    >>> sorted(closure(["zvl64b", "b"]))
    ['b', 'zba', 'zbb', 'zbs', 'zvl32b', 'zvl64b']
    """
    found: set[str] = set()
    left = list(extensions)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _IMPLIES.get(name, ())
    found.update(whole for whole, parts in _WHOLES.items() if found.issuperset(parts))
    if found.issuperset({"c", "d"}):
        found.add("zcd")
    return frozenset(found)


def needed_by(profile: str) -> tuple[str, ...]:
    """Return what has to be there for a profile, with that of those before it."""
    found: list[str] = []
    for name, added in _ADDS.items():
        found += added
        if name == profile:
            break
    return tuple(found)


def profiles_of(extensions: frozenset[str]) -> tuple[str, ...]:
    """Return the profiles that extensions make up, best first.

    :param extensions: with all that they hold

    >>> profiles_of(closure(extensions_of("rv64gc")))
    ('rva20u64',)
    """
    return tuple(name for name in reversed(PROFILES) if extensions.issuperset(needed_by(name)))
