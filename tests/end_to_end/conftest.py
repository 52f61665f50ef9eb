"""What every test through the command line starts from."""

from pathlib import Path

import pytest

from support.environments import new_environment
from support.workplace import Workplace


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """A fresh workplace."""
    (tmp_path / "wheels").mkdir()
    return Workplace(tmp_path, new_environment(tmp_path))
