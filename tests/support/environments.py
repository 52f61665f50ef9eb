"""Real virtual environments, and what pip and uv say of them."""

import hashlib
import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.utils import canonicalize_name

from support.folder_sources import FolderSources
from whichwheel.choose.choice import Choice, Judgement, Reason, ReasonKind, Status
from whichwheel.environment.applying import apply_plan
from whichwheel.environment.links import LinkMode
from whichwheel.environment.plan import Plan
from whichwheel.environment.planning import make_plan, plan_removal
from whichwheel.environment.site import LOCK_NAME, Environment
from whichwheel.resolve.resolution import DirectUrl, Pin, Resolution
from whichwheel.sources.release import File, Wheel
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.interpreters.interpreter import inspect_interpreter
from whichwheel.target.interpreters.interpreter_cache import InterpreterCache

__all__ = [
    "install",
    "installed_by_pip",
    "new_environment",
    "pin_of",
    "pip",
    "run_in",
    "tree",
    "uninstall",
    "uv",
]


def new_environment(folder: Path, name: str = "env") -> Environment:
    """Make a virtual environment without pip below ``folder``."""
    venv.create(folder / name, with_pip=False, symlinks=os.name != "nt")
    cache = InterpreterCache(folder / "interpreters")
    return Environment(inspect_interpreter(folder / name, environ={}, cache=cache))


def pin_of(  # noqa: PLR0913 - what differs from test to test
    path: Path,
    *,
    properties: Mapping[str, VariantProperties] | None = None,
    supported: VariantProperties | None = None,
    alternatives: Sequence[Path] = (),
    promise: bool = False,
    requested: bool = False,
    direct_url: DirectUrl | None = None,
    evidence: Facts | None = None,
) -> Pin:
    """Pin one real wheel, as chosen from among ``alternatives``.

    :param promise: tell the SHA-256 of the file, as an index would
    """
    name = WheelName.parse(path.name)
    hashes = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()} if promise else {}
    wheel = Wheel(File(path.name, path.as_uri(), hashes), name)
    judgements = [
        Judgement(wheel, Status.CHOSEN, 0, (Reason(ReasonKind.BEST, "the best that fits"),))
    ]
    for rank, other in enumerate(alternatives, 1):
        judgements.append(
            Judgement(
                Wheel(File(other.name, other.as_uri()), WheelName.parse(other.name)),
                Status.OUTRANKED,
                rank,
                (Reason(ReasonKind.OUTRANKED, "another is better"),),
            )
        )
    choice = Choice(
        name=name.name,
        version=name.version,
        source="https://index.example/simple/",
        judgements=tuple(judgements),
        properties=properties or {},
        supported=supported or {},
        deciding_facts=dict.fromkeys(supported or {}, "as given"),
        origins=dict.fromkeys(supported or {}, Origin.GIVEN),
        evidence={} if evidence is None else {"known": evidence},
    )
    return Pin(name.name, name.version, choice, wheel, (), requested, direct_url)


def install(
    environment: Environment,
    cache: Path,
    *pins: Pin,
    link_mode: LinkMode | None = None,
    compile_bytecode: bool = False,
    reinstall: bool = False,
) -> Plan:
    """Plan and apply; the wheels lie in one folder, where their file URLs point."""
    names = frozenset(pin.name for pin in pins) if reinstall else frozenset()
    plan = make_plan(Resolution(pins), environment, reinstall=names)
    folder = Path(_path(pins[0].wheel.file.url)).parent if pins else cache
    apply_plan(
        plan,
        environment,
        FolderSources(folder),
        cache_directory=cache,
        link_mode=link_mode,
        compile_bytecode=compile_bytecode,
    )
    return plan


def _path(url: str) -> str:
    return url2pathname(urlsplit(url).path)


def uninstall(environment: Environment, cache: Path, *names: str) -> None:
    """Plan and apply the removal of packages."""
    plan = plan_removal([canonicalize_name(name) for name in names], environment)
    apply_plan(plan, environment, FolderSources(cache), cache_directory=cache)


def tree(environment: Environment) -> dict[str, bytes | None]:
    """Return every folder (None), file and link below the prefix, with its content."""
    prefix = environment.interpreter.prefix
    found: dict[str, bytes | None] = {}
    for path in sorted(prefix.rglob("*")):
        if path.name == LOCK_NAME:
            continue
        name = path.relative_to(prefix).as_posix()
        if path.is_symlink():
            found[name] = os.fsencode(path.readlink())
        else:
            found[name] = None if path.is_dir() else path.read_bytes()
    return found


def run_in(environment: Environment, *command: str) -> str:
    """Run a script of the environment, or ``python``, and return what it prints."""
    program = environment.interpreter.paths["scripts"] / command[0]
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def pip(environment: Environment, *arguments: str) -> str:
    """Run the pip that runs beside the tests on an environment."""
    python = str(environment.interpreter.executable)
    command = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def uv(environment: Environment, *arguments: str) -> str:
    """Run uv on an environment."""
    program = Path(sys.executable).with_name("uv")
    python = str(environment.interpreter.executable)
    command = [str(program), *arguments, "--python", python]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def installed_by_pip(environment: Environment) -> dict[str, str]:
    """Return what pip sees installed, as ``{name: version}``."""
    listed = json.loads(pip(environment, "list", "--format", "json"))
    return {entry["name"]: entry["version"] for entry in listed}
