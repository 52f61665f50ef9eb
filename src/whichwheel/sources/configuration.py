"""Which indexes to use: those that pip on this machine would, unless the user says otherwise.

pip's documentation, Configuration: environment variables, then the section of the command, then
the section for all; of each, the file that ``PIP_CONFIG_FILE`` names (which replaces the user's),
the environment's, the user's and the system's.
"""

import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from whichwheel.sources.addresses import as_url, file_path
from whichwheel.sources.errors import SourceError
from whichwheel.sources.words import INDEX_STRATEGIES, KEYRING_PROVIDERS
from whichwheel.spec.values import dataclass

__all__ = [
    "IndexSettings",
    "PipSetting",
    "access_settings",
    "index_forbidden",
    "pip_files",
    "pip_setting",
    "read_settings",
    "replaceable_files",
]

_SECTIONS = ("install", "global")
#: Options of pip that have two names.
_ALIASES = {"timeout": "default-timeout", "index-url": "pypi-url"}
_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
_FALSE = frozenset({"0", "false", "no", "off", "n", "f", ""})


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where to look, and how to get there.

    :param index_urls: in order, as given: URLs, maybe with credentials, or paths
    :param find_links: folders, pages or URLs of pages that list files
    :param certificate: CA bundle file or folder
    :param client_certificate: file with the client's certificate and key
    :param timeout: in seconds, for each step
    :param retries: how often to try again
    :param trusted_hosts: hosts whose certificate is not checked
    :param retry_wait: before the first repetition, in seconds; doubled for each further one
    :param keyring_provider: ``subprocess`` to ask the ``keyring`` command for passwords
    :param index_strategy: which of several indexes that have a project counts
    :param uploaded_prior_to: before when files must have been uploaded for pip, as it is written
    """

    index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    certificate: str | None = None
    client_certificate: str | None = None
    proxy: str | None = None
    timeout: float = 15.0
    retries: int = 3
    trusted_hosts: frozenset[str] = frozenset()
    retry_wait: float = 0.25
    keyring_provider: str = KEYRING_PROVIDERS[0]
    index_strategy: str = INDEX_STRATEGIES[0]
    uploaded_prior_to: str | None = None


def read_settings(  # noqa: PLR0913 -- each is one option of pip and of ours
    *,
    index_url: str | None = None,
    extra_index_urls: Sequence[str] = (),
    find_links: Sequence[str] = (),
    no_index: bool = False,
    certificate: str | None = None,
    client_certificate: str | None = None,
    proxy: str | None = None,
    timeout: float | None = None,
    retries: int | None = None,
    trusted_hosts: Sequence[str] = (),
    retry_wait: float | None = None,
    keyring_provider: str | None = None,
    index_strategy: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> IndexSettings:
    """Return the settings: what is given here, then what pip is configured with.

    An ``index_url`` given here stands alone: configured extra indexes and find-links would be
    sources that the user did not name. Configured find-links that do not exist are left out, as
    pip does.

    :raises SourceError: if a configuration file cannot be read, or a value is no number
    """
    pip = _PipSettings(environ)
    configured = index_url is None and not no_index
    urls: list[str] = []
    if index_url is not None:
        urls.append(index_url)
    elif not no_index and not pip.flag("no-index"):
        urls.append(pip.text("index-url") or _builtin_index())
        urls += pip.words("extra-index-url")
    if not no_index:
        urls += extra_index_urls
    links = [*find_links, *(pip.find_links() if configured else ())]
    return IndexSettings(
        index_urls=tuple(dict.fromkeys(urls)),
        find_links=tuple(dict.fromkeys(links)),
        certificate=certificate or pip.path("cert"),
        client_certificate=client_certificate or pip.path("client-cert"),
        proxy=proxy or pip.text("proxy"),
        timeout=timeout if timeout is not None else pip.number("timeout", 15.0),
        retries=retries if retries is not None else int(pip.number("retries", 3, zero=True)),
        trusted_hosts=frozenset(
            host.partition(":")[0] for host in (*trusted_hosts, *pip.words("trusted-host"))
        ),
        retry_wait=0.25 if retry_wait is None else retry_wait,
        keyring_provider=keyring_provider or pip.keyring_provider(),
        index_strategy=index_strategy or INDEX_STRATEGIES[0],
        uploaded_prior_to=pip.text("uploaded-prior-to"),
    )


def access_settings(environ: Mapping[str, str] = os.environ) -> IndexSettings:
    """Return how pip gets at files, and its find-links as they are written, without any index.

    :raises SourceError: as :func:`read_settings`
    """
    settings = read_settings(no_index=True, environ=environ)
    return replace(settings, find_links=tuple(_PipSettings(environ).words("find-links")))


def index_forbidden(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether pip is configured to ask no index.

    :raises SourceError: as :func:`read_settings`
    """
    return _PipSettings(environ).flag("no-index")


@dataclass(frozen=True, slots=True)
class PipSetting:
    """One value that pip is configured with.

    :param text: as written, maybe with credentials
    :param origin: the variable, or the file and the section
    """

    text: str = field(repr=False)
    origin: str


