"""A network that misbehaves, seen from the command line: it passes, or is told in one message."""

import json
import os
import socket
import stat
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support.certificates import needs_openssl, own_certificate
from support.command import Completed
from support.environments import new_environment
from support.index import write_project
from support.misbehaving import (
    Fault,
    Script,
    busy,
    changed,
    cut,
    cut_chunks,
    gone_before,
    log_in,
    redirected,
    shortened,
    status,
    write_pantry,
)
from support.server import Behaviour, Server, answering, serve
from support.workplace import Workplace

PAGE = "simple/soup/"
VARIANTS = "simple/soup/soup-1.0-variants.json"
SOUP = "wheels/soup-1.0-py3-none-any-sweet.whl"
SPOON = "wheels/spoon-1.0-py3-none-any.whl"
EVERY = [PAGE, VARIANTS, SOUP, f"{SOUP}.metadata", SPOON, f"{SPOON}.metadata", "simple/spoon/"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    write_pantry(tmp_path / "served")
    with serve(tmp_path / "served") as server:
        yield server


def install(
    workplace: Workplace, index: str, *more: str, env: dict[str, str] | None = None
) -> Completed:
    return workplace.run(
        *("install", "soup", "--index-url", index, "--python", workplace.python),
        *("--timeout", "2", "--retries", "2", "--retry-wait", "0.001", *more),
        env=env,
    )


def url(server: Server) -> str:
    """The index, with a secret that nobody is to see."""
    return server.with_user("me:5ecr3t") + "simple/"


def is_one_message(done: Completed) -> bool:
    """Whether a run failed with one error and what to do, and without a secret."""
    lines = done.stderr.splitlines()
    return (
        done.code == 1
        and [
            line.partition(":")[0] for line in lines if not line.startswith(("warning: ", "note: "))
        ]
        == ["error", "hint"]
        and "Traceback" not in done.stderr
        and "5ecr3t" not in done.stderr + done.stdout
    )


FOR_GOOD = {
    "page breaks off": (PAGE, cut(0.5), "broke off before its end"),
    "page is cut short": (PAGE, shortened(), "is not JSON"),
    "log-in instead of a page": (
        PAGE,
        log_in({"Cache-Control": "max-age=3600"}),
        "answered with a web page with the title `Welcome to our network` instead of an index page",
    ),
    "log-in instead of a wheel": (SPOON, log_in(), "web page"),
    "log-in instead of metadata": (f"{SPOON}.metadata", log_in(), "instead of the file"),
    "wheel breaks off": (SPOON, cut(0.0), "broke off before its end"),
    "wheel is changed": (SPOON, changed(), "has the wrong sha256 hash"),
    "asked too often": (PAGE, busy(429, wait="7200"), "asks to wait 7200 s"),
    "trouble": (SPOON, status(502), "answered with HTTP status 502"),
    "forbidden": (SPOON, status(403), "answered with HTTP status 403"),
    "hangs up": (PAGE, gone_before(), "the connection was closed"),
    "circle": (PAGE, redirected(f"/{PAGE}"), "redirects in a circle"),
    "gone": (SPOON, status(410), "answered with HTTP status 410"),
}


@pytest.mark.parametrize("case", FOR_GOOD)
def test_what_does_not_pass_is_told_once_and_leaves_everything_as_it_was(
    workplace: Workplace, served: Server, case: str
) -> None:
    path, fault, message = FOR_GOOD[case]
    before = workplace.tree()
    script = served.interfere = Script()
    script.always(path, fault)
    done = install(workplace, url(served))
    assert is_one_message(done), done.stderr
    assert message in done.stderr
    assert served.url in done.stderr
    assert workplace.tree() == before
    # And a later run is not the worse for it.
    served.interfere = lambda _: False
    done = install(workplace, url(served))
    assert done.code == 0, done.stderr
    assert not done.stderr


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    schedule=st.fixed_dictionaries(
        {
            path: st.lists(
                st.sampled_from(
                    [
                        gone_before(),
                        cut(0.0),
                        cut(0.5),
                        cut(0.99),
                        cut_chunks(),
                        status(500),
                        status(503),
                        busy(429),
                        busy(503, wait=None),
                    ]
                ),
                max_size=2,
            )
            for path in EVERY
        }
    ),
    stays=st.sampled_from([None, None, *EVERY]),
)
def test_an_install_ends_as_without_faults_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    served: Server,
    schedule: dict[str, list[Fault]],
    stays: str | None,
) -> None:
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "wheels").mkdir()
    workplace = Workplace(folder, new_environment(folder))
    before = workplace.tree()
    script = served.interfere = Script()
    for path, faults in schedule.items():
        script.first(path, *faults)
    if stays is not None:
        script.always(stays, status(500))
    done = install(workplace, url(served))
    assert "5ecr3t" not in done.stdout + done.stderr
    if stays is None or done.code == 0:  # what a metadata file says is inside the wheel too
        assert done.code == 0, done.stderr
        assert done.stdout.endswith(": soup 1.0 (sweet), spoon 1.0\n"), done.stdout
        assert not done.stderr
        check = workplace.run("check", "--python", workplace.python)
        assert check.code == 0, check.stdout + check.stderr
    else:
        assert (done.code, done.stderr.count("error: ")) == (1, 1), done.stderr
        assert stays.rstrip("/").rpartition("/")[2] in done.stderr
        assert workplace.tree() == before


