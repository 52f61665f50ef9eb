"""Split a package into one without code and one for each level of processor.

Run `python examples/split-package/demo.py`. Every line that starts with `$` is a command that
can be typed as it stands, in the temporary folder that the demo works in.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from wheels import write_all

HERE = Path(__file__).resolve().parent
LEVELS = ("v1", "v2", "v3", "v4")


def title(text: str) -> None:
    print(f"\n== {text}", flush=True)


def run(folder: Path, *command: str) -> None:
    """Show a command as it is typed in a folder, and run it there."""
    print(f"$ {shlex.join(command)}", flush=True)
    executable = Path(sys.executable).parent / command[0]
    program = str(executable) if executable.exists() else command[0]
    done = subprocess.run([program, *command[1:]], cwd=folder, check=False)  # noqa: S603 -- a demo
    if done.returncode:
        sys.exit(f"the demo stops: `{shlex.join(command)}` ended with {done.returncode}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="split-package-") as name:
        demo(Path(name))


def demo(folder: Path) -> None:
    title("Build: `foo` without code, and `foo-v1`, `foo-v3`, `foo-v4` with it")
    write_all(folder)
    shutil.copytree(HERE / "targets", folder / "targets")
    properties = [part for level in LEVELS for part in ("-p", f"x86_64 :: level :: {level}")]
    wheel = os.path.join("build", "foo-1.0-py3-none-any.whl")  # noqa: PTH118 -- as it is typed
    run(folder, "whichwheel", "relabel", wheel, "--label", "x86_64", *properties, "-o", "wheels")
    run(folder, "whichwheel", "index", "wheels")

    title("Resolve: what three machines would get")
    where = ("--index-url", "wheels")
    for target in ("new-server", "laptop", "arm-board"):
        described = f"targets/{target}.toml"
        run(folder, "whichwheel", "install", "foo", *where, "--for", described, "--dry-run")

    title("Install: what this machine gets")
    venv.create(folder / "env")
    run(folder, "whichwheel", "install", "foo", *where, "--python", "env")
    run(folder, "whichwheel", "list", "--python", "env")
    scripts = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    code = "import foo; print('foo was built for', foo.built_for)"
    run(folder, str(scripts / "python"), "-c", code)


if __name__ == "__main__":
    main()
