from pathlib import Path

import pytest

from whichwheel.plugins.surroundings import bearing_of, child_environment


@pytest.mark.parametrize(
    "name",
    [
        "CUDA_VISIBLE_DEVICES",
        "ROCR_VISIBLE_DEVICES",
        "LD_LIBRARY_PATH",
        "NV_VARIANT_PROVIDER_FORCE_SM_ARCH",
        "ASCEND_VARIANT_PROVIDER_FORCE_NPU_TYPE",
    ],
)
def test_what_tells_of_devices_is_seen_and_bears_on_the_answer(name: str) -> None:
    assert child_environment({name: "1"})[name] == "1"
    assert f"{name}=1" in bearing_of({name: "1"})


@pytest.mark.parametrize(
    "name",
    [
        *("HOME", "USER", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "LD_PRELOAD"),
        *("AWS_SECRET_ACCESS_KEY", "PIP_INDEX_URL", "WHICHWHEEL_INDEX_URL", "http_proxy"),
        *("_VARIANT_PROVIDER_FORCE_X", "X_VARIANT_PROVIDER_FORCE_", "xVARIANT_PROVIDER_FORCE_X"),
    ],
)
def test_all_else_is_not(name: str) -> None:
    assert name not in child_environment({name: "1"})
    assert not [mark for mark in bearing_of({name: "1"}) if mark.startswith(name)]


def test_the_path_is_that_of_the_system() -> None:
    assert "/project" not in child_environment({"PATH": "/project/bin"})["PATH"]


def test_a_driver_that_is_replaced_changes_what_an_answer_depends_on(tmp_path: Path) -> None:
    before = bearing_of({}, root=tmp_path)
    module = tmp_path / "sys/module/nvidia"
    module.mkdir(parents=True)
    loaded = bearing_of({}, root=tmp_path)
    (module / "version").write_text("570.86.10\n")
    old = bearing_of({}, root=tmp_path)
    (module / "version").write_text("580.65.06\n")
    new = bearing_of({}, root=tmp_path)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidia0").touch()
    (tmp_path / "dev" / "null").touch()
    seen = bearing_of({}, root=tmp_path)
    assert len({before, loaded, old, new, seen}) == 5
    assert seen == ("nvidia 580.65.06", "nvidia0")
