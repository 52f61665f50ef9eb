"""The level of this machine's POWER processor.

None of this ran on real hardware: the tests cover the translation of recorded values.
"""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.cpuinfo import CPUINFO, read_cpuinfo, values_of
from whichwheel.target.providers.processor import LONGEST_MODEL, absent, machine_is

__all__ = ["auxiliary_platform", "detect", "facts_of_linux"]

#: The name of the platform that programs run on, in the auxiliary vector (elf.h).
_AT_PLATFORM = 15
_AUXILIARY = "AT_PLATFORM"

# As `POWER9`, `POWER8E`, `POWER8NVL`, `POWER10 (architected)` and `Power11 (raw)`.
_LEVEL = re.compile(r"power(\d{1,2})", re.IGNORECASE)
_OLDEST = 8


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Find the level of this machine's processor out.

    :raises OSError: if the system does not tell
    """
    del environ  # nothing in it bears on a processor
    if not machine_is("ppc64le"):
        return absent("ppc64le")
    if sys.platform != "linux":
        source = "what every ppc64le has"
        return Facts([Fact("ppc64le.level", "power8", Origin.DEFAULT, source)])
    return facts_of_linux(auxiliary_platform())


def facts_of_linux(platform: str, root: Path = Path("/")) -> Facts:
    """Read what the kernel says of the processor.

    A partition may run in the mode of an older processor. Both the auxiliary vector and
    ``/proc/cpuinfo`` then name the older one, and that is what programs may use.

    :param platform: from the auxiliary vector, as ``power9``; empty where there is none
    :param root: the root of the file system
    :raises OSError: if no level is told
    """
    try:
        models = values_of(read_cpuinfo(root / CPUINFO.relative_to("/")), "cpu")
    except OSError:
        models = ()
    level, source = _level(platform), _AUXILIARY
    if level is None:
        levels = [_level(model) for model in models]
        known = [each for each in levels if each is not None]
        level, source = min(known, default=None), str(CPUINFO)
    if level is None or level < _OLDEST:
        told = ", ".join(f"`{text}`" for text in (platform, *models) if text) or "nothing"
        raise OSError(f"{_AUXILIARY} and {CPUINFO} name no level of POWER: {told}")
    facts = [Fact("ppc64le.level", f"power{level}", Origin.DETECTED, source)]
    if models:
        model = models[0][:LONGEST_MODEL]
        facts.insert(0, Fact("ppc64le.model", model, Origin.DETECTED, str(CPUINFO)))
    return Facts(facts)


def _level(text: str) -> int | None:
    match = _LEVEL.match(text)
    return None if match is None else int(match[1])


def auxiliary_platform() -> str:
    """Return the platform that the kernel tells every program, empty if there is none."""
    import ctypes  # noqa: PLC0415 -- start-up speed

    try:
        ask = ctypes.CDLL(None).getauxval
    except (AttributeError, OSError):
        return ""
    ask.argtypes = [ctypes.c_ulong]
    ask.restype = ctypes.c_char_p
    value = ask(_AT_PLATFORM)
    return value.decode("ascii", "replace") if isinstance(value, bytes) else ""
