"""Names of the cores that make 64-bit ARM processors, for people alone.

Nothing is decided by them. The numbers are those of MIDR_EL1 (Arm Architecture Reference
Manual, D24.2; the part numbers stand in each core's technical reference manual), the names
those by which ``lscpu`` of util-linux shows them.
"""

from collections.abc import Mapping

__all__ = ["core_name"]

_ARM: Mapping[int, str] = {
    0xD02: "Cortex-A34",
    0xD03: "Cortex-A53",
    0xD04: "Cortex-A35",
    0xD05: "Cortex-A55",
    0xD06: "Cortex-A65",
    0xD07: "Cortex-A57",
    0xD08: "Cortex-A72",
    0xD09: "Cortex-A73",
    0xD0A: "Cortex-A75",
    0xD0B: "Cortex-A76",
    0xD0C: "Neoverse-N1",
    0xD0D: "Cortex-A77",
    0xD0E: "Cortex-A76AE",
    0xD40: "Neoverse-V1",
    0xD41: "Cortex-A78",
    0xD42: "Cortex-A78AE",
    0xD43: "Cortex-A65AE",
    0xD44: "Cortex-X1",
    0xD46: "Cortex-A510",
    0xD47: "Cortex-A710",
    0xD48: "Cortex-X2",
    0xD49: "Neoverse-N2",
    0xD4A: "Neoverse-E1",
    0xD4B: "Cortex-A78C",
    0xD4C: "Cortex-X1C",
    0xD4D: "Cortex-A715",
    0xD4E: "Cortex-X3",
    0xD4F: "Neoverse-V2",
    0xD80: "Cortex-A520",
    0xD81: "Cortex-A720",
    0xD82: "Cortex-X4",
    0xD83: "Neoverse-V3AE",
    0xD84: "Neoverse-V3",
    0xD85: "Cortex-X925",
    0xD87: "Cortex-A725",
    0xD8E: "Neoverse-N3",
}
_APPLE: Mapping[int, str] = {
    0x022: "Icestorm-M1",
    0x023: "Firestorm-M1",
    0x024: "Icestorm-M1-Pro",
    0x025: "Firestorm-M1-Pro",
    0x028: "Icestorm-M1-Max",
    0x029: "Firestorm-M1-Max",
    0x032: "Blizzard-M2",
    0x033: "Avalanche-M2",
    0x034: "Blizzard-M2-Pro",
    0x035: "Avalanche-M2-Pro",
    0x038: "Blizzard-M2-Max",
    0x039: "Avalanche-M2-Max",
}
_BY_IMPLEMENTER: Mapping[int, tuple[str, Mapping[int, str]]] = {
    0x41: ("Arm", _ARM),
    0x43: ("Cavium", {0x0A1: "ThunderX-88XX", 0x0AF: "ThunderX2-99xx"}),
    0x46: ("Fujitsu", {0x001: "A64FX", 0x003: "MONAKA"}),
    0x48: ("HiSilicon", {0xD01: "TaiShan-v110"}),
    0x4E: ("NVIDIA", {0x003: "Denver 2", 0x004: "Carmel", 0x010: "Olympus"}),
    0x50: ("APM", {0x000: "X-Gene"}),
    0x51: ("Qualcomm", {0x001: "Oryon", 0xC00: "Falkor"}),
    0x61: ("Apple", _APPLE),
    0x6D: ("Microsoft", {0xD49: "Azure-Cobalt-100"}),
    0xC0: ("Ampere", {0xAC3: "Ampere-1", 0xAC4: "Ampere-1a"}),
}


def core_name(implementer: int, part: int) -> str | None:
    """Return what a core is called, or None if it is not known.

    >>> core_name(0x41, 0xD0C)
    'Arm Neoverse-N1'
    """
    maker, parts = _BY_IMPLEMENTER.get(implementer, ("", {}))
    name = parts.get(part)
    if name is None:
        return None
    return name if name.startswith(maker) else f"{maker} {name}"
