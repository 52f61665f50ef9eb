"""Make the files of wheels ready beside an environment, each where it will be."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from whichwheel.environment.conflicts import Arrival
from whichwheel.environment.links import Linker
from whichwheel.environment.placing import Placement, Places, place_plainly, root_scheme
from whichwheel.environment.preparing import Prepared
from whichwheel.environment.record import RECORD_NAME, record_of
from whichwheel.environment.wheel_cache import UnpackedWheel, cache_failed
from whichwheel.resolve.resolution import DirectUrl
from whichwheel.sources.errors import BrokenWheel
from whichwheel.spec.errors import WhichwheelError
from whichwheel.target.interpreters.description import Interpreter

__all__ = ["compile_staged", "note_places", "stage"]

_COMPILE_LIMIT = 1800


def note_places(prepared: Prepared, interpreter: Interpreter, *, requested: bool) -> Arrival:
    """Find out where each file of a wheel will be; touches nothing.

    :param requested: whether the user asked for it by name
    :raises BrokenWheel: if the wheel cannot be installed
    :raises CacheFailed: if the cache is damaged while it is read
    """
    where, wheel = prepared.pin.wheel.name.filename, prepared.wheel
    project = wheel.dist_info.removesuffix(".dist-info").rpartition("-")[0]
    places = Places(interpreter, where, project)
    additional = _additional(prepared, requested)
    try:
        scheme = root_scheme(wheel, where)
        if not place_plainly(wheel, places, scheme, additional):
            _place_by_installer(wheel, places, interpreter, where, additional)
    except OSError as error:
        raise cache_failed(error, wheel.folder) from None
    return Arrival(prepared.pin, tuple(places.placements))


def _place_by_installer(
    wheel: UnpackedWheel,
    places: Places,
    interpreter: Interpreter,
    where: str,
    additional: dict[str, bytes],
) -> None:
    from configparser import Error as ConfigError  # noqa: PLC0415 - only for its error

    from installer import install  # noqa: PLC0415 - few wheels need it
    from installer.exceptions import InstallerError  # noqa: PLC0415 - the same
    from installer.records import InvalidRecordEntry  # noqa: PLC0415 - the same

    from whichwheel.environment.destination import (  # noqa: PLC0415 - the same
        NotingDestination,
        UnpackedSource,
    )

    try:
        install(UnpackedSource(wheel), NotingDestination(interpreter, wheel, places), additional)
    except WhichwheelError:
        raise
    except InstallerError as error:
        raise BrokenWheel(where, str(error.args[-1])) from None
    except (ConfigError, AssertionError, AttributeError) as error:
        # `installer` asserts that every entry point is well formed.
        why = str(error).partition("\n")[0] or "an entry point is malformed"
        raise BrokenWheel(where, f"its `entry_points.txt` cannot be used: {why}") from None
    except (InvalidRecordEntry, UnicodeDecodeError) as error:
        raise BrokenWheel(where, str(error)) from None


def _additional(prepared: Prepared, requested: bool) -> dict[str, bytes]:  # noqa: FBT001
    pin, sha256 = prepared.pin, prepared.wheel.sha256
    files = {"INSTALLER": b"whichwheel\n", RECORD_NAME: record_of(pin, sha256)}
    if requested:
        files["REQUESTED"] = b""
    if pin.direct_url is not None:
        files["direct_url.json"] = _direct_url(pin.direct_url, sha256)
    return files


def _direct_url(url: DirectUrl, sha256: str) -> bytes:
    import json  # noqa: PLC0415 - only few installs come from a URL

    return json.dumps(url.document(sha256), sort_keys=True).encode()


def stage(
    arrivals: Iterable[Arrival],
    interpreter: Interpreter,
    folder: Path,
    linker: Linker,
) -> Mapping[Path, Path]:
    """Make the files of all wheels ready below ``folder``.

    :param folder: an empty one, on the file system of the environment
    :return: by folder of staged files, the folder of the environment that they belong in
    :raises OSError: if a file cannot be written
    """
    roots: dict[str, Path] = {}
    made: set[str] = set()
    for arrival in arrivals:
        for placement in arrival.placements:
            root = roots.get(placement.scheme)
            if root is None:
                root = roots[placement.scheme] = folder / placement.scheme
            target = _staged(placement, interpreter, root)
            parent = os.path.dirname(target)  # noqa: PTH120 - text, as there are thousands
            if parent not in made:
                os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - the same
                made.add(parent)
            try:
                _write(placement, target, linker)
            except FileExistsError:
                # Wheels may share a file of one content; that was checked.
                if os.path.isdir(target):  # noqa: PTH112 - the same
                    raise
    return {root: interpreter.paths[scheme] for scheme, root in roots.items()}


def _staged(placement: Placement, interpreter: Interpreter, root: Path) -> str:
    """Return where a file is made ready, which is to be where ``placement`` says."""
    base = os.fspath(interpreter.paths[placement.scheme])
    return os.fspath(root) + placement.target[len(base.rstrip(os.sep)) :]


def _write(placement: Placement, target: str, linker: Linker) -> None:
    if placement.origin is not None:
        linker.link(placement.origin, target)
        return
    mode = 0o777 if placement.executable else 0o666
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(file, "wb") as writer:
        writer.write(placement.content)


def compile_staged(
    arrivals: Iterable[Arrival], interpreter: Interpreter, roots: Mapping[Path, Path]
) -> None:
    """Compile staged Python sources with the interpreter that will run them.

    A source that does not compile is left as it is, as templates and tests of other versions are.
    """
    import subprocess  # noqa: PLC0415 - only for those who ask for bytecode

    bases = {base: root for root, base in roots.items()}
    sources: dict[Path, list[str]] = {}
    for arrival in arrivals:
        for placement in arrival.placements:
            if placement.scheme in {"purelib", "platlib"} and placement.path.endswith(".py"):
                base = interpreter.paths[placement.scheme]
                staged = _staged(placement, interpreter, bases[base])
                sources.setdefault(base, []).append(staged)
    for base, files in sources.items():
        # Isolated and without `site`: nothing that lies in the environment is run.
        command = [os.fspath(interpreter.executable), "-I", "-S", "-m", "compileall", "-qq"]
        command += ["-s", os.fspath(bases[base]), "-p", os.fspath(base), "-i", "-"]
        # What is not compiled in time is compiled when it is first imported.
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603 - the interpreter of the environment itself
                command,
                input="\n".join(files) + "\n",
                encoding="utf-8",
                capture_output=True,
                timeout=_COMPILE_LIMIT,
                check=False,
            )
