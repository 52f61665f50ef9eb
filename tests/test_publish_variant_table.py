"""What a pyproject.toml may say of variants, and how its faults are told."""

from pathlib import Path

import pytest

from whichwheel.publish.errors import InvalidVariantTable, PublishError
from whichwheel.publish.variant_table import VariantTable, read_variant_table

SOUND = """
[variant.default-priorities]
namespace = ["x86_64"]
[variant.providers.x86_64]
requires = ["provider-variant-x86-64"]
[variant.variants.v3]
x86_64.level = ["v3"]
[variant.variants.v2]
x86_64.level = ["v2"]
"""


def read(folder: Path, text: str) -> VariantTable:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return read_variant_table(path)


def test_a_sound_table_gives_labels_and_settings(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        SOUND
        + """
[tool.whichwheel]
pass-variant-label = true
[tool.whichwheel.variants.v3]
environment = { CFLAGS = "-march=x86-64-v3", EMPTY = "" }
config-settings = { one = "1", many = ["a", "b"] }
only-if = "platform_machine == 'x86_64'"
""",
    )
    assert table.labels == ("v3", "v2", "null")
    assert table.pass_variant_label
    settings = table.settings_of(table.labels[0])
    assert settings.environment == {"CFLAGS": "-march=x86-64-v3", "EMPTY": ""}
    assert settings.config_settings == {"one": "1", "many": ("a", "b")}
    assert str(settings.only_if) == 'platform_machine == "x86_64"'
    assert table.settings_of(table.labels[1]).environment == {}
    assert table.settings_of(None).environment == {}


def test_all_faults_of_both_tables_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidVariantTable) as caught:
        read(
            tmp_path,
            SOUND.replace('requires = ["provider-variant-x86-64"]', 'require = ["x"]')
            + """
[tool.whichwheel]
pass-variant-lable = true
[tool.whichwheel.variants.v3]
enviroment = { A = "b" }
""",
        )
    told = [str(fault) for fault in caught.value.faults]
    assert any(text.startswith("variant.providers.x86_64.require: unknown key") for text in told)
    assert (
        "tool.whichwheel.pass-variant-lable: unknown key; did you mean `pass-variant-label`?"
        in told
    )
    assert (
        "tool.whichwheel.variants.v3.enviroment: unknown key; did you mean `environment`?" in told
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.whichwheel.variants.v3_]", "v3_: unknown key; did you mean `v3`?"),
        (
            "[tool.whichwheel.variants.v3]\nenvironment = { A = 1 }",
            "environment.A: expected a text",
        ),
        ('[tool.whichwheel.variants.v3]\nenvironment = { "A=B" = "" }', "is not the name of an"),
        ("[tool.whichwheel.variants.v3]\nconfig-settings = { a = 1 }", "expected a text or a list"),
        ('[tool.whichwheel.variants.v3]\nonly-if = "linux"', "is not an environment marker"),
        ("[tool.whichwheel]\nvariants = 3", "found a number, expected a table"),
        ('[variant.variants.v3_too]\nx86_64.level = ["v3"]', "has the same properties as `v3`"),
        ("[variant.variants.empty]", "has no properties; only `null` may have none"),
    ],
)
def test_each_fault_says_where_and_what(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidVariantTable) as caught:
        read(tmp_path, SOUND + text)
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("text", "told"),
    [("[project]", "no `[variant]` table"), ("[variant", "is not TOML")],
)
def test_a_file_without_table_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(PublishError) as caught:
        read(tmp_path, text)
    assert told in caught.value.message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="there is no"):
        read_variant_table(tmp_path / "pyproject.toml")
