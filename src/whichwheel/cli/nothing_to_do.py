"""Installs that had nothing to do, known again without looking for anything to do.

Scripts, images and jobs ask for the same packages time after time, and nearly always there is
nothing to do. To find that out takes reading all that is installed and comparing it with what is
asked for: most of the time goes into loading what does so. A run that changed nothing, and asked
neither an index nor a user, follows from what it looked at, which is little:

- its command line, folder and variables, the system, and our own files and Python;
- the files of configuration, rules and overlays, and the places where a nearer one may appear;
- the interpreter, found at a place and not by searching for a version, and its environment:
  the folders that packages are in, and the metadata of each.

It leaves a note of these, by which the next one is answered before anything is loaded, in a tenth
of the time: 27 ms instead of 290. What else an answer may depend on leaves no note: builds chosen
for this machine, files of requirements, a wish to look again. A note that is missing, damaged or of
other circumstances only costs the time that it would have saved.

This module is imported before any other, and imports only what every Python has loaded.
"""

import os
import sys
import time
from hashlib import sha256

from whichwheel._folders import system_config, user_cache, user_config
from whichwheel._version import __version__

# Type checkers take this name for true; importing `typing` would cost half of a short run.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whichwheel.cli.console import Console
    from whichwheel.environment.plan import Installed, Plan
    from whichwheel.environment.site import Environment

__all__ = ["FOLDER", "Run", "known_answer"]

#: The folder of the cache that holds the notes; another format will have another name.
FOLDER = "settled-1"

_COMMAND = "install"
#: Variables that shells change all the time, and nobody here reads.
_VOLATILE = frozenset({"_", "SHLVL", "OLDPWD", "PWD"})
#: What is asked for on purpose is looked up, and so is what is kept elsewhere.
_LOOK = (
    *("--cache-dir", "--no-cache", "--refresh", "--reinstall", "--force-reinstall", "--system"),
    *("--overlay", "--json", "--dry-run", "--report"),
)
#: The same, said by variables.
_LOOK_FOR = ("CACHE_DIR", "NO_CACHE", "SYSTEM", "OVERLAY")
_FILE_NAMES = ("whichwheel.toml", "pyproject.toml")
_LARGEST = 16 * 1024 * 1024
#: How much earlier than a run a file must have changed last, in nanoseconds: clocks of file
#: systems tick slowly.
_TICK = 100_000_000


def known_answer(arguments: "Sequence[str]") -> str | None:
    """Return what an earlier run said that had nothing to do, if this one has nothing to do.

    :param arguments: the command line
    :return: a line, empty if nothing was to be said; None if it has to be looked at
    """
    if not _is_told(arguments):
        return None
    try:
        with open(_place(arguments), encoding="utf-8") as file:  # noqa: PTH123 -- start-up time
            said, circumstances, *seen = file.read(_LARGEST).split("\n")
    except (OSError, ValueError):
        return None
    if circumstances != _circumstances():
        return None
    for line in seen:
        state, _, path = line.partition(" ")
        if not path or _state(path) != state:
            return None
    return said


class Run:
    """One run, from before it looked at anything.

    :param arguments: its command line
    """

    def __init__(self, arguments: "Sequence[str]") -> None:
        self._arguments = tuple(arguments)
        self._started = time.time_ns()

    def keep(
        self,
        environment: "Environment",
        every: "Sequence[Installed]",
        plan: "Plan",
        console: "Console",
    ) -> None:
        """Leave a note that it had nothing to do.

        Builds that depend on this machine are looked at each time. A note that cannot be written
        is no error.

        :param every: everything that is installed, as the run saw it
        :param plan: an empty one
        :param console: whether anything else was said
        """
        if not _is_told(self._arguments) or console.has_told or console.verbose or console.json:
            return
        from whichwheel.report.plan_report import summary  # noqa: PLC0415 -- start-up time

        if not all(map(_is_plain, every)):
            return
        try:
            seen = [*_configuration_paths(), *_environment_paths(environment, every)]
        except OSError:
            return  # another run changes the environment meanwhile
        said = "" if console.quiet else summary(plan, done=True)
        lines = [said, _circumstances()]
        for path in dict.fromkeys(seen):
            state = _state(path)
            changed = int(state.partition(",")[0])
            if "\n" in path or changed > self._started - _TICK:
                return
            lines.append(f"{state} {path}")
        _write(_place(self._arguments), "\n".join(lines))


