"""What Linux's ``/proc/cpuinfo`` says of the processors."""

from collections.abc import Iterator
from pathlib import Path

__all__ = [
    "CPUINFO",
    "common",
    "entries",
    "flags_of_all",
    "read_cpuinfo",
    "values_of",
]

CPUINFO = Path("/proc/cpuinfo")
_LARGEST = 64 * 1024 * 1024


def read_cpuinfo(path: Path = CPUINFO) -> str:
    """Return the text of ``/proc/cpuinfo``.

    :raises OSError: if it cannot be read
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_LARGEST)


def entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of all lines, in their order.

    :param text: the content of ``/proc/cpuinfo``
    """
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def values_of(text: str, key: str) -> tuple[str, ...]:
    """Return the different values of a line, in the order of the processors.

    :param text: the content of ``/proc/cpuinfo``
    :param key: the line's name
    """
    # Hundreds of processors say the same: only lines of that name are taken apart.
    found: dict[str, None] = {}
    for line in text.splitlines():
        if line.startswith(key):
            name, colon, value = line.partition(":")
            if colon and name.rstrip() == key:
                found[value.strip()] = None
    return tuple(value for value in found if value)


def common(each: list[list[str]]) -> tuple[str, ...]:
    """Return what all lists hold, in the order of the first.

    A thread may run on any processor, so what only some of them have does not count.

    >>> common([["sse", "avx", "avx2"], ["avx", "sse"]])
    ('sse', 'avx')
    """
    if not each:
        return ()
    shared = set(each[0]).intersection(*map(set, each[1:]))
    return tuple(dict.fromkeys(flag for flag in each[0] if flag in shared))


def flags_of_all(text: str, key: str) -> tuple[str, ...]:
    """Return the flags that every processor has, in the order of the first.

    :param text: the content of ``/proc/cpuinfo``
    :param key: the line's name, ``flags`` on x86 and ``Features`` on ARM
    """
    return common([value.split() for value in values_of(text, key)])
