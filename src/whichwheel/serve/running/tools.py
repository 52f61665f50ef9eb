"""What makes the installers of today ask a private proxy: their own variables, and nothing else.

Sources that a tool was told of are what the proxy asks now; the tool itself must not ask them
beside it, or it would find there what the proxy leaves out on purpose. An empty variable does not
take back what a configuration file of pip says, but an empty value in a nearer file does.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whichwheel.serve.running.addresses import HOST, USER, Address
from whichwheel.serve.running.settings import poetry_environments

__all__ = ["TOOLS_FOLDER", "Changes", "Upstream", "pip_file", "tool_changes", "upstream_of_uv"]

#: The folder, below that of all caches, of the caches that tools have of their own.
TOOLS_FOLDER = "tools-1"

#: Options of pip that name sources, or stand between it and loopback.
_PIP_SOURCES = ("index-url", "pypi-url", "extra-index-url", "find-links", "no-index", "proxy")
#: Sections of pip's files: those of the commands that look for packages.
_PIP_SECTIONS = ("global", "install", "download", "wheel", "lock", "list", "index", "inspect")

_UV_SOURCES = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX")
_PDM_SOURCES = ("PDM_PYPI_USERNAME", "PDM_PYPI_PASSWORD", "PDM_PYPI_JSON_API")
#: How long a tool waits for a sign of life, by its variables, in seconds. A wheel that is made
#: here is fetched whole before the first byte goes on, and sources have a limit of their own.
_TIMEOUTS = (
    ("PIP_DEFAULT_TIMEOUT", "PIP_TIMEOUT"),
    ("UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT", "HTTP_TIMEOUT"),
    ("PDM_REQUEST_TIMEOUT",),
    ("POETRY_REQUESTS_TIMEOUT",),
)
_TIMEOUT = "1800"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_NO_PROXY = "NO_PROXY"


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different in the environment of a command.

    :param variables: those that are set
    :param removed: those that are taken away
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()

    def applied(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment with the changes."""
        kept = {name: text for name, text in environ.items() if name not in self.removed}
        return kept | dict(self.variables)


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a tool would look for packages if nobody came in between.

    :param index_urls: in the order in which it asks
    :param find_links: folders and pages with links
    """

    index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()


def tool_changes(  # noqa: PLR0913 -- all that a command is run with
    address: Address,
    *,
    environ: Mapping[str, str],
    folder: Path,
    pip_config: Path | None,
    tool_caches: Path,
    pip_proxy: str | None = None,
) -> Changes:
    """Return what makes pip, uv, pdm, poetry, and all that use one of them, ask a proxy.

    :param environ: the environment that a command would get
    :param folder: the one that the command runs in
    :param pip_config: the file that :func:`pip_file` is written to; None where pip reads none
    :param tool_caches: the folder for the caches of tools that know packages by name and version
        alone: what they remember holds for one choice, and not where nobody chooses
    :param pip_proxy: the HTTP proxy that pip is configured with
    """
    url = address.url
    variables = {
        "PIP_INDEX_URL": url,
        "UV_DEFAULT_INDEX": url,
        # uv before 0.4.23 knows only this one.
        "UV_INDEX_URL": url,
        "PDM_PYPI_URL": url,
        "PDM_CACHE_DIR": str(tool_caches / "pdm"),
        # Of the plugin poetry-plugin-pypi-mirror; poetry has none of its own.
        "POETRY_PYPI_MIRROR_URL": f"http://{HOST}:{address.port}/simple/",
        "POETRY_HTTP_BASIC_PYPI_USERNAME": USER,
        "POETRY_HTTP_BASIC_PYPI_PASSWORD": address.token,
        "POETRY_CACHE_DIR": str(tool_caches / "poetry"),
        # Environments lie in its cache, too, and have to stay where they are.
        "POETRY_VIRTUALENVS_PATH": poetry_environments(environ, folder),
    }
    if pip_config is not None:
        variables["PIP_CONFIG_FILE"] = str(pip_config)
    for known_as in _TIMEOUTS:
        if not any(environ.get(name) for name in known_as):
            variables[known_as[0]] = _TIMEOUT
    for names, value in _proxies(environ, pip_proxy):
        variables.update(dict.fromkeys(names, value))
    removed = {f"PIP_{name.upper().replace('-', '_')}" for name in _PIP_SOURCES}
    # uv would ask the indexes of PyTorch for PyTorch, whatever else it is told.
    removed |= {*_UV_SOURCES, *_PDM_SOURCES, "UV_TORCH_BACKEND"}
    return Changes(
        variables, frozenset(name for name in removed - set(variables) if name in environ)
    )


def _proxies(
    environ: Mapping[str, str], pip_proxy: str | None
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield variables so that loopback is reached directly, and all else as before."""
    configured = {name: text for name, text in _system_proxies(environ).items() if text}
    if pip_proxy is not None:
        # Given to pip itself, it would stand between pip and loopback.
        configured.update(dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), pip_proxy))
    for name, text in configured.items():
        yield (name, name.lower()), text
    excepted = environ.get(_NO_PROXY.lower()) or environ.get(_NO_PROXY) or ""
    words = [word.strip() for word in excepted.split(",") if word.strip()]
    if "*" not in words:
        more = [each for each in (HOST, "localhost") if each not in words]
        yield (_NO_PROXY, _NO_PROXY.lower()), ",".join([*words, *more])


