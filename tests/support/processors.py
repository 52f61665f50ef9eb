"""Processors that were recorded on real machines: see the lists in ``tests/data``."""

from collections.abc import Callable
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, FactValue, Origin

__all__ = ["detected", "given", "machine_root", "recorded", "sysctl_of", "values_of"]

_DATA = Path(__file__).parents[1] / "data"


def recorded(folder: str, name: str) -> str:
    """Return a recorded text."""
    return (_DATA / folder / f"{name}.txt").read_text(encoding="utf-8")


def machine_root(root: Path, text: str) -> Path:
    """Write a ``/proc/cpuinfo`` under a folder, which is returned."""
    (root / "proc").mkdir()
    (root / "proc/cpuinfo").write_text(text, encoding="utf-8")
    return root


def sysctl_of(name: str) -> tuple[Callable[[str], str], Callable[[str], int]]:
    """Return what gives the texts and the numbers of a recorded Mac."""
    return values_of(recorded("sysctl", name))


def values_of(text: str) -> tuple[Callable[[str], str], Callable[[str], int]]:
    """Return what gives the texts and the numbers that a ``sysctl -a`` printed."""
    lines = (line.partition(":") for line in text.splitlines())
    values = {name: value.strip() for name, _, value in lines}

    def number(name: str) -> int:
        first = values.get(name, "").split(" ")[0]
        return int(first) if first.lstrip("-").isdigit() else 0

    return (lambda name: values.get(name, "")), number


def detected(key: str, value: FactValue) -> Facts:
    """Return one fact that was detected."""
    return Facts([Fact(key, value, Origin.DETECTED, "a recording")])


def given(**values: FactValue) -> Facts:
    """Return facts of a target file, by their keys with `__` for the dot."""
    return Facts(
        Fact(key.replace("__", "."), value, Origin.GIVEN, "lab.toml")
        for key, value in values.items()
    )
