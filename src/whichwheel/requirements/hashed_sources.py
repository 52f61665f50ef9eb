"""Sources in which only files with a digest that the user gave may be taken."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from packaging.utils import NormalizedName

from whichwheel.sources.addresses import file_path
from whichwheel.sources.downloads import read_chunks
from whichwheel.sources.layer import SourcesLayer
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import Barred, File, Project, Release, Wheel

__all__ = ["Digests", "HashedSources"]

#: As ``(algorithm, hexadecimal digest)``.
Digests = frozenset[tuple[str, str]]

_OTHER = Barred(
    "its digest is none of those that were given",
    "add its `--hash` where the others stand, if you know it to be the right file",
)
_UNKNOWN = Barred(
    "its source tells no digest to compare with those that were given",
    "give one digest alone, which is then checked when the file is there",
)
_MISSING = Barred(
    "no digest was given for it, and every package needs one here",
    "add it to the file with its version and `--hash=sha256:...`, or take the digests away",
)


class HashedSources(SourcesLayer):
    """Implements :class:`whichwheel.sources.ports.Sources` over others.

    :param below: the other sources
    :param digests: by project, those that its files may have
    :param require: whether nothing else may be taken of any project
    """

    def __init__(
        self, below: Sources, digests: Mapping[NormalizedName, Digests], *, require: bool
    ) -> None:
        super().__init__(below)
        self._digests = digests
        self._require = require

    def project(self, name: NormalizedName) -> Project | None:
        """As :meth:`Sources.project`; what has another digest is barred."""
        project = super().project(name)
        if project is None or not self._concerns(name):
            return project
        return self._with_releases(project, self._checked)

    def single(self, address: str) -> Release:
        """As :meth:`Sources.single`; a digest in the address is one that the user gave."""
        release = super().single(address)
        has_own = any(wheel.file.hashes for wheel in release.wheels)
        if has_own or not self._concerns(release.name):
            return release
        return self._note(self._checked(release), release)

    def _concerns(self, name: NormalizedName) -> bool:
        return self._require or name in self._digests

    def _checked(self, release: Release) -> Release:
        allowed = self._digests.get(release.name)
        checked = (_checked_file(file, allowed)[0] for file in release.sdists)
        return replace(
            release,
            wheels=tuple(_checked_wheel(wheel, allowed) for wheel in release.wheels),
            sdists=tuple(file for file in checked if file is not None),
        )


def _checked_wheel(wheel: Wheel, allowed: Digests | None) -> Wheel:
    if wheel.presented is not None and wheel.presented.relabelled:
        # What it is made of was published, and is checked before it is rewritten.
        bar = _checked_file(wheel.presented.file, allowed)[1]
        return replace(wheel, barred=bar or wheel.barred)
    file, bar = _checked_file(wheel.file, allowed)
    return replace(wheel, file=file or wheel.file, barred=bar or wheel.barred)


def _checked_file(file: File, allowed: Digests | None) -> tuple[File | None, Barred | None]:
    """Return a file that is checked against what is allowed, or why it may not be taken."""
    if allowed is None:
        return None, _MISSING
    known = {(algorithm, digest.lower()) for algorithm, digest in file.hashes.items()}
    algorithms = {algorithm for algorithm, _ in allowed}
    comparable = {pair for pair in known if pair[0] in algorithms}
    if comparable:
        return (file, None) if comparable <= allowed else (None, _OTHER)
    path = file_path(file.url)
    if path is not None and path.is_file():
        digests = {algorithm: hashlib.new(algorithm) for algorithm in algorithms}
        for chunk in read_chunks(path):
            for digest in digests.values():
                digest.update(chunk)
        found = {(algorithm, digest.hexdigest()) for algorithm, digest in digests.items()}
        if not found & allowed:
            return None, _OTHER
        return replace(file, hashes={**file.hashes, **dict(found & allowed)}), None
    if len(allowed) == 1:
        return replace(file, hashes={**file.hashes, **dict(allowed)}), None
    return None, _UNKNOWN
