"""`whichwheel run` with the pip and uv that are here; other installers: `test_run_tools.py`."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator, Mapping

import pytest

from support.command import child_environment
from support.environments import installed_by_pip, new_environment, pip
from support.index import write_project
from support.running import PIP, UV, Shop, addresses, open_shop, sha256
from support.server import Behaviour, serve
from support.workplace import Workplace

PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = {}\n'
WAITING = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(40 + number))
signal.signal(signal.SIGINT, lambda number, frame: sys.exit(60 + number))
open(sys.argv[1], "w").close()
time.sleep(30)
"""
#: Ends with how many interrupts came.
COUNTING = """
import signal, sys, time
seen = []
signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
print("ready", flush=True)
until = time.monotonic() + 20
while not seen and time.monotonic() < until:
    time.sleep(0.05)
time.sleep(0.5)
sys.exit(40 + len(seen))
"""
#: Runs a command in a terminal of its own, and presses Ctrl-C there.
IN_TERMINAL = """
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
while b"ready" not in shown:
    shown += os.read(terminal, 1024)
os.write(terminal, b"\\x03")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture
def shop(workplace: Workplace) -> Iterator[Shop]:
    with open_shop(workplace) as opened:
        yield opened


def into(shop: Shop) -> tuple[str, ...]:
    return (*PIP, "--python", shop.workplace.python)


def test_pip_gets_the_build_that_fits(shop: Shop) -> None:
    done = shop.run(*into(shop), "install", "soup")
    assert done.code == 0, done.stderr
    assert shop.labels() == {"bread": None, "soup": "sweet", "sugar": None}
    assert done.stderr == "note: chosen for the command: soup 1.0 (sweet)\n"
    pip(shop.workplace.environment, "check")
    assert "Successfully installed bread-1.0 soup-1.0" in done.stdout


def test_uv_gets_the_build_that_fits(shop: Shop) -> None:
    done = shop.run(UV, "pip", "install", "--python", shop.workplace.python, "soup")
    assert done.code == 0, done.stderr
    assert shop.labels() == {"bread": None, "soup": "sweet", "sugar": None}
    pip(shop.workplace.environment, "check")


def test_a_module_that_calls_pip_is_served_too(shop: Shop) -> None:
    code = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    done = shop.run(sys.executable, "-c", code, *into(shop), "install", "-q", "soup")
    assert done.code == 0, done.stderr
    assert shop.labels()["soup"] == "sweet"


def test_another_machine_is_chosen_for(shop: Shop) -> None:
    workplace = shop.workplace
    wheels = [
        workplace.build("calc", label=level, properties={"x86_64": {"level": [level]}})
        for level in ("v2", "v4")
    ]
    write_project(workplace.folder, "calc", wheels)
    (workplace.folder / "old.toml").write_text(
        'platform = "manylinux_2_35_x86_64"\npython = "3.11"\n'
        '[properties.x86_64]\nlevel = ["v2", "v1"]\n'
    )
    done = shop.run(*PIP, "download", "-d", "got", "calc", options=["--for", "./old.toml"])
    assert done.code == 0, done.stderr
    [wheel] = (workplace.folder / "got").iterdir()
    assert sha256(wheel) == sha256(wheels[0])


def test_preferences_hold(shop: Shop) -> None:
    done = shop.run(*into(shop), "install", "soup", options=["--ban", "taste :: kind :: sweet"])
    assert done.code == 0, done.stderr
    assert shop.labels() == {"bread": None, "soup": "salty"}
    done = shop.run(
        *into(shop), "install", "-q", "--force-reinstall", "soup", options=["--no-variants"]
    )
    assert shop.labels()["soup"] is None
    assert done.stderr == ""


def test_what_the_user_tells_pip_of_sources_is_asked_by_the_index_alone(shop: Shop) -> None:
    workplace = shop.workplace
    other = workplace.folder / "other"
    newer = workplace.build("soup", version="2.0")
    (other / "wheels").mkdir(parents=True)
    newer = newer.rename(other / "wheels" / newer.name)
    write_project(other, "soup", [newer])
    configured = workplace.folder / "home" / "config" / "pip" / "pip.conf"
    configured.parent.mkdir(parents=True)
    with serve(other) as server:
        configured.write_text(
            f"[global]\nindex-url = {shop.url}\nextra_index_url = {server.url}simple/\n"
            "[install]\nno-index = true\ncompile = no\n"
        )
        env = {
            "PIP_CONFIG_FILE": "",
            "PIP_INDEX_URL": shop.url,
            "PIP_EXTRA_INDEX_URL": f"{server.url}simple/",
            "PIP_PROXY": "",
            "NO_PROXY": "index.example",
        }
        done = shop.run(*into(shop), "install", "soup", env=env)
        assert done.code == 0, done.stderr
        # The first source that has a project is the one, and pip itself asks none of them.
        assert installed_by_pip(workplace.environment)["soup"] == "1.0"
        assert server.requests == []
    site = workplace.environment.interpreter.paths["purelib"]
    # What else is configured still holds.
    assert not list(site.glob("soup/__pycache__"))


def test_credentials_of_the_source_stay_inside(shop: Shop) -> None:
    shop.server.default = Behaviour(user="me:secret")
    env = {"WHICHWHEEL_INDEX_URL": f"{shop.server.with_user('me:secret')}simple/"}
    show = [sys.executable, "-c", "import os; print(*os.environ.values())"]
    arguments = ["run", "--", *show]
    done = shop.workplace.run(*arguments, env={**env, "WHICHWHEEL_INDEX_URL": ""})
    assert "secret" not in done.stdout
    done = shop.workplace.run("run", "--", *into(shop), "install", "-v", "soup", env=env)
    assert done.code == 0, done.stderr
    assert shop.labels()["soup"] == "sweet"
    assert "secret" not in done.stdout + done.stderr


def test_hashes_of_what_is_offered_are_enough_for_pip(shop: Shop) -> None:
    offered = {
        name: sha256(shop.workplace.wheels / f"{name}-1.0-py3-none-any{label}.whl")
        for name, label in (("soup", "-sweet"), ("bread", ""), ("sugar", ""))
    }
    lines = [f"{name}==1.0 --hash=sha256:{digest}" for name, digest in offered.items()]
    pins = shop.workplace.folder / "pins.txt"
    pins.write_text("\n".join(lines))
    done = shop.run(*into(shop), "install", "--require-hashes", "-r", pins)
    assert done.code == 0, done.stderr
    assert shop.labels()["soup"] == "sweet"


def test_a_lock_of_uv_serves_again_on_the_same_target(shop: Shop) -> None:
    app = shop.workplace.folder / "app"
    app.mkdir()
    (app / "pyproject.toml").write_text(PROJECT.format('["soup"]'))
    python = ("--python", sys.executable)
    assert shop.run(UV, "lock", *python, cwd=app).code == 0
    lock = (app / "uv.lock").read_text()
    assert sha256(shop.workplace.wheels / "soup-1.0-py3-none-any-sweet.whl") in lock
    [entry] = addresses(shop.workplace).values()
    assert str(entry["token"]) not in lock
    done = shop.run(UV, "sync", "--locked", *python, cwd=app)
    assert done.code == 0, done.stderr
    assert shop.labels(app / ".venv")["soup"] == "sweet"
    done = shop.run(UV, "sync", "--locked", *python, cwd=app, env={"UV_NO_CACHE": "1"})
    assert done.code == 0, done.stderr
    assert (app / "uv.lock").read_text() == lock


def test_the_address_is_the_same_for_the_same_choice_alone(shop: Shop) -> None:
    def url(*options: str, env: dict[str, str] | None = None) -> object:
        done = shop.run("pip", options=["--dry-run", "--json", *options], env=env)
        document: dict[str, dict[str, str]] = json.loads(done.stdout)
        return document["variables"]["PIP_INDEX_URL"]

    first = url()
    assert url() == first
    assert url("--ban", "x86_64") != first
    assert url("--set", "x86_64 :: level :: v2") != first
    assert url("--no-overlays") != first
    assert url("--no-cache") != first
    remembered = addresses(shop.workplace)
    assert len({entry["token"] for entry in remembered.values()}) == len(remembered) == 4
    [path] = (shop.workplace.folder / "home").rglob("addresses.json")
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text('{"format": 1, "addresses": {"x": [], "y": {"port": true}')
    assert url() != first
    assert len(addresses(shop.workplace)) == 1


def test_a_dry_run_shows_the_variables_and_runs_nothing(shop: Shop) -> None:
    env = {"PIP_EXTRA_INDEX_URL": "https://index.example/", "UV_TORCH_BACKEND": "cpu"}
    command = [sys.executable, "-c", "open('ran', 'w')"]
    done = shop.run(*command, options=["--dry-run"], env=env)
    [entry] = addresses(shop.workplace).values()
    assert done.code == 0, done.stderr
    assert (
        f"PIP_INDEX_URL=http://whichwheel:****@127.0.0.1:{entry['port']}/simple/\n" in done.stdout
    )
    assert "unset PIP_EXTRA_INDEX_URL\nunset UV_TORCH_BACKEND\n" in done.stdout
    assert str(entry["token"]) not in done.stdout
    assert not (shop.workplace.folder / "ran").exists()
    done = shop.run(*command, options=["--dry-run", "--json"])
    assert done.document["format"] == "whichwheel-run/1"
    assert done.document["command"] == command
    assert shop.run(*command, options=["--json"]).code == 2


def test_a_resolution_is_offered_exactly(workplace: Workplace) -> None:
    with open_shop(workplace, ("1.0", "2.0")) as shop:
        shop.add("guest", requires=["soup<2"])
        done = shop.run(*into(shop), "install", "guest", "soup", options=["--resolve"])
        assert done.code == 0, done.stderr
        assert installed_by_pip(workplace.environment)["soup"] == "1.0"
        assert shop.labels()["soup"] == "sweet"
        done = shop.run("pip", "install", "soup", options=["--resolve", "--dry-run"])
        assert "would offer soup 2.0 (sweet)" in done.stdout
        (workplace.folder / "c.txt").write_text("soup<2\n")
        constrained = ("pip", "install", "-c", "c.txt", "soup")
        done = shop.run(*constrained, options=["--resolve", "--dry-run", "--json"])
        assert done.document["pins"] == {
            "bread": {"version": "1.0", "label": None},
            "soup": {"version": "1.0", "label": "sweet"},
            "sugar": {"version": "1.0", "label": None},
        }


DIP = """
format = 1
project = "dip"
summary = "Dips."
dated = 2026-11-01
sources = ["https://vendor.example/"]
namespaces = ["mood"]
[[builds]]
label = "salty"
project = "dip-salty"
properties = ["mood :: is :: salty"]
"""
BOX = """
name = "the box"
python = "3.12"
platform = "manylinux_2_28_x86_64"
properties.mood.is = ["salty"]
"""


@pytest.mark.parametrize("resolve", [[], ["--resolve"]])
def test_a_build_under_another_name_has_the_plain_name_and_a_hash_in_locks(
    resolve: list[str], shop: Shop
) -> None:
    shop.add("dip")
    shop.add("dip-salty")
    folder = shop.workplace.folder
    (folder / "dip.toml").write_text(DIP)
    (folder / "box.toml").write_text(BOX)
    options = ["--overlay", "./dip.toml", "--for", "./box.toml", *resolve]

    def lock() -> Mapping[str, object]:
        (folder / "app").mkdir(exist_ok=True)
        (folder / "app" / "pyproject.toml").write_text(PROJECT.format(["dip"]))
        (folder / "app" / "uv.lock").unlink(missing_ok=True)
        (folder / "app" / "dip.toml").write_text(DIP)
        (folder / "app" / "box.toml").write_text(BOX)
        done = shop.run(UV, "lock", options=options, cwd=folder / "app")
        assert done.code == 0, done.stderr
        packages = tomllib.loads((folder / "app" / "uv.lock").read_text())["package"]
        [dip] = [each for each in packages if each["name"] == "dip"]
        [wheel] = dip["wheels"]
        assert isinstance(wheel, dict)
        return wheel

    locked = lock()
    done = shop.run(*PIP, "download", "dip", "--no-deps", "-d", "got", options=options)
    assert done.code == 0, done.stderr
    assert "note: chosen for the command: dip-salty 1.0 for dip" in done.stderr
    [got] = (folder / "got").iterdir()
    with zipfile.ZipFile(got) as wheel:
        assert b"\nName: dip\n" in wheel.read("dip-1.0.dist-info/METADATA")
    # Without a hash, `uv sync` would take whatever listens at the address later.
    assert locked["hash"] == lock()["hash"] == f"sha256:{sha256(got)}"


def test_what_is_installed_binds_what_comes(workplace: Workplace) -> None:
    providers = {"blas_lapack": {"static-properties": {"library": ["openblas", "mkl"]}}}
    for name in ("numpy", "scipy"):
        wheels = [
            workplace.build(
                name,
                label=value,
                properties={"blas_lapack": {"library": [value]}},
                namespaces=["blas_lapack"],
                providers=providers,
            )
            for value in ("openblas", "mkl")
        ]
        write_project(workplace.folder, name, wheels)
    with serve(workplace.folder) as server:
        shop = Shop(workplace, server)
        chosen = ["--axis", "blas = mkl"]
        assert shop.run(*into(shop), "install", "numpy", options=chosen).code == 0
        done = shop.run(*into(shop), "install", "scipy")
        assert done.code == 0, done.stderr
        assert shop.labels() == {"numpy": "mkl", "scipy": "mkl"}
        fresh = new_environment(workplace.folder, "fresh").interpreter.executable
        assert shop.run(*PIP, "--python", str(fresh), "install", "scipy").code == 0
        assert shop.labels(fresh) == {"scipy": "openblas"}


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_and_the_streams_are_those_of_the_command(shop: Shop, code: int) -> None:
    script = f"import sys; print('out'); print('err', file=sys.stderr); sys.exit({code})"
    done = shop.run(sys.executable, "-c", script)
    assert (done.code, done.stdout, done.stderr) == (code, "out\n", "err\n")


def test_what_follows_is_the_command_s_own(shop: Shop) -> None:
    show = [sys.executable, "-c", "import sys; print(sys.argv[1:])", "--json", "--help", "--", "-q"]
    assert shop.run(*show).stdout == "['--json', '--help', '--', '-q']\n"
    done = shop.workplace.run("run", "-i", shop.url, *show)
    assert done.stdout == "['--json', '--help', '--', '-q']\n"


def test_a_command_that_cannot_be_run_is_told_with_the_code_of_a_shell(shop: Shop) -> None:
    done = shop.run("no-such-installer", "install")
    assert done.code == 127
    assert done.stderr.startswith("error: cannot run `no-such-installer`: there is no such command")
    plain = shop.workplace.folder / "plain.txt"
    plain.write_text("nothing")
    done = shop.run("./plain.txt")
    assert (done.code, "it is not executable" in done.stderr) == (126, True)
    done = shop.workplace.run("run")
    assert (done.code, "Missing argument" in done.stderr or "missing argument" in done.stderr) == (
        2,
        True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.skipif(os.name != "posix", reason="other systems have no such signals")
def test_signals_reach_the_command(shop: Shop, number: signal.Signals) -> None:
    ready = shop.workplace.folder / "ready"
    command = [sys.executable, "-m", "whichwheel", "run", "-i", shop.url, "--"]
    child = subprocess.Popen(
        [*command, sys.executable, "-c", WAITING, str(ready)],
        env=child_environment(shop.workplace.folder / "home"),
        start_new_session=True,
    )
    until = time.monotonic() + 30
    while not ready.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    child.send_signal(number)
    assert child.wait(30) == {signal.SIGTERM: 55, signal.SIGINT: 62}[number]


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such signals")
def test_a_command_that_a_signal_ends_has_the_code_of_a_shell(shop: Shop) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert shop.run(sys.executable, "-c", script).code == 128 + signal.SIGKILL


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such terminals")
def test_a_terminal_interrupts_the_command_once(shop: Shop) -> None:
    command = [sys.executable, "-m", "whichwheel", "run", "-i", shop.url, "--"]
    done = subprocess.run(
        [sys.executable, "-c", IN_TERMINAL, *command, sys.executable, "-c", COUNTING],
        env=child_environment(shop.workplace.folder / "home"),
        check=False,
        timeout=60,
    )
    assert done.returncode == 41


def test_what_passes_the_index_by_is_told(shop: Shop) -> None:
    folder = shop.workplace.folder
    (folder / "r.txt").write_text("--extra-index-url https://index.example/simple\nbread\n")
    (folder / "pyproject.toml").write_text(
        PROJECT.format("[]") + '[[tool.uv.index]]\nname = "own"\nurl = "https://index.example/"\n'
        '[[tool.pdm.source]]\nname = "own"\nurl = "https://index.example/"\n'
    )
    told = {
        ("pip", "install", "-i", "https://index.example/", "x"): "`-i` is given to pip itself",
        ("pip", "install", "-r", "r.txt"): "r.txt: --extra-index-url names where to look",
        (str(UV), "sync"): "names `tool.uv.index`, which uv asks beside this index",
        (sys.executable, "-m", "pdm", "lock"): "names `tool.pdm.source`, which pdm asks",
        (*PIP, "--isolated", "install", "x"): "`--isolated` makes pip ignore all variables",
    }
    for command, sentence in told.items():
        done = shop.run(*command, options=["--dry-run"])
        assert done.code == 0, done.stderr
        assert sentence in done.stderr
    assert shop.run("pip", "install", "bread", options=["--dry-run"]).stderr == ""


def test_quiet_is_quiet(shop: Shop) -> None:
    done = shop.run(*into(shop), "install", "-q", "soup", options=["-q"])
    assert (done.code, done.stdout, done.stderr) == (0, "", "")


def test_a_source_that_is_away_is_told_and_the_command_fails_by_itself(shop: Shop) -> None:
    shop.server.default = Behaviour(status=500)
    done = shop.run(*into(shop), "install", "--retries", "0", "soup", options=["--retries", "0"])
    assert done.code == 1
    assert "warning: " in done.stderr
    assert shop.labels() == {}


def test_nobody_waits_for_a_source_that_hangs_when_the_command_has_ended(shop: Shop) -> None:
    shop.server.default = Behaviour(delay=20)
    asking = (
        "import base64, os, sys, urllib.request\n"
        "from urllib.parse import urlsplit\n"
        "url = urlsplit(os.environ['PIP_INDEX_URL'])\n"
        "token = base64.b64encode(f'{url.username}:{url.password}'.encode()).decode()\n"
        "address = f'http://{url.hostname}:{url.port}/simple/soup/'\n"
        "request = urllib.request.Request(address, headers={'Authorization': f'Basic {token}'})\n"
        "try: urllib.request.urlopen(request, timeout=2)\n"
        "except TimeoutError: sys.exit(3)\n"
    )
    started = time.monotonic()
    assert shop.run(sys.executable, "-c", asking).code == 3
    assert time.monotonic() - started < 15


def test_a_lock_of_uv_has_what_the_chosen_build_needs_whatever_was_locked_before(
    shop: Shop,
) -> None:
    shop.add("spoon")
    plain = [
        shop.workplace.build("dip", tag=f"py3-none-{platform}", requires=["spoon"])
        for platform in ("macosx_11_0_arm64", "manylinux_2_28_x86_64", "win_amd64")
    ]
    write_project(shop.workplace.folder, "dip", plain)
    shop.add("dip-salty", requires=["bread"])
    folder = shop.workplace.folder / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT.format(["dip"]))
    (folder / "dip.toml").write_text(DIP)
    (folder / "box.toml").write_text(BOX)
    options = ["--overlay", "./dip.toml", "--for", "./box.toml"]

    def needed() -> set[str]:
        packages = tomllib.loads((folder / "uv.lock").read_text())["package"]
        return {each["name"] for each in packages} - {"app", "dip"}

    # uv prefers the wheels whose hashes its old lock knows, also for their dependencies.
    assert shop.run(UV, "lock", options=["--no-overlays"], cwd=folder).code == 0
    assert needed() == {"spoon"}
    assert shop.run(UV, "lock", options=options, cwd=folder).code == 0
    assert needed() == {"bread"}


def test_a_lock_at_an_address_for_once_is_warned_of(shop: Shop) -> None:
    folder = shop.workplace.folder / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT.format(["soup"]))
    done = shop.run(UV, "lock", cwd=folder)
    assert (done.code, "for this run alone" in done.stderr) == (0, False)
    [entry] = addresses(shop.workplace).values()
    port = entry["port"]
    assert isinstance(port, int)
    with socket.create_server(("127.0.0.1", port)):
        done = shop.run(UV, "lock", cwd=folder)
        assert (done.code, "for this run alone" in done.stderr) == (0, True)
        done = shop.run(UV, "pip", "list", cwd=folder)
        assert "for this run alone" not in done.stderr
    # Nothing keeps the lock from being right again.
    done = shop.run(UV, "lock", cwd=folder)
    assert (done.code, "for this run alone" in done.stderr) == (0, False)
    assert f"127.0.0.1:{port}/" in (folder / "uv.lock").read_text()


def test_two_runs_at_once_do_not_meet(shop: Shop) -> None:
    script = (
        "import os, sys, time, urllib.request\n"
        "open(sys.argv[1], 'w').close()\n"
        "until = time.monotonic() + 30\n"
        "while not os.path.exists(sys.argv[2]) and time.monotonic() < until: time.sleep(0.02)\n"
        "print(os.environ['PIP_INDEX_URL'])\n"
    )
    command = [sys.executable, "-m", "whichwheel", "run", "-i", shop.url, "--", sys.executable]
    children = [
        subprocess.Popen(
            [*command, "-c", script, *names],
            env=child_environment(shop.workplace.folder / "home"),
            cwd=shop.workplace.folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        for names in (("one", "two"), ("two", "one"))
    ]
    first, second = (child.communicate(timeout=60)[0] for child in children)
    assert [child.returncode for child in children] == [0, 0]
    assert first != second
