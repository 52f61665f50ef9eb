"""Build, publish, install and explain the variants of simd-dot; `make demo` runs this.

Every line that starts with `$` is a command that can be typed as it stands.
"""

import os
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from compiler import compiler_environment

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "demo"
WHEELS = WORK / "wheels"
CHOSEN = WORK / "env"
PLAIN = WORK / "plain-env"


def title(text: str) -> None:
    print(f"\n== {text}", flush=True)


def run(*command: str | Path, check: bool = True) -> int:
    """Show a command as it is typed in the root of the project, and run it there."""
    typed = [_relative(part) for part in command]
    print(f"$ {shlex.join(typed)}", flush=True)
    done = subprocess.run(typed, cwd=ROOT, check=False)  # noqa: S603 -- a demo of commands
    if check and done.returncode:
        sys.exit(f"the demo stops: `{shlex.join(typed)}` ended with {done.returncode}")
    return done.returncode


def _relative(part: str | Path) -> str:
    path = Path(part)
    if path.is_absolute() and path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    return str(part)


def whichwheel(*arguments: str | Path, check: bool = True) -> int:
    """Run the command of the environment that this runs in."""
    command = Path(sys.executable).parent / "whichwheel"
    return run(command if command.exists() else "whichwheel", *arguments, check=check)


def measure(environment: Path) -> tuple[str, float]:
    """Return the instruction set that an environment's simd-dot uses, and its GFLOP/s."""
    python = environment / "bin" / "python"
    command = [str(python), str(HERE / "benchmark.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    features, speed = done.stdout.split()
    return features, float(speed)


def main() -> None:
    if sys.platform == "win32":
        sys.exit("the variants of simd-dot need gcc or clang: run the demo on Linux or macOS")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    os.environ |= compiler_environment(WORK / "compiler", run)

    title("Build: one project, a wheel for every level of CPU, one for all others, a plain one")
    whichwheel("build", HERE, "--all", "--plain", "--out-dir", WHEELS)

    title("Publish: the folder becomes an index that any web server can serve")
    whichwheel("index", WHEELS)

    title("Install: the wheel that fits this machine")
    index = ("--index-url", WHEELS)
    venv.create(CHOSEN)
    whichwheel("install", "simd-dot", *index, "--python", CHOSEN)
    whichwheel("list", "--python", CHOSEN)

    title("Explain: why that one")
    whichwheel("explain", "simd-dot", *index, "--python", CHOSEN)

    title("Compare: what pip would install today, and what was chosen")
    venv.create(PLAIN)
    whichwheel("install", "simd-dot", *index, "--python", PLAIN, "--no-variants", "--quiet")
    before, slow = measure(PLAIN)
    after, fast = measure(CHOSEN)
    print(f"plain wheel   {slow:6.1f} GFLOP/s  ({before})")
    print(f"chosen wheel  {fast:6.1f} GFLOP/s  ({after}), {fast / slow:.1f} times as fast")

    title("Elsewhere: what other machines would get")
    for name in ("old-vm", "new-server", "arm-board"):
        target = HERE / "targets" / f"{name}.toml"
        status = whichwheel("explain", "simd-dot", *index, "--for", target, check=False)
        if status:
            print("(so it should be: nothing was built for that machine here)", flush=True)

    title(f"Done: all of it is in {_relative(WORK)}")


if __name__ == "__main__":
    main()
