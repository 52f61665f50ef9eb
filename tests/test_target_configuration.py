import subprocess
import sys
from pathlib import Path

import pytest

from whichwheel.target.described.configuration import Configuration, read_configuration
from whichwheel.target.described.configuration_file import InvalidConfiguration
from whichwheel.target.described.known_targets import Layer
from whichwheel.target.gpus import GpuPolicy
from whichwheel.target.rules.faults import InvalidRuleFile

LAB = """
[targets.lab]
python = "3.12"
platform = "manylinux_2_35_x86_64"
"""
RULE = """
namespace = "{name}"
[values.kind.yes]
environment = "{name}"
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_the_nearest_file_going_up_is_read(tmp_path: Path) -> None:
    outer = write(tmp_path / "whichwheel.toml", LAB.replace("lab", "outer"))
    inside = tmp_path / "a" / "b" / "c"
    inside.mkdir(parents=True)
    assert read_configuration(inside).files == (outer,)
    inner = write(tmp_path / "a" / "whichwheel.toml", LAB)
    configuration = read_configuration(inside)
    assert configuration.files == (inner,)
    assert [*configuration.targets] == ["lab"]


def test_whichwheel_toml_comes_before_pyproject_in_one_folder(tmp_path: Path) -> None:
    shared = write(tmp_path / "pyproject.toml", LAB.replace("[targets", "[tool.whichwheel.targets"))
    assert read_configuration(tmp_path).files == (shared,)
    own = write(tmp_path / "whichwheel.toml", LAB)
    assert read_configuration(tmp_path).files == (own,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\nname = 'whichwheel-user'\n",
        "[tool.whichwheel]\npass-variant-label = true\n[tool.whichwheel.variants.x]\n",
        "[tool]\nother = 'whichwheel'\n",
    ],
)
def test_a_pyproject_without_our_tables_is_passed_by(tmp_path: Path, text: str) -> None:
    outer = write(tmp_path / "whichwheel.toml", LAB)
    write(tmp_path / "project" / "pyproject.toml", text)
    assert read_configuration(tmp_path / "project").files == (outer,)


def test_a_broken_pyproject_that_does_not_name_us_is_passed_by(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[project\n")
    assert read_configuration(tmp_path) == Configuration()
    write(tmp_path / "pyproject.toml", "[tool.whichwheel.targets\n")
    with pytest.raises(InvalidConfiguration, match="line 1: it is not TOML"):
        read_configuration(tmp_path)


def test_the_project_comes_before_the_user(tmp_path: Path) -> None:
    project, user = tmp_path / "project", tmp_path / "user"
    write(
        project / "whichwheel.toml",
        LAB + '[providers]\nenable = ["a"]\ndisable = ["b"]\ngpus = "any"\n',
    )
    write(
        user / "whichwheel.toml",
        LAB.replace("3.12", "3.11")
        + LAB.replace("lab", "mine")
        + '[providers]\nenable = ["b", "c"]\ndisable = ["a", "d"]\ngpus = "all"\n',
    )
    configuration = read_configuration(project, user_folder=user)
    assert configuration.targets["lab"].table["python"] == "3.12"
    assert [*configuration.targets] == ["lab", "mine"]
    settings = configuration.settings
    assert settings.enabled == {"a", "c"}
    assert settings.disabled == {"b", "d"}
    assert settings.gpus == GpuPolicy(each=False)
    assert configuration.files == (project / "whichwheel.toml", user / "whichwheel.toml")


def test_the_users_own_folder_is_no_project_beside(tmp_path: Path) -> None:
    write(tmp_path / "whichwheel.toml", LAB)
    configuration = read_configuration(tmp_path, user_folder=tmp_path)
    assert configuration.files == (tmp_path / "whichwheel.toml",)


def test_the_system_comes_last(tmp_path: Path) -> None:
    user, system = tmp_path / "user", tmp_path / "system"
    write(user / "whichwheel.toml", LAB + '[providers]\ngpus = "any"\n')
    write(
        system / "whichwheel.toml",
        LAB.replace("3.12", "3.11") + LAB.replace("lab", "site") + '[providers]\ndisable = ["a"]\n',
    )
    configuration = read_configuration(tmp_path / "project", user_folder=user, system_folder=system)
    assert configuration.targets["lab"].table["python"] == "3.12"
    assert configuration.targets["site"].layer is Layer.SYSTEM
    assert configuration.known.find("site") is not None
    assert configuration.settings.disabled == {"a"}
    assert configuration.settings.gpus == GpuPolicy(each=False)
    assert [file.layer for file in configuration.read] == [Layer.USER, Layer.SYSTEM]


def test_what_other_rooms_read_is_handed_over_with_its_place(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.whichwheel]\nban = ["nvidia"]\n')
    write(tmp_path / "user" / "whichwheel.toml", '\nban = ["amd"]\n')
    configuration = read_configuration(tmp_path, user_folder=tmp_path / "user")
    near, far = configuration.sections("ban")
    assert (near.value, near.layer) == (["nvidia"], Layer.PROJECT)
    assert near.origin() == f"{tmp_path / 'pyproject.toml'}, line 2"
    assert (far.value, far.layer) == (["amd"], Layer.USER)
    assert configuration.sections("prefer") == ()


def test_rules_of_the_user_and_of_the_project_are_read(tmp_path: Path) -> None:
    project, user = tmp_path / "project", tmp_path / "user"
    write(project / "whichwheel.toml", '[providers]\nrules = ["rules/fpga.toml"]\n')
    write(project / "rules" / "fpga.toml", RULE.format(name="fpga"))
    write(user / "rules" / "dsp.toml", RULE.format(name="dsp"))
    write(user / "rules" / "notes.txt", "no rule")
    settings = read_configuration(project, user_folder=user).settings
    assert sorted(settings.rules) == ["dsp", "fpga"]
    (project / "rules" / "fpga.toml").unlink()
    with pytest.raises(InvalidRuleFile, match=r"fpga\.toml"):
        read_configuration(project, user_folder=user)


FAULTS = [
    ("targets = 1", "targets", "is a number, expected a table"),
    ('[targets]\nlab = "lab.toml"', "targets.lab", "is a text, expected a table"),
    ('[targets."a b"]', "targets.a b", "is no name"),
    ('[targets."lab.toml"]', "targets.lab.toml", "is no name"),
    ("[targets.this]", "targets.this", "`this` stands for this machine"),
    ("[providers]\nenabled = []", "providers.enabled", "did you mean `enable`?"),
    ('[providers]\nenable = "a"', "providers.enable", "is a text, expected a list"),
    ('[providers]\nenable = ["A"]', "providers.enable[0]", "is `A`, expected namespaces"),
    ("[providers]\ndisable = [1]", "providers.disable[0]", "is a number, expected namespaces"),
    (
        '[providers]\nenable = ["a"]\ndisable = ["a"]',
        "providers.disable[0]",
        "is `a`, which `enable` has",
    ),
    ('[providers]\ngpus = "two"', "providers.gpus", "is `two`, expected `all`"),
    ("[providers]\ngpus = 2", "providers.gpus", "is a number, expected `all`"),
    ("[providers]\nrules = [1]", "providers.rules[0]", "expected files of rules"),
]


def in_pyproject(text: str) -> str:
    if not text.startswith("["):
        return f"[tool.whichwheel]\n{text}"
    return text.replace("[", "[tool.whichwheel.", 1)


@pytest.mark.parametrize(("text", "path", "message"), FAULTS)
@pytest.mark.parametrize("shared", [False, True])
def test_a_fault_names_its_key_its_line_and_what_was_expected(
    tmp_path: Path, text: str, path: str, message: str, *, shared: bool
) -> None:
    file = tmp_path / ("pyproject.toml" if shared else "whichwheel.toml")
    write(file, in_pyproject(text) if shared else text)
    with pytest.raises(InvalidConfiguration) as caught:
        read_configuration(tmp_path)
    (fault,) = caught.value.faults
    assert fault.path == (f"tool.whichwheel.{path}" if shared else path)
    assert message in fault.message
    assert fault.line is not None
    assert str(file) in caught.value.message


def test_an_unknown_key_gets_a_suggestion_where_all_keys_are_ours(tmp_path: Path) -> None:
    write(tmp_path / "whichwheel.toml", "[target.lab]")
    with pytest.raises(InvalidConfiguration, match="did you mean `targets`"):
        read_configuration(tmp_path)
    (tmp_path / "whichwheel.toml").rename(tmp_path / "pyproject.toml")
    assert read_configuration(tmp_path) == Configuration()


def test_nothing_is_loaded_where_nothing_is_configured(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from whichwheel.target.described.configuration import read_configuration
read_configuration(Path({str(tmp_path)!r}), user_folder=Path({str(tmp_path / "user")!r}))
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"tomllib", "whichwheel.target.described.target_table", "packaging.tags"}


def test_a_folder_that_cannot_be_entered_holds_no_configuration(tmp_path: Path) -> None:
    assert read_configuration(tmp_path / "gone" / "deeper") == Configuration()
    write(tmp_path / "file", "")
    assert read_configuration(tmp_path / "file" / "below") == Configuration()