def pip_setting(name: str, environ: Mapping[str, str] = os.environ) -> PipSetting | None:
    """Return what pip is configured with, and where that is said.

    :param name: as pip's long option, without the dashes
    :raises SourceError: if a configuration file cannot be read
    """
    return _PipSettings(environ).said(name)


def pip_files(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return the files that pip is configured with, the most specific first."""
    return tuple(path for path in _files(environ) if path.is_file())


def _builtin_index() -> str:
    """Return the index that pip uses when nothing is configured."""
    from pip._internal.models.index import PyPI  # noqa: PLC0415 -- pip alone knows it

    return str(PyPI.simple_url)


class _PipSettings:
    """What pip's variables and files say, the most specific first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._layers = list(_read_files(environ))

    def text(self, name: str) -> str | None:
        found = self.said(name)
        return None if found is None else found.text

    def said(self, name: str) -> PipSetting | None:
        """Return the most specific setting."""
        names = [name, _ALIASES[name]] if name in _ALIASES else [name]
        for variable in names:
            key = f"PIP_{variable.upper().replace('-', '_')}"
            value = self._environ.get(key)
            if value:
                return PipSetting(value, key)
        for section in _SECTIONS:
            for option in names:
                # An empty value takes back what a less specific file says.
                found = next(
                    (
                        PipSetting(layer[section][option], f"{path}, [{section}]")
                        for path, layer in self._layers
                        if option in layer.get(section, {})
                    ),
                    None,
                )
                if found is not None and found.text:
                    return found
        return None

    def path(self, name: str) -> str | None:
        text = self.text(name)
        return None if text is None else os.path.expanduser(text)  # noqa: PTH111 -- text for text

    def find_links(self) -> Iterator[str]:
        for text in self.words("find-links"):
            link = os.path.expanduser(text)  # noqa: PTH111 -- may be a URL
            path = file_path(as_url(link))
            if path is None or path.exists():
                yield link

    def keyring_provider(self) -> str:
        """Return whether to ask the command, by pip's words: by itself, pip asks only people."""
        text = self.text("keyring-provider") or "auto"
        return "subprocess" if text in {"subprocess", "import"} else "disabled"

    def words(self, name: str) -> list[str]:
        return (self.text(name) or "").split()

    def number(self, name: str, default: float, *, zero: bool = False) -> float:
        text = self.text(name)
        if text is None:
            return default
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if math.isfinite(found) and (found > 0 or (zero and found == 0)):
            return found
        raise SourceError(
            f"pip's setting `{name}` is `{text}`, which is no number that it may be",
            where=name,
            hint="see `pip config list`",
        )

    def flag(self, name: str) -> bool:
        text = (self.text(name) or "").lower()
        if text not in _TRUE | _FALSE:
            raise SourceError(
                f"pip's setting `{name}` is `{text}`, neither yes nor no",
                where=name,
                hint="see `pip config list`",
            )
        return text in _TRUE


def _unreadable(path: Path, error: Exception) -> SourceError:
    why = str(error).partition("\n")[0]
    return SourceError(f"pip's configuration file `{path}` cannot be read: {why}", where=str(path))


def _read_files(
    environ: Mapping[str, str],
) -> Iterator[tuple[Path, Mapping[str, Mapping[str, str]]]]:
    for path in _files(environ):
        try:
            text = path.read_text(encoding="utf-8")
        except OSError:
            continue
        except UnicodeDecodeError as error:
            raise _unreadable(path, error) from None
        from configparser import Error, RawConfigParser  # noqa: PLC0415 -- mostly there is no file

        parser = RawConfigParser()
        try:
            parser.read_string(text, str(path))
        except Error as error:
            raise _unreadable(path, error) from None
        yield (
            path,
            {
                section: {name.replace("_", "-"): value for name, value in parser.items(section)}
                for section in parser.sections()
            },
        )


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield pip's configuration files, the most specific first."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    if named:
        yield Path(named)
    filename = "pip.ini" if sys.platform == "win32" else "pip.conf"
    yield Path(environ.get("VIRTUAL_ENV") or sys.prefix) / filename
    yield from _user_files(environ, filename) if not (named and Path(named).exists()) else ()
    if sys.platform == "win32":
        yield Path(environ.get("PROGRAMDATA") or "C:/ProgramData") / "pip" / filename
    elif sys.platform == "darwin":
        yield Path("/Library/Application Support/pip") / filename
    else:
        yield Path("/etc") / filename
        for folder in reversed((environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)):
            yield Path(folder) / "pip" / filename


def replaceable_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files of pip that another one in ``PIP_CONFIG_FILE`` replaces, the nearest last.

    Those of the system and of environments are read beside it.
    """
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return ()
    if named and Path(named).exists():
        return (Path(named),)
    filename = "pip.ini" if sys.platform == "win32" else "pip.conf"
    return tuple(_user_files(environ, filename))[::-1]


def _user_files(environ: Mapping[str, str], filename: str) -> Iterator[Path]:
    home = Path(environ.get("HOME") or Path.home())
    if sys.platform == "win32":
        yield Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "pip" / filename
        yield home / "pip" / filename
        return
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    if sys.platform == "darwin" and (home / "Library/Application Support/pip").is_dir():
        config = home / "Library/Application Support"
    yield config / "pip" / filename
    yield home / ".pip" / filename
