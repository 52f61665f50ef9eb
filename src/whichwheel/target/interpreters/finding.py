"""Finds the interpreter that is meant: by path, by name, by version, or by where we are."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from whichwheel.spec.errors import WhichwheelError
from whichwheel.target.interpreters.description import Interpreter, InterpreterError
from whichwheel.target.interpreters.interpreter import inspect_interpreter
from whichwheel.target.interpreters.interpreter_cache import InterpreterCache
from whichwheel.target.interpreters.places import environment_nearby, system_places

if TYPE_CHECKING:
    from whichwheel.target.interpreters.request import PythonRequest

__all__ = ["PythonNotFound", "find_interpreter"]

_VARIABLES = ("VIRTUAL_ENV", "CONDA_PREFIX")
_SHOWN = 8
#: Those of the system that are looked at: each takes a tenth of a second the first time.
_MOST = 40


class PythonNotFound(WhichwheelError):
    """No Python is as it was asked for.

    :param wanted: what was asked for
    :param found: those that were found, as ``3.12.1 (PATH)``
    :param of_system: one that would do, were it not the system's own
    """

    def __init__(
        self, wanted: str, found: tuple[str, ...], of_system: Interpreter | None = None
    ) -> None:
        more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        listed = ", ".join(found[:_SHOWN]) or "none at all"
        if of_system is None:
            message = f"no Python is `{wanted}`; found: {listed}{more}"
            hint = "name another version, or an interpreter by its path, with `--python`"
        else:
            path = of_system.executable
            message = (
                f"no virtual environment with Python `{wanted}` is active or nearby; `{path}` "
                f"({of_system.version}) is none"
            )
            hint = f"`{path} -m venv .venv` makes one here; or change that Python with `--system`"
        super().__init__(message, hint=hint)
        self.wanted = wanted
        self.found = found
        self.of_system = of_system


def find_interpreter(  # noqa: PLR0913 -- all that the answer depends on
    wanted: str | None = None,
    *,
    system: bool = False,
    changes: bool = False,
    folder: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    cache: InterpreterCache | None = None,
) -> Interpreter:
    """Find an interpreter.

    With nothing said: that of ``VIRTUAL_ENV``, else of ``CONDA_PREFIX``, else of ``.venv`` in the
    folder or the nearest one round it, else our own. A version is looked for in the same order,
    then among those of the system: on ``PATH``, of pyenv, of uv, of the launcher of Windows, among
    the frameworks of macOS.

    :param wanted: a path, a name on ``PATH``, the folder of an environment, or a version as
        `PythonRequest` reads it
    :param system: whether none in a virtual environment will do
    :param changes: whether its environment is going to be changed: then a version alone means
        none of the system's
    :param folder: where we are; None for the current folder
    :raises PythonNotFound: if none is as it is asked for
    :raises InterpreterError: if the one that is named gives no usable answer
    :raises InvalidPythonRequest: if a range of versions cannot be read
    """
    search = _Search(folder or Path.cwd(), environ, cache)
    if wanted is None and not system:
        return search.active()
    from whichwheel.target.interpreters.request import PythonRequest  # noqa: PLC0415 -- start-up speed

    if wanted is None:
        return search.first(PythonRequest(), changes=False)
    request = PythonRequest.parse(wanted)
    if request is not None:
        called = search.on_path(wanted)
        if called is not None and not (system and called.is_virtual):
            return called
        return search.first(request, changes=changes and not system, environments=not system)
    found = search.named(wanted)
    if system and found.is_virtual:
        raise InterpreterError(
            found.executable,
            "it is in a virtual environment",
            hint="leave out `--system`, or `--python`",
        )
    return found


class _Search:
    def __init__(
        self, folder: Path, environ: Mapping[str, str], cache: InterpreterCache | None
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._cache = cache
        self._found: dict[str, str] = {}

    def _inspect(self, path: Path | None) -> Interpreter:
        return inspect_interpreter(path, environ=self._environ, cache=self._cache)

    def active(self) -> Interpreter:
        """Return the interpreter that is meant where nothing is said."""
        if not any(self._environ.get(name) for name in _VARIABLES):
            nearby = environment_nearby(self._folder)
            if nearby is not None:
                return self._inspect(nearby)
        return self._inspect(None)

    def named(self, wanted: str) -> Interpreter:
        """Return the interpreter at a path, or of a name on ``PATH``."""
        # An unknown `~user` stays what it is, and is then not there.
        path = Path(os.path.expanduser(wanted))  # noqa: PTH111
        if len(path.parts) == 1 and not path.exists():
            from shutil import which  # noqa: PLC0415 -- start-up speed

            on_path = which(wanted, path=self._environ.get("PATH"))
            from whichwheel.target.interpreters.stand_ins import behind  # noqa: PLC0415 -- as above

            if on_path is not None:
                return self._inspect(behind(Path(on_path)))
        return self._inspect(path)

    def on_path(self, wanted: str) -> Interpreter | None:
        """Return the interpreter whose name on ``PATH`` is a version too, as ``python3.13``."""
        if not wanted[:1].isalpha():
            return None
        try:
            return self.named(wanted)
        except InterpreterError:
            return None

    def first(
        self, request: "PythonRequest", *, changes: bool, environments: bool = False
    ) -> Interpreter:
        """Return the first interpreter that will do.

        :param changes: whether one of the system is not to be taken
        :param environments: whether one in an environment may be
        """
        if environments:
            for interpreter in self._nearby():
                if request.allows(interpreter):
                    return interpreter
        of_system = next(self._of_system(request), None)
        if of_system is None or changes:
            raise PythonNotFound(request.text, tuple(self._found.values()), of_system)
        return of_system

    def _nearby(self) -> Iterator[Interpreter]:
        nearby = environment_nearby(self._folder)
        folders = [self._environ.get(name) for name in _VARIABLES]
        paths = [Path(each) for each in (*folders, nearby) if each]
        for path in paths:
            found = self._look(path)
            if found is not None:
                yield found
        own = inspect_interpreter(None, environ={}, cache=self._cache)
        if own.is_virtual:
            self._note(own)
            yield own

    def _of_system(self, request: "PythonRequest") -> Iterator[Interpreter]:
        minors = {int(each) for each in map(_minor, request.versions) if each is not None}
        places = system_places(self._environ, next(iter(minors), None))
        for number, place in enumerate(places):
            if place.version is not None and not request.allows_version(place.version):
                self._found.setdefault(str(place.path), f"{place.version} (`{place.path}`)")
                continue
            if place.minor is not None and not request.allows_minor(place.minor):
                continue
            found = self._look(place.path) if number < _MOST else None
            if found is not None and not found.is_virtual and request.allows(found):
                yield found

    def _look(self, path: Path) -> Interpreter | None:
        from whichwheel.target.interpreters.stand_ins import behind  # noqa: PLC0415 -- as above

        try:
            found = self._inspect(behind(path))
        except InterpreterError:
            return None  # too old, or a mere stand-in
        self._note(found)
        return found

    def _note(self, interpreter: Interpreter) -> None:
        name = "" if interpreter.implementation == "cpython" else f"{interpreter.implementation} "
        shown = f"{name}{interpreter.version} (`{interpreter.executable}`)"
        # One Python has several names.
        self._found.setdefault(f"{name}{interpreter.version} {interpreter.prefix}", shown)


def _minor(clause: object) -> str | None:
    """Return the minor version that a clause names, as ``==3.12.*`` does."""
    parts = str(clause).lstrip("=<>!~").split(".")
    return parts[1] if len(parts) > 1 and parts[1].isdigit() else None
