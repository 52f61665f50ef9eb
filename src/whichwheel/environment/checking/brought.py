"""Whether a change brought a second library of one kind; mostly it cannot have."""

from pathlib import Path

from whichwheel.environment.plan import Installed, Plan
from whichwheel.environment.site import Environment
from whichwheel.resolve.axes.axes import SHIPPED_NAMESPACES, Axes
from whichwheel.resolve.resolution import Pin, ResolutionWarning

__all__ = ["brought_runtimes"]

#: What is in the names of all files that a process loads.
_MARKS = (b".so", b".dll", b".dylib")


def brought_runtimes(
    plan: Plan, environment: Environment, axes: Axes | None
) -> tuple[ResolutionWarning, ...]:
    """Return a warning for every axis of which a change brought a second library.

    To be asked when the change is done: what a wheel bundles is known when it is there.

    :param plan: what was done
    :param axes: what the environment agrees on; None for the shipped axes
    """
    pins = {pin.wheel.own.name: pin for pin in (*plan.add, *(each.new for each in plan.replace))}
    namespaces = SHIPPED_NAMESPACES if axes is None else axes.namespaces
    installed = environment.installed()
    if not any(
        _says_something(each, pins[name], namespaces)
        for name, each in installed.items()
        if name in pins
    ):
        return ()
    from whichwheel.environment.checking.runtimes import runtimes_of  # noqa: PLC0415 -- start-up time

    return runtimes_of(installed, frozenset(pins), axes or Axes.shipped())


def _says_something(installed: Installed, pin: Pin, namespaces: frozenset[str]) -> bool:
    """Whether a package may bundle a library, or be built for one."""
    if installed.label is not None:
        properties = pin.choice.properties.get(installed.label)
        if properties is None or not namespaces.isdisjoint(properties):
            return True
    return _names_library(installed.metadata_directory / "RECORD")


def _names_library(record: Path) -> bool:
    try:
        text = record.read_bytes().lower()
    except OSError:
        return False
    return any(mark in text for mark in _MARKS)
