"""After any installs by pip, uv and whichwheel in any order, all agree on what is there."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from packaging.utils import canonicalize_name

from support.command import Completed, child_environment, run_whichwheel
from support.environments import new_environment, tree
from support.wheels import WheelSpec, build_wheel
from support.workplace import PROVIDERS

TOOLS = ("pip", "uv", "whichwheel")
#: What can be asked for; `soup` has variants too, which the others do not see.
NAMES = ("soup", "bowl", "spoon", "table")
WANTED = (*NAMES, "spoon<2", "bowl==1.0", "table[set]", "soup>=2")
STEPS = st.tuples(st.sampled_from(TOOLS), st.sampled_from(WANTED))
#: What uv leaves in an environment to wait for itself.
LOCKS = frozenset({".lock"})
#: The kinds of finding that say what `pip check` says.
BROKEN_DEPENDENCIES = frozenset({"dependency-missing", "dependency-version"})


def specs() -> list[WheelSpec]:
    """Plain wheels with all that a wheel may hold, and variants of one of them."""
    found = []
    for version in ("1.0", "2.0"):
        found += [
            WheelSpec("soup", version, requires=["bowl"], files={"kitchen/soup.py": version}),
            WheelSpec(
                "bowl",
                version,
                files={
                    "kitchen/bowl.py": version,
                    f"bowl-{version}.data/data/share/kitchen/bowl": version,
                    f"bowl-{version}.data/headers/bowl.h": version,
                    f"bowl-{version}.data/scripts/polish": f"#!python\nprint({version!r})\n",
                },
            ),
            WheelSpec(
                "spoon",
                version,
                requires=["soup<2"] if version == "1.0" else ["soup>=1"],
                entry_points="[console_scripts]\nstir = spoon:version\n",
                files={"spoon/data file, with comma.txt": version, f"spoon/v{version[0]}.py": ""},
            ),
            WheelSpec(
                "table", version, extras=["set"], requires=['spoon; extra == "set"', "bowl<3"]
            ),
        ]
        found += [
            WheelSpec(
                "soup",
                version,
                label=taste,
                properties={"taste": {"kind": [taste]}},
                namespaces=["taste"],
                providers=PROVIDERS,
                requires=["bowl"],
                files={"kitchen/soup.py": version, f"soup/{taste}.py": taste},
            )
            for taste in ("sweet", "salty")
        ]
    return found


class OneEnvironment(RuleBasedStateMachine):
    """An environment that three tools change in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="life-"))
        self.plain, self.all = self.folder / "plain", self.folder / "all"
        for spec in specs():
            build_wheel(self.all, spec)
            if spec.label is None:
                build_wheel(self.plain, spec)
        self.environment = new_environment(self.folder)
        self.python = str(self.environment.interpreter.executable)
        self.empty = frozenset(tree(self.environment))
        self.log: list[str] = []

    def teardown(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder)

    @initialize(steps=st.lists(STEPS, max_size=2))
    def begin(self, steps: Sequence[tuple[str, str]]) -> None:
        """Start from an environment with a past."""
        for tool, wanted in steps:
            self.install(tool, wanted)

    @rule(
        tool=st.sampled_from(TOOLS), wanted=st.sampled_from(WANTED), how=st.sampled_from(["", "-U"])
    )
    def install_something(self, tool: str, wanted: str, how: str) -> None:
        """Install, and perhaps upgrade."""
        self.install(tool, *([how] if how else []), wanted)

    @rule(tool=st.sampled_from(TOOLS), wanted=st.sampled_from(NAMES))
    def install_alone(self, tool: str, wanted: str) -> None:
        """Install what then may lack its dependencies."""
        self.install(tool, "--no-deps", wanted)

    @rule(tool=st.sampled_from(TOOLS), name=st.sampled_from(NAMES))
    def uninstall(self, tool: str, name: str) -> None:
        """Remove what another tool may have installed."""
        if name not in self.names():
            return
        before = self.files_of(name)
        if tool == "pip":
            self.ask_pip("uninstall", "--yes", name)
        elif tool == "uv":
            self.ask_uv("uninstall", name)
        else:
            done = self.ask("uninstall", name)
            assert done.code == 0, (self.log, done.stderr)
        assert name not in self.names(), self.log
        left = [path for path in before if os.path.lexists(path) and path not in self.owned()]
        assert left == [], (self.log, tool, left)

    @rule()
    def refresh(self) -> None:
        """Look for better builds of what is there."""
        done = self.ask("refresh", "--no-index", "--find-links", self.all)
        assert done.code == 0 or "dependencies" in done.stderr, (self.log, done.stderr)

    def install(self, tool: str, *wanted: str) -> None:
        """Install with one tool; what it may refuse, as what nothing satisfies, none accepts."""
        if tool == "pip":
            self.ask_pip("install", "--no-index", "--find-links", str(self.plain), *wanted)
        elif tool == "uv":
            self.ask_uv("install", "--no-index", "--find-links", str(self.plain), *wanted)
        else:
            done = self.ask("install", "--no-index", "--find-links", self.all, *wanted)
            assert done.code == 0, (self.log, done.stderr)

    def ask(self, *arguments: str | Path) -> Completed:
        """Run whichwheel on the environment."""
        self.log.append(f"whichwheel {arguments[0]} {arguments[-1]}")
        home = self.folder / "home"
        return run_whichwheel(*arguments, "--python", self.python, home=home, cwd=self.folder)

    def ask_pip(self, *arguments: str) -> None:
        """Run pip on the environment."""
        command = [sys.executable, "-m", "pip", "--python", self.python, "--no-cache-dir"]
        self.run([*command, "--disable-pip-version-check", *arguments])

    def ask_uv(self, *arguments: str) -> None:
        """Run uv on the environment."""
        program = str(Path(sys.executable).with_name("uv"))
        self.run([program, "pip", *arguments, "--python", self.python])

    def run(self, command: Sequence[str]) -> None:
        """Run another tool, which has to succeed."""
        self.log.append(" ".join(part for part in command[1:] if "/" not in part))
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        surroundings = child_environment(home, {"PYTHONWARNINGS": "ignore"})
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=surroundings
        )
        assert done.returncode == 0, (self.log, done.stdout, done.stderr)

    def distributions(self) -> dict[str, metadata.Distribution]:
        """What the standard library sees."""
        purelib = str(self.environment.interpreter.paths["purelib"])
        found = list(metadata.distributions(path=[purelib]))
        by_name: dict[str, metadata.Distribution] = {
            canonicalize_name(each.name): each for each in found
        }
        assert len(by_name) == len(found), self.log
        return by_name

    def names(self) -> set[str]:
        """Which of the projects are there."""
        return set(self.distributions()) & set(NAMES)

    def files_of(self, name: str) -> list[Path]:
        """The files of one distribution, by its own record."""
        each = self.distributions()[name]
        rows = csv.reader((each.read_text("RECORD") or "").splitlines())
        return [Path(os.path.normpath(str(each.locate_file(row[0])))) for row in rows if row]

    def owned(self) -> set[Path]:
        """The files of all distributions."""
        return {path for name in self.distributions() for path in self.files_of(name)}

    @invariant()
    def everything_recorded_is_there(self) -> None:
        """No tool took away a file of what it did not remove, and imports work."""
        # uv takes the folder of compiled files away, though another package has some there.
        missing = [path for path in self.owned() if not (path.exists() or path.suffix == ".pyc")]
        assert missing == [], self.log
        modules = sorted(self.names())
        code = f"import {', '.join(modules)}" if modules else "pass"
        done = subprocess.run(
            [self.python, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (self.log, done.stderr)

    @invariant()
    def nothing_else_is_there(self) -> None:
        """No tool left anything behind."""
        owned = self.owned()
        prefix = self.environment.interpreter.prefix
        stray = [
            path
            for name, data in tree(self.environment).items()
            if name not in self.empty
            and data is not None
            and "__pycache__" not in name
            and name not in LOCKS
            and (path := Path(os.path.normpath(prefix / name))) not in owned
        ]
        assert stray == [], self.log

    @invariant()
    def they_agree(self) -> None:
        """`pip check`, `importlib.metadata` and `whichwheel check` say the same."""
        command = [sys.executable, "-m", "pip", "--python", self.python]
        done = subprocess.run(
            [*command, "--disable-pip-version-check", "check"],
            capture_output=True,
            text=True,
            check=False,
        )
        ours = self.ask("check", "--offline", "--json")
        self.log.pop()
        document = json.loads(ours.stdout)
        errors = [each for each in document["findings"] if each["severity"] == "error"]
        assert {each["kind"] for each in errors} <= BROKEN_DEPENDENCIES, (self.log, errors)
        assert bool(errors) == bool(done.returncode), (self.log, errors, done.stdout)
        listed = json.loads(self.ask("list", "--json").stdout)["packages"]
        self.log.pop()
        seen = {each["name"]: each["version"] for each in listed}
        assert seen == {name: each.version for name, each in self.distributions().items()}


TestOneEnvironment = OneEnvironment.TestCase
# A failure shows its few steps; to look for fewer would take minutes.
TestOneEnvironment.settings = settings(
    max_examples=12 if os.environ.get("CI") else 8,
    stateful_step_count=6,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
