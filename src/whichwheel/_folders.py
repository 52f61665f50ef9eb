"""Where files of this program are that belong to the user, or to the whole system.

`platformdirs` knows. To load it takes a tenth of a short run, so that the answer it mostly gives on
Linux stands here; whatever is unusual, it is asked.
"""

import os
import sys

__all__ = ["system_config", "user_cache", "user_config"]

_NAME = "whichwheel"


def user_cache() -> str:
    """Return the user's own folder of all caches."""
    usual = _usual("XDG_CACHE_HOME", ".cache")
    if usual is not None:
        return usual
    from platformdirs import user_cache_dir  # noqa: PLC0415 -- start-up time

    return user_cache_dir(_NAME, appauthor=False)


def user_config() -> str:
    """Return the folder of the user's own configuration."""
    usual = _usual("XDG_CONFIG_HOME", ".config")
    if usual is not None:
        return usual
    from platformdirs import user_config_dir  # noqa: PLC0415 -- start-up time

    return user_config_dir(_NAME, appauthor=False)


def system_config() -> str:
    """Return the folder of what an administrator configures for all users."""
    if sys.platform == "linux" and not os.environ.get("XDG_CONFIG_DIRS"):
        return f"/etc/xdg/{_NAME}"
    from platformdirs import site_config_path  # noqa: PLC0415 -- start-up time

    # The first of several.
    return str(site_config_path(_NAME, appauthor=False))


def _usual(variable: str, inside: str) -> str | None:
    """Return what a variable says, or what is inside the user's home without it.

    :return: None where it takes more than that to know
    """
    if sys.platform != "linux":
        return None
    named = os.environ.get(variable, "")
    if not named:
        home = os.environ.get("HOME", "")
        named = f"{home.rstrip('/')}/{inside}" if home.startswith("/") else ""
    ordinary = named.startswith("/") and named == named.strip()
    return f"{named.rstrip('/')}/{_NAME}" if ordinary else None
