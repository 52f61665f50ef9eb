"""`whichwheel serve --proxy` with the installers that people have."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from support.command import child_environment
from support.environments import run_in
from support.proxies import ask
from support.server import Behaviour, Server, serve
from support.workplace import Workplace
from whichwheel.publish.index import write_index

TOKEN = "s3cret-token"  # noqa: S105 -- of these tests alone
BOX = """
name = "the box"
python = "3.12"
platform = "manylinux_2_28_x86_64"
properties.mood.is = ["salty"]
"""


@dataclass(frozen=True)
class Serving:
    """A running `whichwheel serve`."""

    url: str
    document: Mapping[str, object]
    process: subprocess.Popen[str]

    def stop(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit code and the rest of standard error."""
        self.process.send_signal(signal.SIGINT)
        _, stderr = self.process.communicate(timeout=10)
        return self.process.returncode, stderr


@contextmanager
def serving(
    workplace: Workplace, *arguments: str | Path, env: Mapping[str, str] | None = None
) -> Iterator[Serving]:
    command = [sys.executable, "-m", "whichwheel", "serve", "--proxy", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--python", workplace.python, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=workplace.folder,
        env=child_environment(workplace.folder / "home", env),
    ) as process:
        try:
            assert process.stdout is not None
            text = ""
            for line in process.stdout:
                text += line
                if line == "}\n":
                    break
            else:
                assert process.stderr is not None
                pytest.fail(process.stderr.read())
            document = json.loads(text)
            yield Serving(document["url"], document, process)
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def upstream(workplace: Workplace) -> Iterator[Server]:
    """An index with variants whose requirements differ."""
    for version in ("1.0", "2.0"):
        workplace.build_tastes(
            version=version,
            requires=("salt; variant_label == 'salty'", "sugar>=1; variant_label == 'sweet'"),
        )
        workplace.build(version=version, requires=("water",))
    for name in ("salt", "sugar", "water"):
        workplace.build(name)
    workplace.build("stew")
    for mood in ("salty", "sweet"):
        properties = {"mood": {"is": [mood]}}
        requires = [f"salt; 'mood :: is :: {mood}' in variant_properties"]
        workplace.build("stew", label=mood, properties=properties, requires=requires)
    write_index(workplace.wheels)
    with serve(workplace.wheels) as server:
        yield server


def tool(
    workplace: Workplace, *command: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        cwd=workplace.folder,
        env={**child_environment(workplace.folder / "home"), "PYTHONWARNINGS": "", **(env or {})},
        timeout=120,
    )


