"""What tests of `whichwheel run` start from: an index on loopback, and real installers."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.command import Completed, run_whichwheel
from support.index import write_project
from support.server import Server, serve
from support.wheels import variant_json
from support.workplace import PROVIDERS, TASTES, Workplace

__all__ = ["PIP", "UV", "Shop", "open_shop", "sha256"]

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
UV = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")


@dataclass(frozen=True)
class Shop:
    """An index whose `soup` has variants, of which `sweet` is the best and `sour` fits nowhere.

    `soup` needs `bread`, and its sweet variant needs `sugar` too.
    """

    workplace: Workplace
    server: Server

    @property
    def url(self) -> str:
        """The address of the index."""
        return f"{self.server.url}simple/"

    def run(
        self,
        *command: str | Path,
        options: Sequence[str | Path] = (),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Completed:
        """Run a command through `whichwheel run` with the index as its source."""
        return run_whichwheel(
            "run",
            "--index-url",
            self.url,
            *options,
            "--",
            *command,
            home=self.workplace.folder / "home",
            cwd=self.workplace.folder if cwd is None else cwd,
            env=env,
            timeout=180,
        )

    def labels(self, python: str | Path | None = None) -> dict[str, str | None]:
        """Return the label of everything that is installed, by name."""
        done = self.workplace.run("list", "--python", python or self.workplace.python, "--json")
        listed = done.document["packages"]
        assert isinstance(listed, list)
        return {each["name"]: each["label"] for each in listed}

    def add(self, name: str, **more: object) -> Path:
        """Add a project with one plain wheel."""
        wheel = self.workplace.build(name, **more)
        write_project(self.workplace.folder, name, [wheel])
        return wheel


def write_soup(workplace: Workplace, version: str = "1.0", requires: Sequence[str] = ()) -> None:
    """Build a version of `soup`, its plain wheel too."""
    for taste in TASTES:
        more = ["sugar"] if taste == "sweet" else []
        workplace.build(
            "soup",
            version=version,
            label=taste,
            properties={"taste": {"kind": [taste]}},
            namespaces=["taste"],
            providers=PROVIDERS,
            requires=["bread", *more, *requires],
        )
    workplace.build("soup", version=version, requires=["bread", *requires])


@contextmanager
def open_shop(workplace: Workplace, versions: Sequence[str] = ("1.0",)) -> Iterator[Shop]:
    """Serve the index until the block ends."""
    properties = {taste: {"taste": {"kind": [taste]}} for taste in TASTES}
    document = variant_json(properties, namespaces=["taste"], providers=PROVIDERS)
    for version in versions:
        write_soup(workplace, version)
    soups = sorted(workplace.wheels.glob("soup-*.whl"))
    variants = dict.fromkeys(versions, document)
    write_project(workplace.folder, "soup", soups, variants=variants)
    with serve(workplace.folder) as server:
        shop = Shop(workplace, server)
        shop.add("bread")
        shop.add("sugar")
        yield shop


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def addresses(workplace: Workplace) -> dict[str, dict[str, object]]:
    """Return the addresses that were remembered."""
    found = list((workplace.folder / "home").rglob("addresses.json"))
    assert len(found) == 1
    document = json.loads(found[0].read_text())
    assert isinstance(document["addresses"], dict)
    return document["addresses"]
