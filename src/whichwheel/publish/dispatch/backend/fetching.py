"""A wheel by its address or from a wheelhouse, and never another than the one that is listed.

Only the standard library is used, so that it works wherever Python does.
"""

import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from whichwheel._version import __version__
from whichwheel.publish.dispatch.document import INCLUDED_WHEELS, DispatchWheel
from whichwheel.sources.addresses import file_path
from whichwheel.sources.configuration import IndexSettings, access_settings, index_forbidden
from whichwheel.sources.errors import HashMismatch, HttpStatusError, SourceError
from whichwheel.sources.hashes import check_digests

__all__ = ["WheelFinder"]

_CHUNK = 1 << 20
_PAUSE = 0.5
#: Least that has to come within one time limit, in bytes: drop by drop is not an answer.
_TRICKLE = 1024
_PARTIAL = 206
_RANGE_REFUSED = 416
#: What may be otherwise a moment later.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})


class WheelFinder:
    """Gets wheels: from the source distribution, from wheelhouses, from their publisher.

    :param root: the unpacked source distribution
    :param find_links: folders to look into first
    :param say: told what is done
    :param environ: the environment variables to go by, as pip's and uv's
    :raises SourceError: if pip's configuration cannot be read
    """

    def __init__(
        self,
        root: Path,
        find_links: Sequence[str],
        *,
        say: Callable[[str], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._root = root
        self._say = say
        self._access = access_settings(environ)
        # uv separates its own by commas.
        of_uv = [text.strip() for text in environ.get("UV_FIND_LINKS", "").split(",")]
        given = [*find_links, *self._access.find_links, *filter(None, of_uv)]
        # A build runs in a folder of its own; the user's is the one that the shell was in.
        base = Path(environ.get("PWD") or Path.cwd())
        found = (_folder(text, base) for text in given)
        self._folders = tuple(dict.fromkeys(folder for folder in found if folder is not None))
        forbids = [name for name in ("UV_OFFLINE", "UV_NO_INDEX") if _is_set(environ.get(name))]
        if index_forbidden(environ):
            forbids.append("pip's setting `no-index`")
        self._forbidden_by = forbids[0] if forbids else None

    def find(self, wheel: DispatchWheel, folder: Path) -> Path:
        """Return the path of a wheel whose hash was checked.

        :param folder: where it is written if it has to be fetched
        :raises HashMismatch: if what is there is not the wheel that is listed
        :raises SourceError: if it cannot be had
        """
        name = wheel.name.filename
        if wheel.included:
            path = self._root / INCLUDED_WHEELS / name
            _check(path, wheel)
            return path
        for house in self._folders:
            path = house / name
            if not path.is_file():
                continue
            try:
                _check(path, wheel)
            except HashMismatch:
                self._say(f"`{path}` is another file than the one that is listed; not used")
                continue
            self._say(f"found in the wheelhouse `{house}`")
            return path
        if wheel.url is None:
            raise SourceError(
                f"the wheel `{name}` is in no wheelhouse, and no address of it is known",
                where=name,
                hint="name the folder that it is in with the config setting `find-links`",
            )
        local = file_path(wheel.url)
        if local is not None:
            _check(local, wheel)
            return local if local.name == name else _named(local, folder / name)
        if self._forbidden_by is not None:
            raise SourceError(
                f"the wheel `{name}` is in no wheelhouse, and nothing is fetched"
                f" ({self._forbidden_by})",
                where=name,
                hint=f"put it into a wheelhouse; it comes from `{wheel.url}`",
            )
        path = folder / name
        _Download(wheel, wheel.url, self._access, self._say).write(path)
        return path


def _is_set(text: str | None) -> bool:
    return (text or "").lower() in _TRUE


def _folder(text: str, base: Path) -> Path | None:
    """Return the folder that a path or a ``file:`` URL names, None if it is none.

    :param base: where relative paths start
    """
    expanded = os.path.expanduser(text)  # noqa: PTH111 -- may be a URL
    path = file_path(expanded) if "://" in expanded else base / expanded
    return path if path is not None and path.is_dir() else None


def _named(path: Path, copy: Path) -> Path:
    """Return a copy of a file under the name that it has to have."""
    import shutil  # noqa: PLC0415 -- only here

    shutil.copyfile(path, copy)
    return copy


def _check(path: Path, wheel: DispatchWheel) -> None:
    if not path.is_file():  # a device has no end
        raise SourceError(f"cannot read `{path}`: there is no such file", where=str(path))
    check_digests(_chunks(path), {"sha256": wheel.sha256}, str(path))


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise SourceError(
            f"cannot read `{path}`: {error.strerror or error}", where=str(path)
        ) from None


class _Response(Protocol):
    status: int
    headers: Message

    def read1(self, amount: int, /) -> bytes: ...
    def close(self) -> None: ...


class _Download:
    """One wheel from a server, taken up where it broke off."""

    def __init__(
        self,
        wheel: DispatchWheel,
        url: str,
        access: IndexSettings,
        say: Callable[[str], None],
    ) -> None:
        self._wheel = wheel
        self._url = url
        self._access = access
        self._say = say
        self._opener = _opener(url, access)

    def write(self, path: Path) -> None:
        """Write the wheel, its hash checked.

        :raises HashMismatch: if it is not the one that is listed; nothing is left of it
        :raises SourceError: if it cannot be had
        """
        self._say(f"fetching {self._url}")
        try:
            with path.open("w+b") as file:
                self._fetch(file)
            _check(path, self._wheel)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _fetch(self, file: IO[bytes]) -> None:
        for attempt in range(self._access.retries + 1):
            if attempt:
                time.sleep(min(_PAUSE * 2**attempt, 8.0))
            try:
                self._take(file)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == _RANGE_REFUSED and file.tell():
                    file.seek(0)
                    file.truncate()
                elif error.code not in _PASSING or attempt == self._access.retries:
                    raise HttpStatusError(self._url, error.code) from None
            except ValueError:
                # The word of the standard library for a redirect to what is no address.
                raise SourceError(
                    f"`{self._url}` leads to an address that cannot be asked", where=self._url
                ) from None
            except (OSError, HTTPException) as error:
                if attempt == self._access.retries or _is_final(error):
                    raise self._away(error) from None
                self._say(f"trying again: {_words(error)}")
            else:
                return
        raise SourceError(f"`{self._url}` cannot be fetched", where=self._url)

    def _away(self, error: OSError | HTTPException) -> SourceError:
        host = urlsplit(self._url).hostname or self._url
        return SourceError(
            f"cannot fetch `{self._url}`: {_words(error)}",
            where=self._url,
            hint=f"see that `{host}` can be reached, or put `{self._wheel.name.filename}` into a"
            " wheelhouse and name it with the config setting `find-links`",
        )

    def _take(self, file: IO[bytes]) -> None:
        """Append what is missing of the file."""
        headers = {
            "User-Agent": f"whichwheel-dispatch/{__version__}",
            "Accept-Encoding": "identity",
        }
        have = file.seek(0, os.SEEK_END)
        if have:
            headers["Range"] = f"bytes={have}-"
        request = urllib.request.Request(self._url, headers=headers)  # noqa: S310 -- http, https
        response: _Response = self._opener.open(request, timeout=self._access.timeout)
        try:
            partial = f"bytes {have}-"
            if response.status != _PARTIAL or not response.headers.get(
                "Content-Range", ""
            ).startswith(partial):
                have = file.seek(0)
                file.truncate()
            self._append(file, response, have)
        finally:
            response.close()

    def _append(self, file: IO[bytes], response: _Response, have: int) -> None:
        listed = self._wheel.size
        told = response.headers.get("Content-Length", "")
        whole = have + int(told) if listed is None and told.isdigit() else listed
        came, since = 0, time.monotonic()
        while chunk := response.read1(_CHUNK):
            have += len(chunk)
            came += len(chunk)
            if listed is not None and have > listed:
                raise SourceError(
                    f"`{self._url}` is longer than the {listed} bytes that are listed",
                    where=self._url,
                    hint="the file was changed; do not install it",
                )
            file.write(chunk)
            if time.monotonic() - since > self._access.timeout:
                if came < _TRICKLE:
                    raise TimeoutError(
                        f"it sends less than {_TRICKLE} bytes in {self._access.timeout:g} s"
                    )
                came, since = 0, time.monotonic()
        if whole is not None and have < whole:
            raise ConnectionError(f"it broke off after {have} of {whole} bytes")


def _opener(url: str, access: IndexSettings) -> urllib.request.OpenerDirector:
    """Return what opens addresses, by pip's settings and what the standard library honours."""
    proxies = None
    if access.proxy:
        proxies = {"http": access.proxy, "https": access.proxy}
    return urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPSHandler(context=_context(url, access)),
    )


def _context(url: str, access: IndexSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context()
        if access.certificate is not None:
            is_folder = Path(access.certificate).is_dir()
            context.load_verify_locations(
                cafile=None if is_folder else access.certificate,
                capath=access.certificate if is_folder else None,
            )
        if access.client_certificate is not None:
            context.load_cert_chain(access.client_certificate)
    except OSError as error:
        which = access.certificate or access.client_certificate or "of the system"
        raise SourceError(
            f"the certificates `{which}` cannot be used: {error.strerror or error}", where=which
        ) from None
    if urlsplit(url).hostname in access.trusted_hosts:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_final(error: OSError | HTTPException) -> bool:
    """Whether it will not be otherwise a moment later."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return isinstance(reason, ssl.SSLCertVerificationError)


def _words(error: OSError | HTTPException) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__
