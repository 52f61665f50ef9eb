"""The folders are those that `platformdirs` names, whatever the variables say."""

from pathlib import Path

import platformdirs
import pytest

from whichwheel import _folders

VARIABLES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"HOME": "/home/x"},
        {"HOME": "/home/x/"},
        {"HOME": "/"},
        {"HOME": "relative"},
        {"HOME": ""},
        {"HOME": "/home/x", "XDG_CACHE_HOME": "/a b/c", "XDG_CONFIG_HOME": "/d/"},
        {"HOME": "/home/x", "XDG_CACHE_HOME": "relative", "XDG_CONFIG_HOME": " /padded "},
        {"HOME": "/home/x", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""},
        {"HOME": "/home/x", "XDG_CONFIG_DIRS": "/etc/one:/etc/two"},
        {"HOME": "/home/x", "XDG_CONFIG_DIRS": "relative:/etc/two"},
    ],
    ids=str,
)
def test_they_are_those_of_platformdirs(
    values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    named = platformdirs.PlatformDirs("whichwheel", appauthor=False)
    assert Path(_folders.user_cache()) == named.user_cache_path
    assert Path(_folders.user_config()) == named.user_config_path
    assert Path(_folders.system_config()) == named.site_config_path
