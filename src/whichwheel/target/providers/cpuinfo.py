"""The processors' flags in Linux's ``/proc/cpuinfo``."""

from pathlib import Path

__all__ = ["CPUINFO", "flags_of_all", "read_cpuinfo"]

CPUINFO = Path("/proc/cpuinfo")
_LARGEST = 64 * 1024 * 1024


def read_cpuinfo(path: Path = CPUINFO) -> str:
    """Return the text of ``/proc/cpuinfo``.

    :raises OSError: if it cannot be read
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_LARGEST)


def flags_of_all(text: str, key: str) -> tuple[str, ...]:
    """Return the flags that every processor has, in the order of the first.

    A thread may run on any processor, so a flag of only some of them does not count.

    :param text: the content of ``/proc/cpuinfo``
    :param key: the line's name, ``flags`` on x86 and ``Features`` on ARM
    """
    lines: dict[str, None] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() == key:
            lines[value.strip()] = None
    each = [value.split() for value in lines]
    if not each:
        return ()
    common = set(each[0]).intersection(*map(set, each[1:]))
    return tuple(dict.fromkeys(flag for flag in each[0] if flag in common))
