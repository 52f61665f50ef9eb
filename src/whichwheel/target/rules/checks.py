"""The checks of rules: a small fixed vocabulary that looks and never runs anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from whichwheel.spec.values import dataclass
from whichwheel.target.rules.libraries import SEARCH_VARIABLES, find_library, looked_at
from whichwheel.target.rules.places import Place
from whichwheel.target.rules.surroundings import Surroundings
from whichwheel.target.rules.wildcards import matches

__all__ = [
    "Check",
    "CpuFlag",
    "EnvironmentVariable",
    "Evidence",
    "FileExists",
    "FileMatches",
    "Library",
    "RegistryValue",
    "SysfsValue",
]

_LONGEST_VALUE = 4096


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a check holds.

    :param words: what was found and where, as a noun phrase
    :param version: what was seen of a library's version
    """

    words: str
    version: str | None = None


class Check(Protocol):
    """A question about a machine that looking answers.

    No member raises, but for `TimeoutError` where looking takes too long.
    """

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return why it holds, or None if it does not."""

    def wanted(self) -> str:
        """Return what it looks for, as a noun phrase."""

    def variables(self) -> Iterator[str]:
        """Yield the environment variables that the answer depends on."""

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield texts that change when the answer may, beside the variables."""


@dataclass(frozen=True, slots=True)
class FileExists:
    """A file or folder is there."""

    place: Place

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return the first path that is there."""
        for path in surroundings.paths(self.place):
            return Evidence(f"file `{surroundings.shown(path)}`")
        return None

    def wanted(self) -> str:
        """Return what it looks for."""
        return f"file `{self.place}`"

    def variables(self) -> Iterator[str]:
        """Yield those that the path starts with."""
        yield from _variables_of(self.place)

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield the paths that are there."""
        yield from map(str, surroundings.paths(self.place))


@dataclass(frozen=True, slots=True)
class FileMatches:
    """A line of a file, without the space around it, is what a pattern stands for.

    :param pattern: ``*`` and ``?`` in it stand for anything
    """

    place: Place
    pattern: str

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return the first path with such a line near its beginning."""
        for path in surroundings.paths(self.place):
            content = surroundings.read(path)
            if content is None:
                continue
            lines = content.decode("utf-8", "replace").splitlines()
            if any(matches(self.pattern, line.strip()) for line in lines):
                shown = surroundings.shown(path)
                return Evidence(f"file `{shown}` with a line `{self.pattern}`")
        return None

    def wanted(self) -> str:
        """Return what it looks for."""
        return f"file `{self.place}` with a line `{self.pattern}`"

    def variables(self) -> Iterator[str]:
        """Yield those that the path starts with."""
        yield from _variables_of(self.place)

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield when the files changed."""
        yield from map(surroundings.stamp, surroundings.paths(self.place))


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library is where the system's loader or an environment has them.

    :param name: of its file, ``*`` and ``?`` in it stand for anything
    """

    name: str

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return the first library of the name; it is not loaded."""
        found = find_library(surroundings, self.name)
        if found is None:
            return None
        words = f"library `{found.name}` in {surroundings.shown(found.path.parent)}"
        if found.file != found.name:
            words += f" ({found.file})"
        return Evidence(words, found.version)

    def wanted(self) -> str:
        """Return what it looks for."""
        return f"library `{self.name}`"

    def variables(self) -> Iterator[str]:
        """Yield those that say where libraries are."""
        yield from SEARCH_VARIABLES

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield when the folders of libraries changed."""
        yield looked_at(surroundings)


@dataclass(frozen=True, slots=True)
class EnvironmentVariable:
    """An environment variable is set and not empty.

    :param value: what it has to be, ``*`` and ``?`` in it stand for anything
    """

    name: str
    value: str = "*"

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return the variable; never its value, which may be a secret."""
        held = surroundings.environ.get(self.name, "")
        if not held or not matches(self.value, held):
            return None
        return Evidence(self.wanted())

    def wanted(self) -> str:
        """Return what it looks for."""
        return f"environment variable `{self.name}`{_as_value(self.value)}"

    def variables(self) -> Iterator[str]:
        """Yield the variable."""
        yield self.name

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield nothing: variables are seen to already."""
        del surroundings
        yield from ()


@dataclass(frozen=True, slots=True)
class SysfsValue:
    """A file of Linux's ``/sys`` holds a value.

    :param value: what it has to be, ``*`` and ``?`` in it stand for anything
    """

    place: Place
    value: str = "*"

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return the first path with such a value."""
        for path, held in self._held(surroundings):
            if matches(self.value, held):
                return Evidence(f"`{surroundings.shown(path)}`{_as_value(self.value)}")
        return None

    def wanted(self) -> str:
        """Return what it looks for."""
        return f"`{self.place}`{_as_value(self.value)}"

    def variables(self) -> Iterator[str]:
        """Yield nothing."""
        yield from ()

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield the values: their files tell of no change."""
        yield from (f"{path}={held}" for path, held in self._held(surroundings))

    def _held(self, surroundings: Surroundings) -> Iterator[tuple[Path, str]]:
        if surroundings.system != "linux":
            return
        for path in surroundings.paths(self.place):
            if not surroundings.below(path, "/sys"):
                continue
            content = surroundings.read(path, _LONGEST_VALUE)
            if content is not None:
                yield path, content.decode("utf-8", "replace").strip()


@dataclass(frozen=True, slots=True)
class RegistryValue:
    r"""The Windows registry holds a value.

    :param key: as ``HKLM\SOFTWARE\Microsoft``
    :param name: of the value; empty for that of the key itself
    :param value: what it has to be, ``*`` and ``?`` in it stand for anything
    """

    key: str
    name: str = ""
    value: str = "*"

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return that the value is there."""
        held = surroundings.registry(self.key, self.name)
        return None if held is None or not matches(self.value, held) else Evidence(self.wanted())

    def wanted(self) -> str:
        """Return what it looks for."""
        named = f", `{self.name}`" if self.name else ""
        return f"registry key `{self.key}`{named}{_as_value(self.value)}"

    def variables(self) -> Iterator[str]:
        """Yield nothing."""
        yield from ()

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield the value."""
        yield f"{self.key} {self.name}={surroundings.registry(self.key, self.name)}"


@dataclass(frozen=True, slots=True)
class CpuFlag:
    """The processor has a flag, under the name that Linux has for it."""

    flag: str

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return that the processor has it."""
        return Evidence(self.wanted()) if self.flag in surroundings.cpu_flags() else None

    def wanted(self) -> str:
        """Return what it looks for."""
        return f"processor flag `{self.flag}`"

    def variables(self) -> Iterator[str]:
        """Yield nothing."""
        yield from ()

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield nothing: a processor stays until the machine starts anew."""
        del surroundings
        yield from ()


def _variables_of(place: Place) -> Iterator[str]:
    if place.variable is not None:
        yield place.variable
    elif place.base == "~":
        yield from ("HOME", "USERPROFILE")
    elif place.base == "{prefix}":
        yield from ("VIRTUAL_ENV", "CONDA_PREFIX")


def _as_value(value: str) -> str:
    return "" if value == "*" else f" as `{value}`"
