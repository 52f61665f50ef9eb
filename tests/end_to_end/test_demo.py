"""The demo that a newcomer runs first."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "simd-dot"


@pytest.mark.network
@pytest.mark.skipif(sys.platform == "win32", reason="the demo is for gcc and clang")
@pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="would fetch a compiler"
)
def test_the_demo_builds_publishes_installs_and_compares(tmp_path: Path) -> None:
    copy = shutil.copytree(EXAMPLE, tmp_path / "examples" / "simd-dot")
    done = subprocess.run(
        [sys.executable, str(copy / "demo.py")],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((tmp_path / "demo" / "wheels").glob("*.whl"))) > 2
    assert "installed 1 package" in done.stdout
    speeds = re.findall(r"^(plain|chosen) wheel +([0-9.]+) GFLOP/s", done.stdout, re.MULTILINE)
    assert [which for which, _ in speeds] == ["plain", "chosen"]
    assert all(float(speed) > 0 for _, speed in speeds)
    assert done.stdout.count("explain simd-dot") == 4
