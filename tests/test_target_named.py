from dataclasses import replace
from pathlib import Path

import pytest

from whichwheel.target.described.configuration import Configuration, read_configuration
from whichwheel.target.described.described_machine import DescribedMachine
from whichwheel.target.described.known_targets import SHIPPED, Layer
from whichwheel.target.described.named import (
    UnknownTarget,
    find_described,
    find_target,
    list_targets,
)
from whichwheel.target.described.target_faults import InvalidTargetFile
from whichwheel.target.facts import Origin
from whichwheel.target.gpus import GpuPolicy
from whichwheel.target.settings import ProviderSettings
from whichwheel.target.support import Refusal, RefusalKind, Support
from whichwheel.target.target import Target

PRODUCTION = """
[targets.production]
description = "the cluster"
python = "3.12"
platform = "manylinux_2_35_x86_64"
abi = "cp312t"
enable = ["debug"]

[targets.production.markers]
platform_release = "6.8"

[targets.production.facts.nvidia]
driver_cuda_version = "12.8"
compute_capabilities = ["9.0", "8.9"]
driver_version = "570.1"

[targets.production.properties.amd]
gfx_arch = ["gfx942"]
rocm_version = ["6.4", "6.3"]
"""


def configured(tmp_path: Path, text: str, user: str = "") -> Configuration:
    project, home = tmp_path / "project", tmp_path / "user"
    for folder, content in ((project, text), (home, user)):
        folder.mkdir(exist_ok=True)
        (folder / "whichwheel.toml").write_text(content, "utf-8")
    return read_configuration(project, user_folder=home)


def features(target: Target, namespace: str) -> dict[str, tuple[str, ...]]:
    answer = target.machine.support(namespace, None)
    assert isinstance(answer, Support), answer
    return dict(answer.features)


def refused(target: Target, namespace: str) -> RefusalKind | None:
    answer = target.machine.support(namespace, None)
    return answer.kind if isinstance(answer, Refusal) else None


def test_as_production_but_another_python_is_two_lines(tmp_path: Path) -> None:
    more = '[targets.next]\nextends = "production"\npython = "3.13"\n'
    found = find_described("next", configured(tmp_path, PRODUCTION + more))
    target = found.target
    base = find_target("production", configured(tmp_path, PRODUCTION))
    assert (target.name, target.python_version) == ("next", "3.13.0")
    # Free-threaded stays free-threaded.
    assert str(target.tags[0]) == "cp313-cp313t-linux_x86_64"
    assert target.environment["platform_release"] == "6.8"
    assert target.environment["python_version"] == "3.13"
    for namespace in ("nvidia", "amd"):
        assert features(target, namespace) == features(base, namespace)
    assert [table.name for table in found.tables] == ["next", "production"]
    assert found.tables[0].description is None


def test_facts_properties_and_markers_are_merged_key_by_key(tmp_path: Path) -> None:
    more = """
        [targets.next]
        extends = "production"
        enable = []
        [targets.next.markers]
        platform_version = "#1"
        [targets.next.facts.nvidia]
        driver_cuda_version = "13.0"
        [targets.next.facts.x86_64]
        level = "v3"
        [targets.next.properties.amd]
        rocm_version = ["7.0"]
    """
    target = find_target("next", configured(tmp_path, PRODUCTION + more))
    assert features(target, "nvidia")["cuda_version_lower_bound"][0] == "13.0"
    facts = target.machine.facts()
    assert facts["nvidia.compute_capabilities"].value == ("9.0", "8.9")
    assert features(target, "x86_64")["level"] == ("v3", "v2", "v1")
    assert features(target, "amd") == {"gfx_arch": ("gfx942",), "rocm_version": ("7.0",)}
    assert target.environment["platform_release"] == "6.8"
    assert target.environment["platform_version"] == "#1"
    assert isinstance(target.machine, DescribedMachine)
    assert target.machine.governance.enabled == frozenset()
    # Each fact names the table that gave it.
    file = tmp_path / "project" / "whichwheel.toml"
    assert facts["nvidia.driver_cuda_version"].source == f"{file}: targets.next"
    assert facts["nvidia.driver_version"].source == f"{file}: targets.production"
    assert facts["nvidia.driver_version"].origin is Origin.GIVEN


def test_what_is_not_there_replaces_all_that_was_said_of_it(tmp_path: Path) -> None:
    more = """
        [targets.bare]
        extends = "production"
        [targets.bare.facts.nvidia]
        present = false
        [targets.again]
        extends = "bare"
        [targets.again.facts.nvidia]
        driver_cuda_version = "13.0"
    """
    configuration = configured(tmp_path, PRODUCTION + more)
    bare, again = (find_target(name, configuration) for name in ("bare", "again"))
    assert features(bare, "nvidia") == {}
    assert [key for key in bare.machine.facts() if key.startswith("nvidia.")] == ["nvidia.present"]
    assert features(again, "nvidia")["cuda_version_lower_bound"][0] == "13.0"
    assert "nvidia.driver_version" not in again.machine.facts()


