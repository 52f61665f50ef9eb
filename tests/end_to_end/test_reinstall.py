"""`install --reinstall` and `--reinstall-package`: what is there is put anew."""

from pathlib import Path

import pytest

from support.market import fine
from support.workplace import Workplace


@pytest.fixture
def damaged(workplace: Workplace) -> Workplace:
    """A meal of two packages, of both of which a file was changed."""
    workplace.build("soup")
    workplace.build("meal", requires=["soup"])
    fine(workplace.install("meal"))
    for name in ("soup", "meal"):
        module(workplace, name).unlink()
    return workplace


def module(place: Workplace, name: str) -> Path:
    """The one module of a package."""
    return place.environment.site_folders[0] / name / "__init__.py"


def whole(place: Workplace) -> list[str]:
    """The packages that are as they were."""
    return [name for name in ("meal", "soup") if module(place, name).is_file()]


@pytest.mark.parametrize("option", ["--reinstall", "--force-reinstall"])
def test_all_that_is_involved_is_put_anew(damaged: Workplace, option: str) -> None:
    assert "nothing to do" in fine(damaged.install("meal"))
    fine(damaged.install("meal", option))
    assert whole(damaged) == ["meal", "soup"]


def test_what_nothing_needs_is_told(damaged: Workplace) -> None:
    damaged.build("salad")
    done = damaged.install("soup", "--reinstall-package", "salad")
    assert done.code == 0
    assert done.stderr == (
        "note: `salad`, which `--reinstall-package` names, is not needed for what is asked for\n"
    )


def test_one_package_is_put_anew_alone(damaged: Workplace) -> None:
    fine(damaged.install("meal", "--reinstall-package", "Soup"))
    assert whole(damaged) == ["soup"]
    fine(damaged.install("meal", env={"WHICHWHEEL_REINSTALL_PACKAGE": "meal"}))
    assert whole(damaged) == ["meal", "soup"]
    # The newest is taken of it, and of nothing else.
    damaged.build("soup", version="2.0")
    damaged.build("meal", version="2.0", requires=["soup"])
    assert "soup 2.0" in fine(damaged.install("meal", "--reinstall-package", "soup"))
    assert "meal 2.0" not in fine(damaged.run("freeze", "--python", damaged.python))


def test_a_lock_and_a_name_that_is_none_are_refused(workplace: Workplace) -> None:
    lock = workplace.folder / "pylock.toml"
    lock.write_text('lock-version = "1.0"\ncreated-by = "hand"\npackages = []\n', "utf-8")
    refused = workplace.install("-r", lock, "--reinstall-package", "soup")
    assert refused.code == 2
    assert "a lock says all" in refused.stderr
    assert workplace.install("soup", "--reinstall-package", "so up").code == 2