def test_a_pause_that_a_server_asks_for_is_told(workplace: Workplace, served: Server) -> None:
    script = served.interfere = Script()
    script.first(PAGE, busy(429, wait="1"))
    done = install(workplace, url(served))
    assert done.code == 0, done.stderr
    assert done.stderr == "note: `127.0.0.1` asks to wait 1 s\n"


def test_other_commands_tell_the_same(workplace: Workplace, served: Server) -> None:
    script = served.interfere = Script()
    script.always(PAGE, status(500))
    where = ("--index-url", url(served), "--retries", "0")
    for command in (("explain", "--python", workplace.python), ("lock", "-o", "pylock.toml")):
        done = workplace.run(*command, "soup", *where)
        assert (done.code, done.stderr.count("error: "), done.stderr.count("hint: ")) == (1, 1, 1)
        assert "5ecr3t" not in done.stderr
        assert f"`{served.url}{PAGE}` answered with HTTP status 500" in done.stderr
    assert not (workplace.folder / "pylock.toml").exists()


def test_who_cannot_be_reached_is_named(workplace: Workplace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    refused = install(workplace, f"http://me:5ecr3t@127.0.0.1:{port}/simple")
    assert is_one_message(refused), refused.stderr
    assert f"cannot reach `http://127.0.0.1:{port}/simple/soup/`" in refused.stderr
    unknown = install(workplace, "http://me:5ecr3t@nobody.invalid/simple", "--retries", "0")
    assert is_one_message(unknown), unknown.stderr
    assert "the name `nobody.invalid` cannot be resolved" in unknown.stderr


def test_a_redirection_takes_no_secret_along(workplace: Workplace, served: Server) -> None:
    with serve(served.folder) as other:
        served.set(PAGE, Behaviour(redirect=f"{other.url}{PAGE}", user="me:5ecr3t"))
        done = install(workplace, url(served), "--dry-run")
        assert done.code == 0, done.stderr
        assert all("authorization" not in each.headers for each in other.requests)
    asked = next(each for each in served.requests if each.path == f"/{PAGE}")
    assert "authorization" in asked.headers


@needs_openssl
def test_a_certificate_that_nobody_signed_is_not_trusted(
    workplace: Workplace, served: Server
) -> None:
    context, certificate = own_certificate(workplace.folder)

    def lead_out(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", f"{served.url}{PAGE}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with answering(lead_out, context) as port:
        index = f"https://me:5ecr3t@127.0.0.1:{port}/simple"
        done = install(workplace, index)
        assert is_one_message(done), done.stderr
        assert "its certificate is not trusted (self" in done.stderr
        assert "`--cert`" in done.stderr
        # One that is trusted must not lead out of what is encrypted.
        done = install(workplace, index, "--cert", str(certificate))
        assert is_one_message(done), done.stderr
        assert "redirects from HTTPS to" in done.stderr
        assert not served.requests
    done = install(workplace, served.url.replace("http:", "https:") + "simple/")
    assert is_one_message(done), done.stderr
    assert "no secure connection" in done.stderr


KEYRING = """#!{python}
import json, pathlib, sys
pathlib.Path({log!r}).open("a").write(json.dumps(sys.argv[1:]) + "\\n")
arguments = [each for each in sys.argv[1:] if not each.startswith("--")]
if arguments[1] != {service!r}:
    sys.exit(1)
if "--mode=creds" in sys.argv:
    print(json.dumps({{"username": "me", "password": "5ecr3t"}}))
elif arguments[2] == "me":
    print("5ecr3t")
else:
    sys.exit(1)
"""


def put_keyring(workplace: Workplace, service: str) -> tuple[dict[str, str], Path]:
    """Put a `keyring` command on the path; return the variables and the file of its calls."""
    folder = workplace.folder / "bin"
    folder.mkdir()
    log = folder / "calls"
    program = folder / "keyring"
    text = KEYRING.format(python=sys.executable, log=str(log), service=service)
    program.write_text(text, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}, log


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for the command is a script")
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("service", ["index", "host"])
def test_the_key_ring_is_asked_once_where_the_user_says_so(
    workplace: Workplace, served: Server, service: str, *, named: bool
) -> None:
    served.default = Behaviour(user="me:5ecr3t")
    index = f"{served.url}simple/"
    host = served.url.removeprefix("http://").rstrip("/")
    env, log = put_keyring(workplace, index if service == "index" else host)
    asked = index.replace("//", "//me@") if named else index
    refused = install(workplace, asked, env=env)
    assert is_one_message(refused), refused.stderr
    assert "answered with HTTP status 401" in refused.stderr
    assert "--keyring-provider subprocess" in refused.stderr
    assert not log.exists()
    done = install(workplace, asked, "--keyring-provider", "subprocess", "-v", env=env)
    assert done.code == 0, done.stderr
    assert "5ecr3t" not in done.stdout + done.stderr
    calls = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    form = ["get"] if named else ["--mode=creds", "--output=json", "get"]
    user = ["me"] if named else []
    expected = [[*form, index, *user], [*form, host, *user]]
    assert calls == expected[: 1 if service == "index" else 2]
    # What it said is nowhere on disk.
    kept = [path for path in workplace.folder.rglob("*") if path.is_file() and path != log]
    kept = [path for path in kept if path.name != "keyring"]
    assert not [path for path in kept if b"5ecr3t" in path.read_bytes()]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for the command is a script")
def test_a_key_ring_that_knows_nothing_is_told(workplace: Workplace, served: Server) -> None:
    served.default = Behaviour(user="me:5ecr3t")
    index = f"{served.url}simple/"
    variable = {"PIP_KEYRING_PROVIDER": "subprocess"}
    nowhere = install(workplace, index, env={**variable, "PATH": str(workplace.folder)})
    assert is_one_message(nowhere), nowhere.stderr
    assert "there is no `keyring` command on the `PATH`" in nowhere.stderr
    env, _ = put_keyring(workplace, "elsewhere")
    done = install(workplace, index, env={**variable, **env})
    assert is_one_message(done), done.stderr
    assert "`keyring` has no password for it" in done.stderr
    # A password of the user's own that is wrong is not looked up.
    own = index.replace("//", "//me:wrong@")
    done = install(workplace, own, env={**variable, **env})
    assert is_one_message(done), done.stderr


def test_the_best_of_two_indexes_is_taken_only_if_asked_for(
    workplace: Workplace, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    old, new = workplace.build(version="1.0"), workplace.build(version="2.0")
    for folder, wheels in ((first, [old]), (second, [old, new])):
        (folder / "files").mkdir(parents=True)
        copies = [folder / "files" / wheel.name for wheel in wheels]
        for wheel, copy in zip(wheels, copies, strict=True):
            copy.write_bytes(wheel.read_bytes())
        write_project(folder, "soup", copies)
    with serve(first) as one, serve(second) as two:
        where = (f"{one.url}simple/", "--extra-index-url", f"{two.url}simple/")
        best = ("--index-strategy", "best-match")
        assert install(workplace, *where, "--dry-run").stdout.endswith("soup 1.0\n")
        assert not two.requests
        assert install(workplace, *where, *best, "--dry-run").stdout.endswith("soup 2.0\n")
        # Find-links win alone, unless the best is asked for.
        links = (*where, "--dry-run", "--find-links", str(first / "files"))
        assert install(workplace, *links).stdout.endswith("soup 1.0\n")
        assert install(workplace, *links, *best).stdout.endswith("soup 2.0\n")
        # An index that cannot be read is an error all the same.
        two.default = Behaviour(status=500)
        broken = install(workplace, *where, *best, "--dry-run", "--refresh")
        assert is_one_message(broken), broken.stderr
        two.default = Behaviour()
        # Of one version, the files are those of the first index.
        two.requests.clear()
        pinned = workplace.run(
            *("install", "soup==1.0", "--index-url", *where, *best, "--python", workplace.python),
        )
        assert pinned.code == 0, pinned.stderr
        assert not [path for path in two.paths() if path.endswith(".whl")]
        locked = workplace.run(
            *("lock", "soup", "--index-url", *where, *best, "-o", "pylock.toml"),
        )
        assert locked.code == 0, locked.stderr
        text = (workplace.folder / "pylock.toml").read_text("utf-8")
        assert f'index = "{two.url}simple/"' in text
    wrong = install(workplace, *where, "--index-strategy", "unsafe-best-match")
    assert wrong.code == 2
    assert "what is nearest to it here is `best-match`" in wrong.stderr