def test_facts_of_a_namespace_end_its_inherited_properties(tmp_path: Path) -> None:
    more = """
        [targets.exact]
        extends = "production"
        [targets.exact.properties.nvidia]
        sm_arch = ["100_real"]
        [targets.facts]
        extends = "exact"
        [targets.facts.facts.nvidia]
        driver_cuda_version = "13.0"
    """
    configuration = configured(tmp_path, PRODUCTION + more)
    assert features(find_target("exact", configuration), "nvidia") == {"sm_arch": ("100_real",)}
    assert "sm_arch" not in features(find_target("facts", configuration), "nvidia")


def test_a_file_extends_a_file_beside_it_or_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "machines"
    folder.mkdir()
    (folder / "base.toml").write_text('extends = "rtx-4090"\npython = "3.11"\n', "utf-8")
    (folder / "box.toml").write_text('extends = "base.toml"\nname = "the box"\n', "utf-8")
    found = find_described(str(folder / "box.toml"), Configuration())
    assert [table.name for table in found.tables] == ["the box", "base", "rtx-4090"]
    assert found.target.name == "the box"
    assert found.target.python_version == "3.11.0"
    assert "89_real" in features(found.target, "nvidia")["sm_arch"]
    source = found.target.machine.facts()["nvidia.driver_cuda_version"].source
    assert source == "profile rtx-4090"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[targets.a]\nextends = "a"', "expected the name of a target or a file"),
        (
            '[targets.a]\nextends = "b"\n[targets.b]\nextends = "a"',
            "is `a`, which leads back to itself: `a` -> `b` -> `a`",
        ),
        ('[targets.a]\nextends = "whichwheel.toml"', "`targets` is not known"),
        ('[targets.a]\nextends = "prodution"\n' + PRODUCTION, "did you mean `production`?"),
        ('[targets.a]\nextends = "gone/x.toml"', "a file that cannot be used: it cannot be read"),
        ('[targets.a]\npython = "3.12"', "`targets.a.platform` is missing"),
        (
            (
                '[targets.a]\nextends = "b"\npython = "3.12"\n[targets.b]\n'
                'platform = "win_amd64"\n[targets.b.facts.nvidia]\ncompute_capabilities = ["9.0"]'
            ),
            "line 7: `targets.b.facts.nvidia.compute_capabilities` needs `driver_cuda_version`",
        ),
        (
            (
                '[targets.a]\nextends = "b"\npython = "3.13"\n[targets.b]\npython = "3.12"\n'
                'platform = "win_amd64"\ntags = ["cp312-cp312-win_amd64"]'
            ),
            "line 3: `targets.a.python` is changed, so that the `tags`",
        ),
        (
            (
                '[targets.a]\nextends = "b"\n[targets.b]\npython = "3.12"\nplatform = "win_amd64"\n'
                'implementation = "jython"'
            ),
            "line 6: `targets.b.implementation` is `jython`, expected `cpython` or `pypy`",
        ),
    ],
)
def test_what_cannot_be_extended_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidTargetFile) as caught:
        find_target("a", configured(tmp_path, text))
    assert message in caught.value.message
    assert "the target `a` in " in caught.value.message


def test_faults_of_all_files_are_told_at_once_each_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('python = "3"\n', "utf-8")
    box = tmp_path / "box.toml"
    box.write_text('extends = "base.toml"\n\nplatform = "vax"\n', "utf-8")
    with pytest.raises(InvalidTargetFile) as caught:
        find_target(str(box), Configuration())
    assert [(fault.where, fault.line, fault.path) for fault in caught.value.faults] == [
        (str(box), 3, "platform"),
        (str(tmp_path / "base.toml"), 1, "python"),
    ]
    assert f"`{tmp_path / 'base.toml'}`, line 1: `python`" in caught.value.message


def test_a_chain_of_targets_has_an_end(tmp_path: Path) -> None:
    links = "".join(f'[targets.t{n}]\nextends = "t{n + 1}"\n' for n in range(40))
    with pytest.raises(InvalidTargetFile, match="made of 16 tables at most"):
        find_target("t0", configured(tmp_path, links))


