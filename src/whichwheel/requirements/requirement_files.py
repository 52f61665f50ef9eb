"""Files of requirements, read by pip's rules (pip documentation, Requirements File Format)."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from whichwheel.requirements.project_file import PYPROJECT, project_dependencies
from whichwheel.sources.addresses import file_path
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass
from whichwheel.target.regular_file import open_regular_file

__all__ = ["FileSources", "RequirementFileError", "RequirementFiles"]

_LARGEST = 4 * 1024 * 1024
_MOST_FILES = 100
_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
#: Where the options of one requirement begin, as ``--hash=sha256:...``.
_OWN_OPTIONS = re.compile(r"\s--?[A-Za-z].*$", re.DOTALL)
_LOCK_NAME = re.compile(r"pylock(\.[^.]+)?\.toml")

_NESTED = {"-r": "r", "--requirement": "r", "-c": "c", "--constraint": "c"}
_EDITABLE = frozenset({"-e", "--editable"})
_INDEX = frozenset({"-i", "--index-url", "--pypi-url"})
_LINKS = frozenset({"-f", "--find-links"})
_BUILDS = ("--no-binary", "--only-binary")
_HASH = re.compile(r"--hash(?:=|\s+)(\S+)")
_DIGEST = re.compile(r"(sha256|sha384|sha512):([0-9a-fA-F]{64,128})")


class RequirementFileError(WhichwheelError):
    """A file of requirements that cannot be read.

    :param where: the file, or what names it
    """

    def __init__(self, where: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(
            f"the requirements in `{where}` cannot be read: {why}",
            hint=hint or "check what `-r` and `-c` name, here and in the files themselves",
        )
        self.where = where
        self.why = why


@dataclass(slots=True)
class FileSources:
    """Where files of requirements say that packages come from.

    :ivar index_url: instead of the usual one
    :ivar no_index: whether no index is to be asked
    """

    index_url: str | None = None
    extra_index_urls: list[str] = field(default_factory=list)
    find_links: list[str] = field(default_factory=list)
    trusted_hosts: list[str] = field(default_factory=list)
    no_index: bool = False


@dataclass(slots=True)
class RequirementFiles:
    """What files of requirements say, with those that they name.

    :ivar requirements: as written, without options of their own
    :ivar hashes: by requirement or constraint as written, the digests that its file may have, as
        ``(algorithm, hexadecimal digest)``
    :ivar require_hashes: whether nothing without a digest may be taken
    :ivar from_files: where packages come from
    :ivar builds: by option, ``--no-binary`` or ``--only-binary``, what files say of it
    :ivar places: by requirement, constraint or path as written, the file that says it first
    :ivar unset: variables without a value, which stay as written, with the file that uses each
    :ivar unknown: options that mean nothing here, as ``file: option``
    :ivar constraints: as written
    :ivar editable: paths and URLs of what is installed as editable, as written: pip takes paths
        from the current folder, wherever the file lies
    :ivar sources: where files name indexes or links of their own, as ``file: option``
    :ivar locks: files that are locks, which say themselves where everything is
    :ivar elsewhere: files that are not on this machine
    :ivar prereleases: whether one of them asks for pre-releases
    :ivar prefers_wheels: whether one of them prefers an older wheel to newer sources
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    requirements: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    editable: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    locks: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    hashes: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    require_hashes: bool = False
    from_files: FileSources = field(default_factory=FileSources)
    builds: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    unset: dict[str, str] = field(default_factory=dict)
    prereleases: bool = False
    prefers_wheels: bool = False
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def read(self, name: str, *, constraint: bool = False, within: Path | None = None) -> None:
        """Read a file, and those that it names, each from its own folder.

        :param name: a path, or a URL
        :param within: the folder that a relative path starts from; None for the current one
        :raises RequirementFileError: if one cannot be read
        :raises InvalidProjectFile: if one is a project's and does not say what it needs
        """
        if _URL.match(name) and not name.lower().startswith("file:"):
            self.elsewhere.append(name)
            return
        if "\0" in name:
            raise RequirementFileError(name.replace("\0", "?"), "no path has a null character")
        local = file_path(name) if name.lower().startswith("file:") else Path(name)
        path = (within or Path()) / (local or name)
        kind = "c" if constraint else "r"
        key = (os.path.realpath(path), kind)
        if key in self._seen:
            return
        self._seen.add(key)
        if len(self._seen) > _MOST_FILES:
            raise RequirementFileError(str(path), f"more than {_MOST_FILES} files are named")
        if _LOCK_NAME.fullmatch(path.name):
            self.locks.append(str(path))
            return
        if path.name == PYPROJECT:
            # What a project needs, not the project.
            texts = project_dependencies(path)
            (self.requirements if kind == "r" else self.constraints).extend(texts)
            return
        for line in _lines(_text(path)):
            self._take(self._expanded(line, path), path, kind)

    def _expanded(self, line: str, path: Path) -> str:
        def value(found: re.Match[str]) -> str:
            known = self.environ.get(found[1])
            if not known:
                self.unset.setdefault(found[1], str(path))
            return known or found[0]

        return _VARIABLE.sub(value, line)

    def _take(self, line: str, path: Path, kind: str) -> None:
        if not line.startswith("-"):
            text = _OWN_OPTIONS.sub("", line).strip()
            self.places.setdefault(text, str(path))
            (self.requirements if kind == "r" else self.constraints).append(text)
            self._take_own(line[len(text) :], text, path)
            return
        name, value = _option(line)
        if name in _NESTED:
            # What a file of constraints names constrains too.
            constraint = kind == "c" or _NESTED[name] == "c"
            self.read(value, constraint=constraint, within=path.parent)
        elif name in _EDITABLE:
            if kind == "c":
                why = f"`{name} {value}` says what to install, and is no constraint"
                raise RequirementFileError(str(path), why)
            self.editable.append(value)
            self.places.setdefault(value, str(path))
        elif name == "--pre":
            self.prereleases = True
        elif name == "--require-hashes":
            self.require_hashes = True
        elif name in _BUILDS:
            self.builds.setdefault(name, []).append(value)
        elif name == "--prefer-binary":
            self.prefers_wheels = True
        # `--use-feature` says nothing of what is wanted.
        elif not self._take_source(name, value, path) and name != "--use-feature":
            self.unknown.append(f"{path}: {name}")

    def _take_source(self, name: str, value: str, path: Path) -> bool:
        """Take an option that says where packages come from; False if it says something else."""
        found = self.from_files
        if name in _INDEX:
            found.index_url = value
        elif name == "--extra-index-url":
            found.extra_index_urls.append(value)
        elif name in _LINKS:
            # As pip: a path is one beside the file, if there is one.
            beside = path.parent / value
            is_url = _URL.match(value) is not None
            found.find_links.append(value if is_url or not beside.exists() else str(beside))
        elif name == "--no-index":
            found.no_index = True
        elif name == "--trusted-host":
            found.trusted_hosts.append(value)
            return True
        else:
            return False
        self.sources.append(f"{path}: {name}")
        return True

    def _take_own(self, options: str, text: str, path: Path) -> None:
        """Take the options of one requirement.

        :raises RequirementFileError: if a digest cannot be checked
        """
        digests = []
        for word in _HASH.findall(options):
            digest = _DIGEST.fullmatch(word)
            if digest is None:
                raise RequirementFileError(
                    str(path),
                    f"`--hash={word}` of `{text}` is not `sha256:` and a digest, or the same with "
                    "sha384 or sha512",
                )
            digests.append((digest[1], digest[2].lower()))
        if digests:
            self.hashes[text] = (*self.hashes.get(text, ()), *digests)
        rest = _HASH.sub("", options).split()
        self.unknown += [f"{path}: {word}" for word in rest if word.startswith("-")]


