"""Providers as executables: ``whichwheel-provider-NAME``, in any language.

The protocol is in the documentation, reference/provider-protocol.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from whichwheel._version import __version__
from whichwheel.plugins.answers import Answer, read_answer
from whichwheel.plugins.asking import ASKING_LIMIT, ask_child
from whichwheel.plugins.errors import NoExecutable, PinChanged, ProviderFailed
from whichwheel.plugins.trust import EXECUTABLE_NAME, EXECUTABLE_PREFIX, TrustedExecutable
from whichwheel.target.regular_file import open_regular_file

__all__ = [
    "PROTOCOL",
    "ask_executable",
    "check_unchanged",
    "file_digest",
    "find_executables",
    "locate_executable",
    "namespace_of",
]

PROTOCOL = "whichwheel-provider/1"

_PATHEXT = ".COM;.EXE;.BAT;.CMD"
_LARGEST = 256 * 1024 * 1024


def namespace_of(name: str) -> str:
    """Return the namespace that an executable answers for if nothing else is said.

    >>> namespace_of("blas-lapack")
    'blas_lapack'
    """
    return name.replace("-", "_")


def find_executables(environ: Mapping[str, str]) -> dict[str, Path]:
    """Return the executables on ``PATH`` by name; of several with one name, the first.

    Folders that are not absolute are passed over: they would depend on where we run.
    """
    found: dict[str, Path] = {}
    for text in environ.get("PATH", "").split(os.pathsep):
        folder = Path(text)
        if not text or not folder.is_absolute():
            continue
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for path in entries:
            name = _name_of(path, environ)
            if name is not None and name not in found and _is_executable(path):
                found[name] = Path(os.path.abspath(path))  # noqa: PTH100 -- links stay links
    return found


def locate_executable(text: str, environ: Mapping[str, str]) -> tuple[str, Path]:
    """Return the name and the absolute path of an executable.

    :param text: its path, or its name on ``PATH``
    :raises NoExecutable: if there is none, or it is not named like a provider
    """
    # Links stay links, and an unknown `~user` stays what it is.
    path = Path(os.path.abspath(os.path.expanduser(text)))  # noqa: PTH100, PTH111
    if os.path.basename(text) == text:  # noqa: PTH119 -- `./x` is no bare name
        # Only on `PATH`: what lies in the present folder is not meant by a bare name.
        name = text.removeprefix(EXECUTABLE_PREFIX)
        found = find_executables(environ).get(name)
        if found is None:
            raise NoExecutable(text, "there is no such program on `PATH`")
        return name, found
    if not _is_file(path):
        raise NoExecutable(text, "there is no such file")
    named = _name_of(path, environ)
    if named is None:
        raise NoExecutable(
            text, f"its name does not start with `{EXECUTABLE_PREFIX}` and a name in lower case"
        )
    if not _is_executable(path):
        raise NoExecutable(text, "it cannot be executed")
    return named, path


def file_digest(path: Path) -> str:
    """Return the SHA-256 of an executable.

    :raises NoExecutable: if it cannot be read
    """
    try:
        with open_regular_file(path) as file:
            if os.fstat(file.fileno()).st_size > _LARGEST:
                raise NoExecutable(str(path), "it is larger than 256 MiB")
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise NoExecutable(str(path), (error.strerror or str(error)).lower()) from None


def check_unchanged(executable: TrustedExecutable) -> None:
    """Check that an executable is still the file that was trusted.

    :raises PinChanged: if it is not
    :raises NoExecutable: if it cannot be read
    """
    found = file_digest(executable.path)
    if found != executable.sha256:
        path = str(executable.path)
        raise PinChanged(path, executable.sha256, found, path)


def ask_executable(
    executable: TrustedExecutable,
    namespace: str,
    *,
    environ: Mapping[str, str],
    limit: float = ASKING_LIMIT,
) -> Answer:
    """Ask an executable for what this machine supports in one namespace.

    :param environ: the user's environment variables, of which it sees very few
    :raises PinChanged: if it is not the file that was trusted
    :raises NoExecutable: if it cannot be read
    :raises ProviderFailed: if it gives no usable answer
    """
    check_unchanged(executable)
    provider = executable.path.name
    request = {"protocol": PROTOCOL, "namespace": namespace, "whichwheel": __version__}
    data = ask_child(
        [str(executable.path)], request, provider=provider, environ=environ, limit=limit
    )
    answer = read_answer(data, provider, protocol=PROTOCOL)
    if answer.namespace not in {None, namespace}:
        why = f"it answered for `{answer.namespace}`, expected `{namespace}`"
        raise ProviderFailed(provider, why)
    return answer


def _name_of(path: Path, environ: Mapping[str, str]) -> str | None:
    name = path.name
    if os.name == "nt":
        endings = environ.get("PATHEXT", _PATHEXT).lower().split(os.pathsep)
        if path.suffix.lower() not in endings:
            return None
        name = path.stem.lower()
    if not name.startswith(EXECUTABLE_PREFIX):
        return None
    name = name.removeprefix(EXECUTABLE_PREFIX)
    return name if EXECUTABLE_NAME.fullmatch(name) else None


def _is_executable(path: Path) -> bool:
    return _is_file(path) and os.access(path, os.X_OK)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name too long for the system, or a folder that nobody may enter.
        return False