def _is_told(arguments: "Sequence[str]") -> bool:
    """Whether a command line may be answered by a note."""
    if not arguments or arguments[0] != _COMMAND:
        return False
    return not any(word.startswith(_LOOK) for word in arguments) and not (
        any(f"WHICHWHEEL_{name}" in os.environ for name in _LOOK_FOR)
    )


def _place(arguments: "Sequence[str]") -> str:
    told = [__version__, sys.executable, sys.version, os.getcwd(), *arguments]  # noqa: PTH109
    name = sha256("\0".join(told).encode(errors="surrogatepass")).hexdigest()[:32]
    return os.sep.join((user_cache(), FOLDER, name))  # noqa: PTH118 -- start-up time


def _circumstances() -> str:
    """Return a digest of all that a run depends on, and that is no file."""
    told = [f"{key}={text}" for key, text in sorted(os.environ.items()) if key not in _VOLATILE]
    # Markers may ask for the release of the system.
    told += [sys.platform, *(os.uname() if hasattr(os, "uname") else ())]
    told.append(str(os.path.getmtime(__file__)))  # noqa: PTH204 -- start-up time
    told.append("to a terminal" if sys.stdout.isatty() else "")
    return sha256("\0".join(told).encode(errors="surrogatepass")).hexdigest()


def _state(path: str) -> str:
    """Return what changes with a file or folder: never twice the same for two states of it."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- start-up time
    except FileNotFoundError:
        return "0"
    except OSError:
        return "1"
    return f"{found.st_mtime_ns},{found.st_size},{found.st_ino}"


def _is_plain(installed: "Installed") -> bool:
    return (
        installed.metadata_directory.suffix == ".dist-info"
        and installed.label is None
        and installed.stand_in is None
        and installed.rewritten is None
        and not installed.editable
    )


def _configuration_paths() -> "Iterable[str]":
    """Yield all places at which configuration, overlays and environments may be, or may not."""
    from pathlib import Path  # noqa: PLC0415 -- only when a note is made

    from whichwheel.choose.overlay_reading import configured_overlays  # noqa: PLC0415 -- the same
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- the same

    folders = [Path(user_config()), Path(system_config())]
    here = Path.cwd()
    for within in (here, *here.parents):
        yield str(within / ".venv" / "pyvenv.cfg")
    for within in (here, *here.parents, *folders):
        yield from (str(within / name) for name in _FILE_NAMES)
    for folder in folders:
        for inside in (folder / "rules", folder / "overlays"):
            yield str(inside)
            yield from map(str, sorted(inside.glob("*")))
    configuration = open_configuration()
    if configuration.read:
        yield from map(str, configured_overlays(configuration).files)


def _environment_paths(environment: "Environment", every: "Iterable[Installed]") -> "Iterable[str]":
    """Yield all of an environment that an install looks at before it changes anything."""
    executable = environment.interpreter.executable
    yield str(executable)
    yield str(executable.parent.parent / "pyvenv.cfg")
    yield from map(str, environment.site_folders)
    for each in every:
        yield str(each.metadata_directory)
        with os.scandir(each.metadata_directory) as entries:
            yield from (entry.path for entry in entries if entry.name != "RECORD")


def _write(place: str, text: str) -> None:
    from contextlib import suppress  # noqa: PLC0415 -- only when a note is made
    from pathlib import Path  # noqa: PLC0415 -- the same

    path = Path(place)
    new = path.with_name(f".new-{os.urandom(8).hex()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            new.write_text(text, encoding="utf-8")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