def _option(line: str) -> tuple[str, str]:
    """Return the first option of a line, and its value."""
    try:
        words = shlex.split(line, posix=os.name != "nt")
    except ValueError:
        words = line.split()
    first, rest = words[0], " ".join(words[1:])
    name, separator, value = first.partition("=")
    if separator:
        return name, value
    if not first.startswith("--") and len(first) > 2:  # noqa: PLR2004 -- `-rfile`
        return first[:2], first[2:]
    return first, rest


def _lines(text: str) -> Iterator[str]:
    """Yield lines that say something: joined after a backslash, without comments."""
    joined = ""
    for line in text.splitlines():
        if _COMMENT.match(line) and joined:
            # A comment ends what a backslash has begun, as pip has it.
            line = " " + line  # noqa: PLW2901
        if line.endswith("\\") and not _COMMENT.match(line):
            joined += line.removesuffix("\\")
            continue
        whole = _COMMENT.sub("", joined + line).strip()
        joined = ""
        if whole:
            yield whole
    whole = _COMMENT.sub("", joined).strip()
    if whole:
        yield whole


def _text(path: Path) -> str:
    try:
        with open_regular_file(path) as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise RequirementFileError(str(path), (error.strerror or str(error)).lower()) from None
    if len(content) > _LARGEST:
        raise RequirementFileError(str(path), f"it is larger than {_LARGEST >> 20} MiB")
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    return content.decode("utf-8-sig", errors="replace")
