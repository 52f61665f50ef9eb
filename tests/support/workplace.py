"""What a test through the command line starts from: wheels, an environment, the command."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.command import Completed, run_whichwheel
from support.environments import tree
from support.wheels import WheelSpec, build_wheel
from whichwheel.environment.site import Environment

__all__ = ["PROVIDERS", "TASTES", "Workplace"]

TASTES = ("sweet", "salty", "sour")

#: A provider that every machine can answer: it likes sweet better than salty, and never sour.
PROVIDERS = {"taste": {"static-properties": {"kind": ["sweet", "salty"]}}}


@dataclass(frozen=True)
class Workplace:
    """A folder of wheels, a fresh environment, and the command line between them."""

    folder: Path
    environment: Environment

    @property
    def wheels(self) -> Path:
        """Where `--find-links` looks."""
        return self.folder / "wheels"

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.environment.interpreter.executable)

    def run(self, *arguments: str | Path, env: dict[str, str] | None = None) -> Completed:
        """Run any command."""
        env = {"BUILD_LOG": str(self.folder / "log"), **(env or {})}
        return run_whichwheel(*arguments, home=self.folder / "home", cwd=self.folder, env=env)

    def install(self, *arguments: str | Path, env: dict[str, str] | None = None) -> Completed:
        """Install from the folder of wheels alone."""
        where = ("--no-index", "--find-links", self.wheels, "--python", self.python)
        return self.run("install", *where, *arguments, env=env)

    def explain(self, *arguments: str | Path, env: dict[str, str] | None = None) -> Completed:
        """Explain from the folder of wheels alone."""
        where = ("--no-index", "--find-links", self.wheels, "--python", self.python)
        return self.run("explain", *where, *arguments, env=env)

    def frozen(self, *options: str) -> list[str]:
        """What the environment holds, as lines of a file of requirements."""
        return self.run("freeze", "--python", self.python, *options).stdout.splitlines()

    def direct_url(self, name: str = "foo") -> dict[str, object]:
        """Where a package came from, as it is written down beside it (PEP 610)."""
        (path,) = self.environment.site_folders[0].glob(f"{name}-*.dist-info/direct_url.json")
        found = json.loads(path.read_text("utf-8"))
        assert isinstance(found, dict)
        return found

    def built(self) -> list[str]:
        """What build backends of `support.sdists` were asked for, call by call."""
        path = self.folder / "log"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def tree(self) -> dict[str, bytes | None]:
        """What the environment holds, file by file."""
        return tree(self.environment)

    def build(self, name: str = "soup", **more: object) -> Path:
        """Build one wheel into the folder of wheels."""
        return build_wheel(self.wheels, WheelSpec(name, **more))  # type: ignore[arg-type]

    def build_tastes(
        self,
        name: str = "soup",
        version: str = "1.0",
        *,
        tastes: Sequence[str] = TASTES,
        requires: Sequence[str] = (),
    ) -> None:
        """Build variants that differ in taste; `sweet` is the best, `sour` fits nowhere."""
        for taste in tastes:
            self.build(
                name,
                version=version,
                label=taste,
                properties={"taste": {"kind": [taste]}},
                namespaces=["taste"],
                providers=PROVIDERS,
                requires=requires,
            )

    def build_null(self, name: str = "soup", version: str = "1.0") -> None:
        """Build the null variant of such a release."""
        self.build(name, version=version, label="null", namespaces=["taste"], providers=PROVIDERS)
