"""What every test through the command line starts from."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.environments import new_environment
from support.market import LINUX, OPENCV, XGBOOST, Market
from support.server import serve
from support.wheels import WheelSpec
from support.workplace import Workplace


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """A fresh workplace."""
    (tmp_path / "wheels").mkdir()
    return Workplace(tmp_path, new_environment(tmp_path))


@pytest.fixture
def market(tmp_path: Path, workplace: Workplace) -> Iterator[Market]:
    """A market without any wheels."""
    (tmp_path / "served").mkdir()
    with serve(tmp_path / "served") as server:
        yield Market(workplace, server)


@pytest.fixture
def xgboost(market: Market) -> Path:
    """The two projects on the index, and the overlay about them."""
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(200))
    module: dict[str, bytes | str] = {
        "xgboost/core.py": 'build = "cuda"\n',
        "xgboost/lib/libxgboost.so": noise,
    }
    small: dict[str, bytes | str] = {
        "xgboost/__init__.py": "",
        "xgboost/core.py": 'build = "cpu"\n',
    }
    needs = ['numpy; python_version >= "3"']
    market.offer(
        WheelSpec("xgboost", "3.1.1", tag=LINUX, files=module, requires=[*needs, "nccl>=2"]),
        WheelSpec("xgboost", "3.1.1", tag="py3-none-macosx_12_0_arm64"),
    )
    market.offer(
        WheelSpec(
            "xgboost-cpu",
            "3.1.1",
            tag=LINUX,
            requires=needs,
            files={**small, "xgboost_cpu-3.1.1.data/data/share/xgboost.txt": "data\n"},
            entry_points="[console_scripts]\nxgboost-build = xgboost.core:say\n",
        ),
    )
    market.offer(WheelSpec("numpy", "2.3"))
    market.offer(WheelSpec("nccl", "2.28"))
    market.offer(WheelSpec("model", "1.0", requires=["xgboost>=3"]))
    return market.overlay(XGBOOST)


@pytest.fixture
def opencv(market: Market) -> Path:
    """Three of the four, and something that needs the plain one."""
    for name in ("opencv-python", "opencv-contrib-python", "opencv-python-headless"):
        files = {"cv2/__init__.py": f"name = {name!r}\n"}
        market.offer(*(WheelSpec(name, each, files=files) for each in ("4.11", "4.12")))
    market.offer(WheelSpec("viewer", "1.0", requires=["opencv-python>=4"]))
    return market.overlay(OPENCV)
