"""Settings in files of other installers."""

from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.regular_file import open_regular_file

__all__ = ["poetry_environments", "read_toml"]

_LARGEST = 4 * 1024 * 1024
_CACHE = "{cache-dir}"


def read_toml(path: Path) -> Mapping[str, object]:
    """Return what a file of settings says; nothing, if it cannot be read.

    The tool that it belongs to says what is wrong with it.
    """
    try:
        with open_regular_file(path) as file:
            content = file.read(_LARGEST)
    except OSError:
        return {}
    import tomllib  # noqa: PLC0415 -- mostly there is no such file

    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}


def poetry_environments(environ: Mapping[str, str], folder: Path) -> str:
    """Return the folder that poetry makes environments in (poetry documentation, Configuration).

    :param folder: the one that it runs in
    """
    from platformdirs import user_cache_path, user_config_path  # noqa: PLC0415 -- start-up time

    own = user_config_path("pypoetry", appauthor=False, roaming=True)
    within = (folder.absolute(), *folder.absolute().parents)
    local = next((each for each in within if (each / "pyproject.toml").is_file()), folder)
    path, cache = environ.get("POETRY_VIRTUALENVS_PATH"), environ.get("POETRY_CACHE_DIR")
    for file in (
        local / "poetry.toml",
        Path(environ.get("POETRY_CONFIG_DIR") or own) / "config.toml",
    ):
        document = read_toml(file)
        table = document.get("virtualenvs")
        path = path or _text(table.get("path") if isinstance(table, dict) else None)
        cache = cache or _text(document.get("cache-dir"))
    cache = cache or str(user_cache_path("pypoetry", appauthor=False))
    return (path or f"{_CACHE}/virtualenvs").replace(_CACHE, cache)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
