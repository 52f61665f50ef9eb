"""Find a C compiler, or fetch one: the `ziglang` wheel from the package index serves as one."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

# Options that Python's own build may have recorded, and that only gcc understands.
GCC_ONLY = ("-flto", "-fno-lto", "-ffat-lto", "-fuse-linker-plugin", "-fcf-protection", "-specs=")


def compiler_environment(folder: Path, run: Callable[..., object]) -> dict[str, str]:
    """Return the variables by which setuptools finds a compiler; none if it finds one itself.

    :param folder: where to put a compiler that has to be fetched
    :param run: runs and shows a command
    """
    usual = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if shutil.which(shlex.split(usual)[0]):
        return {}
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return _variables(name)
    print("There is no C compiler here: fetching one.")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "ziglang")
    wrapper = folder / "bin" / "zig-cc"
    wrapper.write_text(
        f'#!/bin/sh\nexec {shlex.quote(str(python))} {shlex.quote(__file__)} "$@"\n',
        encoding="utf-8",
    )
    wrapper.chmod(0o755)
    return _variables(shlex.quote(str(wrapper)))


def _variables(command: str) -> dict[str, str]:
    linker = f"{command} -shared"
    if sys.platform == "darwin":
        linker = f"{command} -bundle -undefined dynamic_lookup"
    return {"CC": command, "CXX": command, "LDSHARED": linker}


def for_zig(arguments: list[str]) -> list[str]:
    """Return the arguments of gcc as zig has them."""
    translated = []
    machine = "-mcpu=baseline"  # without any, zig builds for this very machine
    for argument in arguments:
        if argument.startswith("-march=x86-64"):
            machine = "-march=" + argument.removeprefix("-march=").replace("-", "_")
        elif argument.startswith("-march=arm"):
            version = argument.removeprefix("-march=arm").removesuffix("-a").replace(".", "_")
            machine = f"-mcpu=generic+{version}a"
        elif not argument.startswith(GCC_ONLY):
            translated.append(argument)
    # zig adds checks for undefined behaviour where it optimises little.
    return [machine, "-fno-sanitize=undefined", *translated]


if __name__ == "__main__":
    command = [sys.executable, "-m", "ziglang", "cc", *for_zig(sys.argv[1:])]
    sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 -- that is its purpose
