"""The command line, run as a person would run it: in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Completed", "child_environment", "run_whichwheel"]

_LEAKING = ("PIP_", "UV_", "WHICHWHEEL_", "NV_VARIANT_", "AMD_VARIANT_", "COLUMNS", "NO_COLOR")


@dataclass(frozen=True)
class Completed:
    """What a run left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, object]:
        """Standard output as the one JSON document that it has to be."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document


def child_environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which nothing of the machine's own settings is seen."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_LEAKING) and name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}
    }
    return {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "LOCALAPPDATA": str(home / "AppData"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CONFIG_DIRS": str(home / "etc"),
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONWARNINGS": "error",
        **(more or {}),
    }


def run_whichwheel(
    *arguments: str | Path,
    home: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 60,
) -> Completed:
    """Run ``whichwheel`` with ``arguments``.

    :param home: the home folder of the run, where its caches go
    :param env: variables beside those of a clean environment
    """
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "whichwheel", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd if cwd is not None else home,
        env=child_environment(home, env),
        timeout=timeout,
    )
    return Completed(done.returncode, done.stdout, done.stderr)