def test_the_project_hides_the_user_and_the_user_a_profile(tmp_path: Path) -> None:
    own = '[targets.rtx-4090]\nextends = "rtx-4090"\npython = "{}"\n'
    both = configured(tmp_path, own.format("3.13"), own.format("3.14"))
    assert find_target("rtx-4090", both).python_version == "3.13.0"
    # Under its own name, a target extends the one that it hides.
    assert len(find_described("rtx-4090", both).tables) == 3
    assert find_target("rtx-4090", configured(tmp_path, "", own.format("3.14"))).tags
    assert find_target("rtx-4090", Configuration()).python_version == "3.12.0"
    listed = [(each.layer, each.hidden) for each in list_targets(both) if each.name == "rtx-4090"]
    assert listed == [(Layer.PROJECT, False), (Layer.USER, True), (Layer.SHIPPED, True)]


def test_a_target_of_the_user_does_not_see_the_project(tmp_path: Path) -> None:
    user = '[targets.mine]\nextends = "production"\n'
    with pytest.raises(InvalidTargetFile, match="expected the name of a target"):
        find_target("mine", configured(tmp_path, PRODUCTION, user))


def test_an_unknown_name_is_told_with_those_like_it(tmp_path: Path) -> None:
    configuration = configured(tmp_path, PRODUCTION)
    with pytest.raises(UnknownTarget) as caught:
        find_target("Producton", configuration)
    assert "did you mean `production`?" in caught.value.message
    assert "whichwheel target list" in str(caught.value.hint)
    with pytest.raises(InvalidTargetFile, match="it cannot be read"):
        find_target("./production", configuration)


def test_options_come_before_the_target_and_that_before_the_configuration(tmp_path: Path) -> None:
    text = PRODUCTION + (
        '[providers]\nenable = ["fast"]\ndisable = ["debug", "nvidia", "intel"]\ngpus = "any"\n'
    )
    configuration = configured(tmp_path, text)
    target = find_target("production", configuration)
    # The configuration turns off what the target turns on, or has facts of.
    assert refused(target, "nvidia") is None
    assert refused(target, "intel") is RefusalKind.OFF
    assert isinstance(target.machine, DescribedMachine)
    assert target.machine.governance.enabled == {"debug", "fast"}
    assert target.machine.gpus == GpuPolicy(each=False)
    over = ProviderSettings(
        properties={"amd": {"gfx_arch": ("gfx90a",)}, "intel": {"device_ip": ("20.1.0",)}},
        disabled=frozenset({"nvidia", "debug"}),
        gpus=GpuPolicy((0,)),
    )
    target = find_target("production", configuration, over)
    assert features(target, "amd") == {"gfx_arch": ("gfx90a",)}
    assert features(target, "intel") == {"device_ip": ("20.1.0",)}
    assert refused(target, "nvidia") is RefusalKind.OFF
    assert isinstance(target.machine, DescribedMachine)
    assert target.machine.governance.enabled == {"fast"}
    alone = find_target("production", configuration, ProviderSettings(gpus=GpuPolicy((0,))))
    policy = alone.machine.facts()["nvidia.gpu_policy"]
    assert (policy.value, policy.origin, policy.source) == ("0", Origin.GIVEN, "--gpus")


def test_facts_for_a_rule_of_the_user_can_be_given(tmp_path: Path) -> None:
    rules = tmp_path / "user" / "rules"
    rules.mkdir(parents=True)
    rule = 'namespace = "fpga"\n[values.family]\nu50 = { file = "/dev/u50" }\n'
    (rules / "fpga.toml").write_text(rule, "utf-8")
    text = PRODUCTION + '[targets.production.facts.fpga]\nfamily = ["u50"]\n'
    target = find_target("production", configured(tmp_path, text))
    assert features(target, "fpga") == {"family": ("u50",)}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_profile_is_whole_dated_and_sourced(name: str) -> None:
    found = find_described(name, Configuration())
    (table,) = found.tables
    assert found.target.name == name
    assert table.description is not None
    assert len(table.source) >= 2
    assert table.dated is not None
    assert {fact.source for fact in found.target.machine.known_facts().values()} <= {
        f"profile {name}"
    }
    for facts in table.facts.values():
        for fact in facts.values():
            assert fact.origin is Origin.GIVEN


def test_the_profiles_that_are_promised_are_there() -> None:
    assert {
        *("aws-p5", "aws-p4d", "aws-g4dn", "aws-g5", "aws-c7i", "aws-c7g", "gcp-a3"),
        *("gcp-tpu-v5e", "azure-nd-mi300x-v5", "rtx-4090", "rtx-5090", "jetson-orin"),
        *("apple-m1", "apple-m4", "raspberry-pi-5", "x86-64-v1", "github-ubuntu-24.04"),
    } <= {*SHIPPED}


def test_settings_over_nothing_are_themselves() -> None:
    settings = ProviderSettings(
        {"a": {"b": ("c",)}}, frozenset({"d"}), frozenset({"e"}), GpuPolicy((1,))
    )
    assert settings.over(ProviderSettings()) == settings
    assert ProviderSettings().over(settings) == settings
    assert replace(settings, gpus=None).over(settings) == settings
