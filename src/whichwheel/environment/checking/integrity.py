"""Whether installed files are still those that were installed."""

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import RecordedFile, Subject

__all__ = ["integrity_findings"]

_SHOWN = 3
_WORKERS = 4
_BATCH_BYTES = 16 * 1024 * 1024
_BATCH_FILES = 256
_AT_ONCE = 1024 * 1024
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})


class _State(StrEnum):
    WHOLE = "whole"
    MISSING = "missing"
    CHANGED = "changed"


def integrity_findings(
    subjects: Iterable[Subject], *, contested: frozenset[str] = frozenset(), verify: bool = True
) -> Iterator[Finding]:
    """Yield every package of which files are missing, or not as its ``RECORD`` has them.

    Compiled bytecode is passed over. Of a size that differs no hash is computed.

    :param contested: places that several packages claim, which are another finding
    :param verify: whether to compare hashes; else only whether files are there, and their sizes
    """
    tasks = [
        (subject, file)
        for subject in subjects
        for file in subject.files or ()
        if not file.path.endswith(".pyc") and os.path.normcase(file.place) not in contested
    ]
    states = _states([file for _, file in tasks], verify=verify)
    found: dict[str, tuple[Subject, dict[_State, list[str]]]] = {}
    for (subject, file), state in zip(tasks, states, strict=True):
        if state is not _State.WHOLE:
            _, by_state = found.setdefault(subject.name, (subject, {}))
            by_state.setdefault(state, []).append(file.path)
    for subject, by_state in found.values():
        for state, paths in sorted(by_state.items()):
            yield _finding(subject, state, paths)


def _states(files: Sequence[RecordedFile], *, verify: bool) -> Iterator[_State]:
    if not verify:
        yield from (_state(file, verify=False) for file in files)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow

    # Hashing large files leaves the interpreter free for the other threads.
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1), "verify") as pool:
        for states in pool.map(_verified, _batches(files)):
            yield from states


def _batches(files: Sequence[RecordedFile]) -> Iterator[Sequence[RecordedFile]]:
    """Split files into batches worth a thread's while."""
    batch: list[RecordedFile] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.size or 0
        if size > _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield batch
            batch, size = [], 0
    yield batch


def _verified(files: Sequence[RecordedFile]) -> list[_State]:
    return [_state(file, verify=True) for file in files]


def _state(file: RecordedFile, *, verify: bool) -> _State:
    try:
        size = os.stat(file.place).st_size  # noqa: PTH116 - a hundred thousand of them
    except (OSError, ValueError):
        return _State.MISSING
    if file.size is not None and size != file.size:
        return _State.CHANGED
    algorithm, _, wanted = file.digest.partition("=")
    if not verify or algorithm not in _ALGORITHMS:
        return _State.WHOLE
    try:
        digest = _digest(file.place, size, algorithm)
    except OSError:
        return _State.CHANGED
    found = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return _State.WHOLE if found == wanted.rstrip("=") else _State.CHANGED


def _digest(place: str, size: int, algorithm: str) -> bytes:
    if size > _AT_ONCE:
        with open(place, "rb") as reader:  # noqa: PTH123 - the same
            return hashlib.file_digest(reader, algorithm).digest()
    # Most files are small, and a buffered reader for each takes longer than to hash them.
    file = os.open(place, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return hashlib.new(algorithm, os.read(file, _AT_ONCE)).digest()
    finally:
        os.close(file)


def _finding(subject: Subject, state: _State, paths: Sequence[str]) -> Finding:
    shown = ", ".join(f"`{path}`" for path in paths[:_SHOWN])
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    what = "missing" if state is _State.MISSING else "not as it was installed"
    return Finding(
        FindingKind.FILES_MISSING if state is _State.MISSING else FindingKind.FILES_CHANGED,
        Severity.ERROR,
        (subject.name,),
        f"of `{subject.title}`, {what}: {shown}{more}",
        hint=f"`whichwheel install {subject.name}=={subject.installed.version} --reinstall "
        "--no-deps` puts it back",
        facts={"files": list(paths)},
    )