def pip(workplace: Workplace, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the pip that runs beside the tests."""
    python = ("--python", workplace.python, "--disable-pip-version-check")
    return tool(workplace, sys.executable, "-m", "pip", *python, *arguments)


def uv(workplace: Workplace, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("uv")
    environ = {"UV_CACHE_DIR": str(workplace.folder / "uv"), "UV_PYTHON_DOWNLOADS": "never"}
    return tool(workplace, program, "--no-config", *arguments, env=environ)


def label(workplace: Workplace, name: str = "soup") -> str:
    program = f"import {name}; print({name}.label)"
    return run_in(workplace.environment, "python", "-c", program)


def installed(workplace: Workplace) -> list[str]:
    listed = pip(workplace, "list", "--format", "json")
    return sorted(each["name"] for each in json.loads(listed.stdout))


def installer(workplace: Workplace, which: str, index: str, *arguments: str | Path) -> None:
    if which == "pip":
        done = pip(workplace, "install", "--isolated", "--index-url", index, *arguments)
    else:
        # A plain `--index-url`, as all versions of uv know it.
        python = ("--python", workplace.python, "--index-url", index)
        done = uv(workplace, "pip", "install", *python, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize("which", ["pip", "uv"])
def test_the_right_build_is_installed_with_what_it_needs(
    workplace: Workplace, upstream: Server, which: str
) -> None:
    with serving(workplace, "--index-url", upstream.url) as proxy:
        installer(workplace, which, f"{proxy.url}/simple/", "soup")
    assert label(workplace) == "sweet"
    assert installed(workplace) == ["soup", "sugar"]
    check = pip(workplace, "check")
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("which", ["pip", "uv"])
def test_another_machine_gets_another_build_from_the_same_proxy(
    workplace: Workplace, upstream: Server, which: str
) -> None:
    (workplace.folder / "box.toml").write_text(BOX)
    with serving(workplace, "--index-url", upstream.url, "--for", "./box.toml") as proxy:
        names = [each["name"] for each in _indexes(proxy)]
        assert names == ["", "box"]
        installer(workplace, which, f"{proxy.url}/for/box/simple/", "stew==1.0")
    assert label(workplace, "stew") == "salty"
    assert installed(workplace) == ["salt", "stew"]


def _indexes(proxy: Serving) -> Sequence[Mapping[str, str]]:
    indexes = proxy.document["indexes"]
    assert isinstance(indexes, list)
    return indexes


def test_a_configured_target_is_served_by_its_name(workplace: Workplace, upstream: Server) -> None:
    table = BOX.replace('name = "the box"', "[targets.shop]")
    (workplace.folder / "whichwheel.toml").write_text(table)
    with serving(workplace, "--index-url", upstream.url) as proxy:
        page = ask(f"{proxy.url}/for/shop/simple/stew/").text
        here = ask(f"{proxy.url}/simple/stew/").text
    assert "stew-1.0-1_salty-py3-none-any.whl" in page
    assert "sweet" not in page
    assert "stew-1.0-py3-none-any.whl" in here
    assert "salty" not in here


@pytest.mark.parametrize("which", ["pip", "uv"])
def test_the_token_and_the_credentials_upstream_are_two_things(
    workplace: Workplace, upstream: Server, which: str
) -> None:
    upstream.default = Behaviour(user="cook:p4ssword")
    source = ("--index-url", upstream.with_user("cook:p4ssword"))
    with serving(workplace, *source, "--log", env={"WHICHWHEEL_TOKEN": TOKEN}) as proxy:
        assert proxy.document["token"] is True
        assert ask(f"{proxy.url}/simple/soup/").status == 401
        index = proxy.url.replace("://", f"://user:{TOKEN}@")
        installer(workplace, which, f"{index}/simple/", "soup==1.0", "salt")
        code, stderr = proxy.stop()
    assert code == 0
    assert label(workplace) == "sweet"
    assert "GET /simple/soup/" in stderr
    assert TOKEN not in stderr
    assert "p4ssword" not in stderr + json.dumps(proxy.document)
    assert "Traceback" not in stderr


def test_hashes_of_a_page_hold_for_what_is_installed(
    workplace: Workplace, upstream: Server
) -> None:
    for taste in ("sweet", "salty"):
        workplace.build(
            "bread",
            label=taste,
            properties={"taste": {"kind": [taste]}},
            providers={"taste": {"static-properties": {"kind": ["sweet", "salty"]}}},
        )
    workplace.build("bread")
    write_index(workplace.wheels)
    with serving(workplace, "--index-url", upstream.url) as proxy:
        accept = "application/vnd.pypi.simple.v1+json"
        page = json.loads(ask(f"{proxy.url}/simple/bread/", accept=accept).body)
        (file,) = page["files"]
        assert file["filename"] == "bread-1.0-1_sweet-py3-none-any.whl"
        requirements = workplace.folder / "requirements.txt"
        requirements.write_text(f"bread==1.0 --hash=sha256:{file['hashes']['sha256']}\n")
        index = f"{proxy.url}/simple/"
        installer(workplace, "pip", index, "--require-hashes", "-r", requirements)
        python = ("--python", workplace.python)
        pip(workplace, "uninstall", "-y", "bread")
        done = uv(
            workplace,
            "pip",
            "install",
            "--index-url",
            index,
            *python,
            "--require-hashes",
            "-r",
            requirements,
        )
        assert done.returncode == 0, done.stderr


def test_a_lock_of_uv_is_of_use_after_a_restart(workplace: Workplace, upstream: Server) -> None:
    project = workplace.folder / "project"
    project.mkdir()
    environ = {"UV_PROJECT_ENVIRONMENT": str(workplace.environment.interpreter.prefix)}
    with serving(workplace, "--index-url", upstream.url) as proxy:
        port = proxy.url.rpartition(":")[2]
        (project / "pyproject.toml").write_text(
            "[project]\nname = 'dish'\nversion = '1'\nrequires-python = '>=3.11'\n"
            f"dependencies = ['soup']\n[[tool.uv.index]]\nurl = '{proxy.url}/simple/'\n"
            "default = true\n"
        )
        locked = uv_in(workplace, project, environ, "lock")
        assert locked.returncode == 0, locked.stderr
    again = ("--index-url", upstream.url, "--port", port)
    with serving(workplace, *again) as proxy:
        synced = uv_in(workplace, project, environ, "sync", "--frozen")
        assert synced.returncode == 0, synced.stderr
    assert label(workplace) == "sweet"
    assert "sugar" in (project / "uv.lock").read_text()
    assert "salt" not in (project / "uv.lock").read_text()


def uv_in(
    workplace: Workplace, project: Path, environ: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("uv")
    more = {
        "UV_CACHE_DIR": str(workplace.folder / "uv"),
        "UV_PYTHON": workplace.python,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    where = ("--project", project)
    return tool(workplace, program, *arguments, *where, env={**environ, **more})


def test_an_overlay_is_seen_under_the_plain_name(workplace: Workplace) -> None:
    workplace.build("dip")
    workplace.build("dip-salty", requires=["salt"])
    workplace.build("salt")
    workplace.build("dip", version="2.0")
    workplace.build("dip", version="2.0+salty")
    overlay = workplace.folder / "dip.toml"
    overlay.write_text(
        'format = 1\nproject = "dip"\nsummary = "Dips."\ndated = 2026-11-01\n'
        'sources = ["https://vendor.example/"]\nnamespaces = ["mood"]\n'
        '[[builds]]\nlabel = "salty"\nproject = "dip-salty"\nproperties = ["mood :: is :: salty"]\n'
        '[[builds]]\nlabel = "salted"\nlocal = "salty"\nproperties = ["mood :: is :: salty"]\n'
    )
    (workplace.folder / "box.toml").write_text(BOX)
    where = ("--no-index", "--find-links", workplace.wheels, "--overlay", overlay)
    with serving(workplace, *where, "--for", "./box.toml") as proxy:
        index = f"{proxy.url}/for/box/simple/"
        installer(workplace, "pip", index, "dip==1.0")
        assert installed(workplace) == ["dip", "salt"]
        assert pip(workplace, "check").returncode == 0
        installer(workplace, "uv", index, "--upgrade", "dip==2.0")
        found = pip(workplace, "list", "--format", "json").stdout
        assert '"2.0+salty"' in found
        here = ask(f"{proxy.url}/simple/dip/").text
        assert "dip-2.0-py3-none-any.whl" in here
        assert "salty" not in here
    overlay.write_text("format = 1\n")
    done = workplace.run("serve", "--proxy", "--overlay", overlay)
    assert done.code == 1
    assert "the overlay" in done.stderr


def test_ctrl_c_ends_it_well(workplace: Workplace) -> None:
    with serving(workplace, "--no-index") as proxy:
        assert ask(f"{proxy.url}/simple/soup/").status == 404
        code, stderr = proxy.stop()
    assert (code, stderr) == (0, "")


def test_the_message_has_lines_to_paste(workplace: Workplace) -> None:
    # A file, for reading from a pipe would wait for more.
    text = ""
    with TemporaryFile("w+") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "whichwheel", "serve", "--proxy", "--no-index", "--port", "0"],
            stdout=printed,
            env=child_environment(workplace.folder / "home", {"WHICHWHEEL_TOKEN": TOKEN}),
        )
        try:
            for _ in range(200):
                printed.seek(0)
                text = printed.read()
                if "uv pip" in text:
                    break
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.05)
        finally:
            process.kill()
            process.wait()
    assert 'pip install --index-url "http://user:$WHICHWHEEL_TOKEN@127.0.0.1:' in text
    assert "this machine" in text
    assert TOKEN not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--proxy"),
        (("--proxy", "--host", "0.0.0.0"), "lets other machines in"),  # noqa: S104
        (("--proxy", "--host", "::"), "lets other machines in"),
        (("--proxy", "--token", "short"), "8 printable characters"),
        (("--proxy", "--token", TOKEN, "--no-token"), "exclude each other"),
        (("--proxy", "--port", "99999"), "port"),
        (("--proxy", "--for", "nowhere"), "there is no target `nowhere`"),
        (("--proxy", "--host", "192.0.2.1", "--no-token"), "cannot listen on `192.0.2.1`"),
    ],
)
def test_what_cannot_be_served_is_told(
    workplace: Workplace, arguments: tuple[str, ...], said: str
) -> None:
    done = workplace.run("serve", *arguments)
    assert done.code in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_told(workplace: Workplace) -> None:
    with serving(workplace, "--no-index") as proxy:
        port = proxy.url.rpartition(":")[2]
        done = workplace.run("serve", "--proxy", "--no-index", "--port", port)
    assert done.code == 1
    assert f"cannot listen on `127.0.0.1` port {port}: address already in use" in done.stderr


def test_the_missing_extra_is_told_with_a_hint(workplace: Workplace) -> None:
    program = (
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "class WithoutExtra(PathFinder):\n"
        "    @classmethod\n"
        "    def find_spec(cls, name, path=None, target=None):\n"
        "        extra = name.partition('.')[0] in {'starlette', 'uvicorn'}\n"
        "        return None if extra else PathFinder.find_spec(name, path, target)\n"
        "sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutExtra\n"
        "from whichwheel.cli.application import run\n"
        "sys.exit(run(['serve', '--proxy', '--no-index']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=child_environment(workplace.folder / "home"),
        timeout=60,
    )
    assert done.returncode == 1
    assert "the proxy needs `starlette` and `uvicorn`" in done.stderr
    assert "pip install 'whichwheel[server]'" in done.stderr