def _system_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies of the system's settings, which variables would put out of force."""
    names = (*_PROXIES, *map(str.lower, _PROXIES))
    found: dict[str, str] = {}
    if sys.platform in {"win32", "darwin"} and not any(environ.get(name) for name in names):
        from urllib.request import getproxies  # noqa: PLC0415 -- only these systems have settings

        found.update(
            (f"{scheme.upper()}_PROXY", text)
            for scheme, text in getproxies().items()
            if scheme in {"http", "https"}
        )
    return found


def pip_file(files: Iterable[Path]) -> str:
    """Return a configuration for pip: what the user's files say, but where packages come from.

    The emptied options also take back what the files of the system and of an environment say;
    these are read before it, and stay in force for all else.

    :param files: those that ``PIP_CONFIG_FILE`` replaces, the nearest last
    """
    from configparser import Error, RawConfigParser  # noqa: PLC0415 -- start-up time
    from io import StringIO  # noqa: PLC0415 -- start-up time

    merged = RawConfigParser()
    for path in files:
        parser = RawConfigParser()
        try:
            with path.open(encoding="utf-8") as file:
                parser.read_file(file)
        except (OSError, UnicodeDecodeError, Error):
            # Where one is broken, reading the sources has said so.
            continue
        for section in parser.sections():
            if not merged.has_section(section):
                merged.add_section(section)
            for name, value in parser.items(section):
                merged.set(section, name.replace("_", "-"), value)
    for section in dict.fromkeys((*_PIP_SECTIONS, *merged.sections())):
        if not merged.has_section(section):
            merged.add_section(section)
        for name in _PIP_SOURCES:
            merged.set(section, name, "")
    text = StringIO()
    merged.write(text)
    return text.getvalue()


def upstream_of_uv(environ: Mapping[str, str]) -> Upstream | None:
    """Return the sources that variables name to uv, None if they name none.

    uv asks further indexes before its default one.
    """
    named = [
        word.partition("=")[2] if _has_name(word) else word
        for word in (environ.get("UV_INDEX") or "").split()
    ]
    extra = (environ.get("UV_EXTRA_INDEX_URL") or "").split()
    default = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or ""
    if _has_name(default):
        default = default.partition("=")[2]
    links = (environ.get("UV_FIND_LINKS") or "").replace(",", " ").split()
    if not (named or extra or default or links):
        return None
    return Upstream((*named, *extra, *filter(None, [default])), tuple(links))


def _has_name(word: str) -> bool:
    """Whether an index is given as ``name=URL``."""
    name, separator, rest = word.partition("=")
    return bool(separator) and ":" not in name and "/" not in name and bool(rest)
