import os
from configparser import RawConfigParser
from pathlib import Path

import pytest

from whichwheel.serve.running.addresses import Address
from whichwheel.serve.running.settings import poetry_environments
from whichwheel.serve.running.tools import Upstream, pip_file, tool_changes, upstream_of_uv
from whichwheel.sources.configuration import replaceable_files

ADDRESS = Address(25_000, "0" * 32)


def applied(environ: dict[str, str], proxy: str | None = None) -> dict[str, str]:
    changes = tool_changes(
        ADDRESS,
        environ=environ,
        folder=Path(),
        pip_config=None,
        tool_caches=Path("caches"),
        pip_proxy=proxy,
    )
    return changes.applied(environ)


def test_sources_that_tools_were_told_of_are_taken_away_and_all_else_stays() -> None:
    environ = {
        "PATH": "/bin",
        "PIP_INDEX_URL": "https://index.example/",
        "PIP_EXTRA_INDEX_URL": "https://index.example/",
        "PIP_FIND_LINKS": "/wheels",
        "PIP_NO_INDEX": "1",
        "PIP_CERT": "/ca.pem",
        "UV_INDEX": "https://index.example/",
        "UV_HTTP_TIMEOUT": "9",
        "PDM_PYPI_PASSWORD": "secret",
    }
    found = applied(environ)
    assert found["PIP_INDEX_URL"] == f"http://whichwheel:{'0' * 32}@127.0.0.1:25000/simple/"
    assert {found["UV_DEFAULT_INDEX"], found["UV_INDEX_URL"], found["PDM_PYPI_URL"]} == {
        found["PIP_INDEX_URL"]
    }
    assert (found["PATH"], found["PIP_CERT"], found["UV_HTTP_TIMEOUT"]) == ("/bin", "/ca.pem", "9")
    gone = {"PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "UV_INDEX"}
    assert not gone & set(found)
    assert "secret" not in found.values()


def test_tools_wait_for_a_wheel_that_is_fetched_and_made_first() -> None:
    found = applied({"PIP_TIMEOUT": "20", "HTTP_TIMEOUT": "", "POETRY_REQUESTS_TIMEOUT": "40"})
    assert "PIP_DEFAULT_TIMEOUT" not in found
    assert found["UV_HTTP_TIMEOUT"] == found["PDM_REQUEST_TIMEOUT"] == "1800"
    assert found["POETRY_REQUESTS_TIMEOUT"] == "40"


@pytest.mark.parametrize(
    ("excepted", "expected"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "a.example"}, "a.example,127.0.0.1,localhost"),
        ({"no_proxy": "b.example , 127.0.0.1", "NO_PROXY": "a"}, "b.example,127.0.0.1,localhost"),
    ],
)
def test_loopback_is_reached_without_the_proxies_of_the_user(
    excepted: dict[str, str], expected: str
) -> None:
    found = applied({"HTTPS_PROXY": "http://proxy.example", **excepted})
    assert found["NO_PROXY"] == found["no_proxy"] == expected
    assert found["HTTPS_PROXY"] == "http://proxy.example"
    assert applied({"NO_PROXY": "*"})["NO_PROXY"] == "*"


def test_the_proxy_that_pip_is_given_is_one_for_all_but_loopback() -> None:
    found = applied({"PIP_PROXY": "http://proxy.example"}, "http://proxy.example")
    assert "PIP_PROXY" not in found
    assert found["HTTP_PROXY"] == found["https_proxy"] == "http://proxy.example"


def test_files_of_pip_lose_their_sources_alone(tmp_path: Path) -> None:
    old, new = tmp_path / "old.conf", tmp_path / "new.conf"
    old.write_text("[global]\ntimeout = 9\nextra_index_url = https://index.example\nuser = no\n")
    new.write_text(
        "[install]\nuser = yes\nfind-links = /x\n[mine]\nindex-url = y\n[global]\nuser=1"
    )
    (tmp_path / "broken.conf").write_text("no section")
    parser = RawConfigParser()
    parser.read_string(pip_file([old, new, tmp_path / "broken.conf", tmp_path / "none.conf"]))
    assert parser["global"]["timeout"] == "9"
    assert parser["global"]["user"] == "1"
    assert parser["install"]["user"] == "yes"
    for section in ("global", "install", "download", "wheel", "mine"):
        assert {parser[section][name] for name in ("index-url", "extra-index-url")} == {""}
        assert {parser[section][name] for name in ("find-links", "no-index")} == {""}


def test_a_file_that_is_named_takes_the_place_of_the_user_s(tmp_path: Path) -> None:
    named = tmp_path / "named.conf"
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert replaceable_files({**home, "PIP_CONFIG_FILE": os.devnull}) == ()
    assert named not in replaceable_files({**home, "PIP_CONFIG_FILE": str(named)})
    named.touch()
    assert replaceable_files({**home, "PIP_CONFIG_FILE": str(named)}) == (named,)


def test_sources_of_uv_are_asked_in_the_order_of_uv() -> None:
    environ = {
        "UV_INDEX": "own=https://a.example/ https://b.example/?x=y",
        "UV_EXTRA_INDEX_URL": "https://c.example/",
        "UV_DEFAULT_INDEX": "main=https://d.example/",
        "UV_FIND_LINKS": "/wheels,https://e.example/",
    }
    assert upstream_of_uv(environ) == Upstream(
        (
            "https://a.example/",
            "https://b.example/?x=y",
            "https://c.example/",
            "https://d.example/",
        ),
        ("/wheels", "https://e.example/"),
    )
    assert upstream_of_uv({}) is None


def test_environments_of_poetry_stay_where_they_are(tmp_path: Path) -> None:
    project, settings = tmp_path / "app" / "src", tmp_path / "settings"
    project.mkdir(parents=True)
    settings.mkdir()
    (tmp_path / "app" / "pyproject.toml").touch()
    environ = {"POETRY_CONFIG_DIR": str(settings), "POETRY_CACHE_DIR": "/cache"}
    assert poetry_environments(environ, project) == "/cache/virtualenvs"
    (settings / "config.toml").write_text('[virtualenvs]\npath = "/envs"\n')
    assert poetry_environments(environ, project) == "/envs"
    (tmp_path / "app" / "poetry.toml").write_text('[virtualenvs]\npath = "{cache-dir}/own"\n')
    assert poetry_environments(environ, project) == "/cache/own"
    assert poetry_environments({**environ, "POETRY_VIRTUALENVS_PATH": "/x"}, project) == "/x"
