import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from whichwheel.sources.addresses import Credentials, as_url, file_path, take_credentials
from whichwheel.sources.configuration import IndexSettings, read_settings
from whichwheel.sources.errors import SourceError

NOTHING = {"PIP_CONFIG_FILE": os.devnull}


def test_without_configuration_it_is_the_index_that_pip_has_built_in() -> None:
    from pip._internal.models.index import PyPI  # noqa: PLC0415 -- as pip's own tests do

    assert read_settings(environ=NOTHING) == IndexSettings(index_urls=(PyPI.simple_url,))


def test_variables_of_pip_are_honoured(tmp_path: Path) -> None:
    environ = {
        **NOTHING,
        "PIP_INDEX_URL": "https://one.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://two.example/simple https://three.example/simple",
        "PIP_FIND_LINKS": f"{tmp_path} https://links.example/ {tmp_path / 'missing'}",
        "PIP_CERT": "/ca.pem",
        "PIP_CLIENT_CERT": "/me.pem",
        "PIP_PROXY": "http://proxy.example:8080",
        "PIP_TIMEOUT": "7",
        "PIP_RETRIES": "1",
        "PIP_TRUSTED_HOST": "one.example:8443",
    }
    assert read_settings(environ=environ) == IndexSettings(
        (
            "https://one.example/simple",
            "https://two.example/simple",
            "https://three.example/simple",
        ),
        (str(tmp_path), "https://links.example/"),
        "/ca.pem",
        "/me.pem",
        "http://proxy.example:8080",
        7.0,
        1,
        frozenset({"one.example"}),
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the places are those of Linux")
@pytest.mark.parametrize("named", [False, True])
def test_files_are_read_as_pip_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    files = {
        "system-2/pip": "[install]\nretries = 2\n[global]\nproxy = http://two.example",
        "system-1/pip": "[install]\nretries = 1\n[global]\nproxy = http://one.example",
        ".pip": "[global]\nretries = 3\ncert = ~/legacy.pem\nclient_cert = /legacy.pem\n",
        "config/pip": "[global]\ncert = ~/user.pem\ndefault-timeout = 5\n",
        "environment": "[global]\nclient-cert =\nextra-index-url =\n  https://a.example\n"
        "  https://b.example\n",
        "named": "[global]\nindex-url = https://named.example\n",
    }
    for folder, text in files.items():
        path = tmp_path / folder / "pip.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environ = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CONFIG_DIRS": f"{tmp_path / 'system-1'}:{tmp_path / 'system-2'}",
        "VIRTUAL_ENV": str(tmp_path / "environment"),
        "PATH": os.environ["PATH"],
    }
    if named:
        environ["PIP_CONFIG_FILE"] = str(tmp_path / "named" / "pip.conf")
    script = """
import sys
from pip._internal.commands import create_command
sys.prefix = sys.argv[1]
command = create_command("install")
options, _ = command.parse_args(["foo"])
print([options.index_url, options.extra_index_urls, options.cert, options.client_cert,
       options.proxy, float(options.timeout), int(options.retries)])
"""
    pip = subprocess.run(
        [sys.executable, "-c", script, environ["VIRTUAL_ENV"]],
        env=environ,
        text=True,
        capture_output=True,
        check=True,
    )
    index, extra, certificate, client, proxy, timeout, retries = ast.literal_eval(pip.stdout)
    assert client is None
    # A machine may have a file of its own in `/etc`.
    assert read_settings(environ=environ) == IndexSettings(
        (index, *extra), (), certificate, client, proxy, timeout, retries
    )


def test_what_is_given_here_overrides_what_is_configured(tmp_path: Path) -> None:
    environ = {
        **NOTHING,
        "PIP_INDEX_URL": "https://one.example",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_EXTRA_INDEX_URL": "https://two.example",
    }
    assert read_settings(index_url="https://mine.example", environ=environ) == IndexSettings(
        index_urls=("https://mine.example",)
    )
    assert read_settings(
        extra_index_urls=["https://more.example"], find_links=["here"], environ=environ
    ) == IndexSettings(
        ("https://one.example", "https://two.example", "https://more.example"),
        ("here", str(tmp_path)),
    )
    assert read_settings(no_index=True, find_links=["here"], environ=environ) == IndexSettings(
        find_links=("here",)
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[global]\ntimeout = soon\n", "is no number"),
        ("[global]\ntimeout = nan\n", "is no number"),
        ("[global]\ntimeout = 0\n", "is no number"),
        ("[global]\nretries = 1e999\n", "is no number"),
        ("[global]\nretries = -1\n", "is no number"),
        ("[global\n", "cannot be read"),
        ("[global]\nno-index = perhaps\n", "neither yes nor no"),
    ],
)
def test_a_broken_configuration_is_named(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "pip.conf"
    path.write_text(text)
    with pytest.raises(SourceError, match=why):
        read_settings(environ={"PIP_CONFIG_FILE": str(path), "HOME": str(tmp_path)})


def test_credentials_are_taken_out_of_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "p@ss")
    credentials = Credentials()
    url = take_credentials("https://me:${SECRET}@Index.example/simple", credentials, os.environ)
    assert url == "https://Index.example/simple"
    assert credentials["https://index.example:443"] == ("me", "p@ss")
    assert "p@ss" not in repr(credentials)


def test_paths_become_urls_and_back(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    assert file_path(as_url(str(folder))) == folder
    assert as_url("https://index.example/simple") == "https://index.example/simple"
    assert file_path("https://index.example/simple") is None
    with pytest.raises(SourceError, match="names the host"):
        file_path("file://host.example/x")


def test_variables_in_an_address_from_elsewhere_stay_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET", "p@ss")
    credentials = Credentials()
    take_credentials("https://me:${SECRET}@index.example/foo.whl", credentials)
    assert credentials["https://index.example:443"] == ("me", "${SECRET}")


def test_what_is_no_url_is_refused_without_showing_its_password() -> None:
    with pytest.raises(SourceError, match="is no URL") as caught:
        take_credentials("https://me:hush@[index.example/simple", Credentials())
    assert "hush" not in f"{caught.value} {caught.value.where}"
