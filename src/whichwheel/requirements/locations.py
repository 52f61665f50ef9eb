"""Paths and URLs that a user names: wheels, and sources that wheels are made of."""

import os
import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from packaging.utils import NormalizedName, canonicalize_name, is_normalized_name

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass
from whichwheel.spec.wheel_name import WheelName

__all__ = [
    "ARCHIVES",
    "InvalidRequest",
    "Location",
    "SourceLocation",
    "WheelLocation",
    "is_url",
    "locate_path",
    "locate_url",
    "public_url",
]

#: What sources may be packed as.
ARCHIVES = (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar")

_URL = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]+:(?://|/)")
_SCHEMES = ("http", "https", "file")
_GIT_SCHEMES = ("https", "http", "ssh", "git", "file")
_OTHER_SYSTEMS = ("hg", "svn", "bzr")
_GIVE = (
    "give a requirement such as `name>=1.0`, a wheel, a folder with a `pyproject.toml`, an archive "
    "of sources, or `git+https://...`"
)
_OPTIONS = lazy_pattern(r"[A-Za-z0-9_][A-Za-z0-9_./+@{}^~#%!:=-]*")


class InvalidRequest(WhichwheelError, ValueError):
    """What the user asks for cannot be understood, or is nothing that can be installed.

    :param text: as given, without credentials
    :param why: what is wrong with it
    """

    def __init__(self, text: str, why: str, *, hint: str = _GIVE) -> None:
        super().__init__(f"cannot take `{text}`: {why}", hint=hint)
        self.text = text
        self.why = why


@dataclass(frozen=True, slots=True)
class WheelLocation:
    """One wheel named by path or URL.

    :param name: its parsed file name
    :param path: absolute, if it lies on this machine
    :param url: as given, possibly with credentials and fragment, if it does not
    :param hashes: the digests in the URL's fragment, by algorithm
    """

    name: WheelName
    path: Path | None = None
    url: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The URL as a source takes it, with all that the user gave."""
        if self.path is None:
            return self.url or ""
        fragment = "&".join(f"{algorithm}={digest}" for algorithm, digest in self.hashes.items())
        return f"{self.path.as_uri()}#{fragment}" if fragment else self.path.as_uri()

    @property
    def public(self) -> str:
        """The URL without credentials and fragment."""
        if self.path is not None:
            return self.path.as_uri()
        return public_url(self.url or "")


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """Sources named by path or URL.

    :param kind: what they are
    :param url: of the folder, archive or repository, without fragment and revision, possibly
        with credentials
    :param path: absolute, if they lie on this machine; of a repository it is None
    :param subdirectory: where in them the project is, with ``/``; empty if at the top
    :param revision: the branch, tag or commit that was asked for
    :param hashes: the digests of the archive that the user gave, by algorithm
    :param name: the project that the user says it is (``#egg=``, ``name @ ``)
    """

    kind: Literal["folder", "archive", "git"]
    url: str
    path: Path | None = None
    subdirectory: str = ""
    revision: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    name: NormalizedName | None = None

    @property
    def public(self) -> str:
        """The URL as it may be told, without fragment, as a requirement names it."""
        if self.kind != "git":
            return public_url(self.url)
        at = "" if self.revision is None else f"@{self.revision}"
        return f"git+{public_url(self.url)}{at}"

    @property
    def address(self) -> str:
        """What tells these sources from others; without credentials."""
        return self.public + (f"#subdirectory={self.subdirectory}" if self.subdirectory else "")

    @property
    def filename(self) -> str:
        """The last part of the path or URL, for people."""
        if self.path is not None:
            return self.path.name or "source"
        return unquote(urlsplit(self.url).path.rstrip("/")).rpartition("/")[2] or "source"


Location = WheelLocation | SourceLocation


def is_url(text: str) -> bool:
    """Whether a text is a URL; the letter of a Windows drive is no scheme."""
    return _URL.match(text) is not None


def locate_url(url: str) -> Location:
    """Read the URL of a wheel, of an archive of sources, of a folder, or of a git repository.

    :raises InvalidRequest: if it is none of them
    """
    shown = public_url(url)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidRequest(shown, str(error)) from None
    scheme = parts.scheme.lower()
    system, plus, transport = scheme.partition("+")
    if plus and system in _OTHER_SYSTEMS:
        raise InvalidRequest(
            shown,
            f"of version control systems, whichwheel knows git alone, and not `{system}`",
            hint="check it out yourself and give the folder, or give an archive of the sources",
        )
    if plus and system == "git":
        return _repository(parts, transport, shown)
    if not scheme:
        raise InvalidRequest(
            shown,
            "after the `@`, a requirement has a URL",
            hint="write `name @ file:///path/of/it`, or the path alone",
        )
    if scheme not in _SCHEMES:
        raise InvalidRequest(
            shown, f"the scheme `{parts.scheme}` is not one of `http`, `https` and `file`"
        )
    return _on_this_machine(parts, shown) if scheme == "file" else _elsewhere(parts, url, shown)


def locate_path(text: str) -> Location:
    """Read the path of a wheel, of an archive of sources, or of a folder with a project.

    :raises InvalidRequest: if it is none of them
    """
    path, _, fragment = text.partition("#") if not Path(text).exists() else (text, "", "")
    return _local(Path(os.path.expanduser(path)), text, fragment)  # noqa: PTH111 -- `~nobody` stays


def _on_this_machine(parts: SplitResult, shown: str) -> Location:
    if parts.netloc not in ("", "localhost"):
        raise InvalidRequest(shown, f"the file is on another machine, `{parts.netloc}`")
    path = unquote(parts.path)
    # On Windows the path of file:///C:/x is /C:/x.
    local = path[1:] if os.name == "nt" and re.match(r"/[A-Za-z]:", path) else path
    return _local(Path(local), shown, parts.fragment)


def _elsewhere(parts: SplitResult, url: str, shown: str) -> Location:
    filename = unquote(parts.path).rpartition("/")[2]
    if filename.endswith(".whl"):
        return WheelLocation(_wheel_name(filename, shown), None, url, _hashes(parts.fragment))
    if not filename.lower().endswith(ARCHIVES):
        raise InvalidRequest(shown, "it does not name a wheel, and no archive of sources")
    if "/" in filename or "\\" in filename:
        raise InvalidRequest(shown, "its file name holds a path")
    return _source("archive", urlunsplit(parts._replace(fragment="")), parts.fragment, shown)


def _local(path: Path, shown: str, fragment: str) -> Location:
    if "\0" in str(path):
        raise InvalidRequest(ascii(shown)[1:-1], "no path has a null character")
    whole = Path(os.path.abspath(path))  # noqa: PTH100 -- links stay as they are
    if path.name.endswith(".whl"):
        name = _wheel_name(path.name, shown)
        if not whole.is_file():
            raise InvalidRequest(shown, "there is no such file", hint="check the path")
        return WheelLocation(name, whole, None, _hashes(fragment))
    if whole.is_dir():
        found = _source("folder", whole.as_uri(), fragment, shown, whole)
        tree = whole / found.subdirectory
        if not any((tree / each).is_file() for each in ("pyproject.toml", "setup.py")):
            raise InvalidRequest(
                shown,
                "neither a `pyproject.toml` nor a `setup.py` is in the folder",
                hint="give the folder that the project's `pyproject.toml` is in",
            )
        return found
    if not path.name.lower().endswith(ARCHIVES):
        why = "it is neither a wheel nor an archive of sources"
        if not whole.exists():
            why = "there is no such file or folder"
        raise InvalidRequest(shown, why)
    if not whole.is_file():
        raise InvalidRequest(shown, "there is no such file", hint="check the path")
    return _source("archive", whole.as_uri(), fragment, shown, whole)


def _repository(parts: SplitResult, transport: str, shown: str) -> SourceLocation:
    if transport not in _GIT_SCHEMES:
        listed = ", ".join(f"`git+{each}`" for each in _GIT_SCHEMES)
        raise InvalidRequest(shown, f"`git+{transport}` is not one of {listed}")
    path, at, revision = parts.path.rpartition("@")
    if not at:
        path, revision = parts.path, ""
    elif not revision:
        raise InvalidRequest(shown, "after the `@`, there is no branch, tag or commit")
    revision = unquote(revision)
    if revision and not _is_revision(revision):
        raise InvalidRequest(shown, f"`{revision}` cannot be a branch, tag or commit")
    # What git takes for an option, or for a command on another machine, is no host.
    if parts.netloc.rpartition("@")[2].startswith("-") or (parts.netloc or "").startswith("-"):
        raise InvalidRequest(shown, "it has no host")
    if transport != "file" and not parts.netloc.rpartition("@")[2]:
        raise InvalidRequest(shown, "it has no host")
    url = urlunsplit(parts._replace(scheme=transport, path=path, fragment=""))
    if transport == "file" and not url.startswith("file://"):
        url = "file://" + url.removeprefix("file:")
    return _source("git", url, parts.fragment, shown, revision=revision or None)


def _is_revision(text: str) -> bool:
    return _OPTIONS.fullmatch(text) is not None and ".." not in text


def _source(  # noqa: PLR0913 -- all that a location says
    kind: Literal["folder", "archive", "git"],
    url: str,
    fragment: str,
    shown: str,
    path: Path | None = None,
    *,
    revision: str | None = None,
) -> SourceLocation:
    said = dict(parse_qsl(fragment.replace("+", "%2B"), keep_blank_values=True))
    subdirectory = said.get("subdirectory", "").strip("/")
    parts = PurePosixPath(subdirectory).parts
    if ".." in parts or "\\" in subdirectory or "\0" in subdirectory or ":" in subdirectory:
        raise InvalidRequest(shown, f"the subdirectory `{subdirectory}` reaches out of it")
    egg = said.get("egg", "").partition("[")[0].strip()
    name = None
    if egg:
        name = canonicalize_name(egg)
        if not is_normalized_name(name):
            raise InvalidRequest(shown, f"`{egg}` in its `#egg=` is not the name of a project")
    return SourceLocation(kind, url, path, "/".join(parts), revision, _hashes(fragment), name)


def _wheel_name(filename: str, shown: str) -> WheelName:
    if "/" in filename or "\\" in filename:
        raise InvalidRequest(shown, "its file name holds a path")
    return WheelName.parse(filename)


def _hashes(fragment: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in fragment.split("&"))
    return {
        name: value.lower()
        for name, _, value in pairs
        if name in ("sha256", "sha384", "sha512") and re.fullmatch(r"[0-9A-Fa-f]+", value)
    }


def public_url(url: str) -> str:
    """Return a URL without credentials and fragment.

    The user `git`, whom services for repositories all have, is no secret.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://..."
    user, at, host = parts.netloc.rpartition("@")
    kept = parts.netloc if at and user == "git" and "ssh" in parts.scheme else host
    return urlunsplit((parts.scheme, kept, parts.path, parts.query, ""))
