"""Who the user is at which server, by the `keyring` command; a real one is on the path."""

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.server import Behaviour, Server, serve
from whichwheel.sources.addresses import Credentials, take_credentials
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.errors import HttpStatusError
from whichwheel.sources.network.http import HttpClient
from whichwheel.sources.network.http_cache import HttpCache
from whichwheel.sources.network.keyring_command import KeyringCommand

LIMIT = 1 << 20
ORIGIN = "https://index.example:443"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for keyring is a script")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "served"
    folder.mkdir()
    for name in "abcdefgh":
        (folder / name).write_text(name)
    with serve(folder) as running:
        running.default = Behaviour(user="me:5ecr3t", headers={"Cache-Control": "max-age=600"})
        yield running


class Ring:
    """A `keyring` command that notes how it is called."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder

    def put(self, body: str) -> None:
        """Write the command; `say(user, password)` answers for any service."""
        program = self.folder / "keyring"
        program.write_text(
            f"#!{sys.executable}\n"
            "import json, sys, time\n"
            f"open({str(self.folder / 'calls')!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
            "def say(user, password):\n"
            "    print(json.dumps({'username': user, 'password': password})\n"
            "          if '--mode=creds' in sys.argv else password)\n" + body,
            encoding="utf-8",
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each call."""
        path = self.folder / "calls"
        text = path.read_text("utf-8") if path.exists() else ""
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ring:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return Ring(tmp_path / "bin")


@pytest.fixture
def new(tmp_path: Path) -> Callable[..., HttpClient]:
    def make(index: str) -> HttpClient:
        settings = IndexSettings((index,), retries=0, timeout=5, keyring_provider="subprocess")
        credentials = Credentials()
        take_credentials(index, credentials)
        return HttpClient(settings, HttpCache(tmp_path / "cache"), credentials)

    return make


NewClient = Callable[[str], HttpClient]


@pytest.mark.parametrize("user", ["", "me@"])
def test_it_is_asked_once_and_what_it_opens_is_kept(
    server: Server, ring: Ring, new: NewClient, user: str
) -> None:
    ring.put("say('me', '5ecr3t')\n")
    index = server.url.replace("//", f"//{user}")
    client = new(index)
    with ThreadPoolExecutor(8) as threads:
        bodies = list(
            threads.map(lambda name: client.get(server.url + name, maximum=LIMIT).body, "abcdefgh")
        )
    assert b"".join(bodies) == b"abcdefgh"
    assert len(ring.calls) == 1
    server.requests.clear()
    again = new(index)
    for name in "abcdefgh":
        again.get(server.url + name, maximum=LIMIT)
    assert not server.requests
    assert len(ring.calls) == 1


def test_a_password_that_is_refused_is_told_and_not_tried_again(
    server: Server, ring: Ring, new: NewClient
) -> None:
    ring.put("say('me', 'wrong')\n")
    client = new(server.url)
    for _ in range(2):
        with pytest.raises(HttpStatusError) as caught:
            client.get(server.url + "a", maximum=LIMIT)
        assert "what `keyring` has for `127.0.0.1` is refused" in (caught.value.hint or "")
        assert "wrong" not in str(caught.value)
    assert [request.status for request in server.requests] == [401, 401, 401]
    assert len(ring.calls) == 1


def test_what_one_server_is_told_another_is_not(
    tmp_path: Path, server: Server, ring: Ring, new: NewClient
) -> None:
    ring.put("say('me', '5ecr3t') if '127.0.0.1' in sys.argv[-1] else sys.exit(1)\n")
    with serve(tmp_path / "served") as other:
        away = other.url.replace("127.0.0.1", "localhost")
        other.default = Behaviour(user="me:5ecr3t")
        server.set("a", Behaviour(user="me:5ecr3t", redirect=f"{away}a"))
        with pytest.raises(HttpStatusError, match="localhost"):
            new(server.url).get(server.url + "a", maximum=LIMIT)
        assert len(other.requests) == 1
        assert "authorization" not in other.requests[0].headers
    host = away.removeprefix("http://").rstrip("/")
    assert ring.calls[-1] == ["--mode=creds", "--output=json", "get", host]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("sys.exit(1)\n", "`keyring` has no password for it"),
        ("print('no JSON')\n", "`keyring` has no password for it"),
        ("print(json.dumps({'username': 1, 'password': None}))\n", "has no password"),
        ("print('[' * 100000)\n", "`keyring` has no password for it"),
        ("time.sleep(20)\n", "`keyring` did not answer within 0.5 s"),
    ],
)
def test_what_it_cannot_say_is_told(ring: Ring, body: str, why: str) -> None:
    ring.put(body)
    keyring = KeyringCommand(time_limit=0.5)
    assert keyring.ask(ORIGIN, ["index.example"], None) is None
    assert why in (keyring.why_not(ORIGIN) or "")


def test_a_host_is_no_option_of_the_command(ring: Ring) -> None:
    """Any server may redirect to a host of any name."""
    ring.put("say('me', '5ecr3t')\n")
    keyring = KeyringCommand()
    assert keyring.ask(ORIGIN, ["--keyring-backend=evil.Ring"], None) is None
    assert not ring.calls
    assert keyring.ask("https://b:443", ["-x:80", "b"], None) == ("me", "5ecr3t")


def test_a_user_is_no_option_of_the_command(ring: Ring) -> None:
    ring.put("say('me', '5ecr3t')\n")
    assert KeyringCommand().ask(ORIGIN, ["index.example"], "--disable") is None
    assert not ring.calls
