"""What was found out of this machine, kept on disk for as long as nothing bears on it changed."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from whichwheel._version import __version__
from whichwheel.target.detection.facts_document import facts_document, read_facts
from whichwheel.target.detection.machine_identity import JOB_VARIABLES, machine_identity
from whichwheel.target.facts import Facts
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.regular_file import open_regular_file
from whichwheel.target.sealed_json import NEW, sealed, unsealed

__all__ = ["LONGEST", "DetectionCache"]

#: Seconds after which an answer is asked for again, should nothing else have told of a change.
LONGEST = 24 * 3600.0

_FORMAT = 1
_LARGEST = 1024 * 1024
_KEPT = 8
# Characters of where a fact comes from.
_LONGEST = 1000


class DetectionCache:
    """Answers by what they depend on.

    The key holds the version of whichwheel, the identity of the machine since its start, the
    batch job, and what the asker adds: the values of the variables that it reads, and the
    version of the driver. Where the machine has no identity, nothing is kept.

    :param folder: where the files are; made when needed
    :param longest: seconds for which an answer holds at most
    :param identity: tells this machine, since its start, from every other
    """

    def __init__(
        self,
        folder: Path,
        *,
        longest: float = LONGEST,
        identity: Callable[[], tuple[str, ...] | None] = machine_identity,
    ) -> None:
        self._folder = folder
        self._longest = longest
        self._identity = identity

    def facts(self, provider: KnownProvider, environ: Mapping[str, str]) -> Facts | None:
        """Return the facts found earlier for a provider, or None if none are valid."""
        document = self.get(provider.name, _bearing(provider, environ), environ)
        try:
            found = None if document is None else read_facts(document)
        except (ValueError, TypeError):
            return None
        return found if found is None or _are_of(provider, found) else None

    def keep_facts(self, provider: KnownProvider, environ: Mapping[str, str], facts: Facts) -> None:
        """Keep the facts for a provider; a cache that cannot be written is no error."""
        bearing = _bearing(provider, environ)
        self.put(provider.name, bearing, environ, facts_document(facts))

    def get(self, name: str, bearing: Sequence[str], environ: Mapping[str, str]) -> object:
        """Return what was kept, or None if there is nothing valid.

        :param name: of a provider: ASCII letters, digits, ``_`` and ``-``
        :param bearing: what the answer depends on beside the machine
        """
        key = self._key(name, bearing, environ)
        if key is None:
            return None
        try:
            with open_regular_file(self._file(name, key)) as file:
                entry = unsealed(file.read(_LARGEST))
            if not isinstance(entry, dict):
                return None
            age = time.time() - float(entry["at"])
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return None
        if entry.get("key") != key or not 0 <= age <= self._longest:
            return None
        answer: object = entry.get("answer")
        return answer

    def put(
        self, name: str, bearing: Sequence[str], environ: Mapping[str, str], answer: object
    ) -> None:
        """Keep an answer, which is JSON; a cache that cannot be written is no error."""
        from tempfile import NamedTemporaryFile  # noqa: PLC0415 -- start-up speed

        key = self._key(name, bearing, environ)
        if key is None:
            return
        content = sealed({"key": key, "at": time.time(), "answer": answer})
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, prefix=NEW, delete=False) as file:
                file.write(content)
            try:
                Path(file.name).replace(self._file(name, key))
            except OSError:
                Path(file.name).unlink(missing_ok=True)
            self._prune(name)

    def _key(self, name: str, bearing: Sequence[str], environ: Mapping[str, str]) -> str | None:
        """Return a digest: a variable that bears on an answer may hold a secret."""
        from hashlib import sha256  # noqa: PLC0415 -- start-up speed

        machine = self._identity()
        if machine is None:
            return None
        job = _values(JOB_VARIABLES, environ)
        parts = [str(_FORMAT), __version__, name, *machine, *job, *bearing]
        return sha256(json.dumps(parts).encode()).hexdigest()

    def _file(self, name: str, key: str) -> Path:
        return self._folder / f"{name}.{key[:24]}.json"

    def _prune(self, name: str) -> None:
        """Leave only the newest answers of a provider: those of earlier starts never return."""
        files = [
            entry
            for entry in os.scandir(self._folder)
            if entry.name.startswith(f"{name}.") and entry.name.endswith(".json")
        ]
        files.sort(key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
        for entry in files[_KEPT:]:
            Path(entry.path).unlink(missing_ok=True)


def _are_of(provider: KnownProvider, facts: Facts) -> bool:
    """Whether facts are such that the provider knows what to do with them."""
    fields = {provider.key(field.name): field for field in provider.fields}
    return all(
        fact.key in fields and fields[fact.key].fits(fact.value) and len(fact.source) <= _LONGEST
        for fact in facts.values()
    )


def _bearing(provider: KnownProvider, environ: Mapping[str, str]) -> list[str]:
    return [*_values(provider.variables, environ), *provider.identity(environ)]


def _values(names: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    return [f"{name}={environ[name]}" for name in names if name in environ]
