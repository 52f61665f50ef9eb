import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.drivers import build_driver
from whichwheel.spec.metadata import Provider
from whichwheel.target.description import describe_target
from whichwheel.target.detection.detecting import DETECTION_LIMIT
from whichwheel.target.detection.detector import Detector
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.interpreters.interpreter import inspect_interpreter
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.governing import DetectionFailed, Governance
from whichwheel.target.providers.provider import InvalidOverride, KnownProvider
from whichwheel.target.support import Refusal, RefusalKind, Support
from whichwheel.target.target import Target
from whichwheel.target.this_machine import ThisMachine, this_machine

LINUX = {"platform_system": "Linux", "platform_machine": "x86_64", "python_version": "3.12"}
_CUDA = "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION"
_SM = "NV_VARIANT_PROVIDER_FORCE_SM_ARCH"
FORCED = {_CUDA: "12.8", _SM: "9.0"}


def defaults(provider: KnownProvider) -> Facts:
    return provider.defaults(LINUX)


def nothing_may_be_asked(provider: KnownProvider) -> Facts:
    raise AssertionError(provider.name)


def supported(namespace: str, provider: Provider | None) -> Support:
    answer = Governance(LINUX).support(namespace, provider, defaults)
    assert isinstance(answer, Support)
    return answer


def refused(namespace: str, provider: Provider | None, rules: Governance | None = None) -> Refusal:
    answer = (rules or Governance(LINUX)).support(namespace, provider, nothing_may_be_asked)
    assert isinstance(answer, Refusal)
    assert answer.namespace == namespace
    return answer


@pytest.mark.parametrize(
    "package",
    [
        "provider-variant-x86-64",
        "x86-64-variant-provider>=0.0.1,<1",
        "X86_64_Variant.Provider",
        "provider-variant-x86-64; python_version >= '3.12'",
    ],
)
def test_a_provider_is_recognised_by_its_package_whatever_the_namespace(package: str) -> None:
    provider = Provider(requires=(package,), plugin_api="elsewhere:Plugin")
    answer = supported("processor", provider)
    assert answer.features["level"] == ("v1",)
    assert answer.namespace == "processor"
    assert (answer.origin, answer.facts) == (Origin.DEFAULT, "x86-64-v1 (default)")


@pytest.mark.parametrize(
    ("namespace", "package"),
    [
        ("nvidia", "nvidia-variant-provider"),
        ("nvidia", "provider-variant-nvidia"),
        ("aarch64", "aarch64-variant-provider"),
        ("aarch64", "provider_variant_aarch64"),
    ],
)
def test_every_public_package_name_is_known(namespace: str, package: str) -> None:
    assert supported(namespace, Provider(requires=(package,))).features == {}


@pytest.mark.parametrize("namespace", ["x86_64", "aarch64", "nvidia"])
def test_without_providers_a_well_known_namespace_is_taken_by_its_name(namespace: str) -> None:
    assert supported(namespace, None).namespace == namespace


def test_requirements_whose_marker_does_not_hold_are_left_out() -> None:
    requires = (
        "nvidia-variant-provider; platform_system == 'Windows'",
        "provider-variant-x86-64; platform_system == 'Linux'",
    )
    assert supported("x", Provider(requires=requires)).facts.startswith("x86-64")


def test_several_packages_of_one_provider_are_one_provider() -> None:
    requires = ("provider-variant-x86-64", "x86-64-variant-provider")
    assert supported("x86_64", Provider(requires=requires)).features["level"] == ("v1",)


@pytest.mark.parametrize(
    ("namespace", "provider", "word"),
    [
        ("x86_64", Provider(requires=("evil-provider",)), "`evil-provider`"),
        ("nvidia", Provider(requires=("nvidia-variant-provider", "helper")), "`helper`"),
        ("x", Provider(requires=("a", "b")), "`a`, `b` of `x` are not built in"),
        ("x", Provider(requires=("provider-variant-x86-64", "nvidia-variant-provider")), "differ"),
        ("fpga", Provider(requires=("fpga-variant-provider",)), "`fpga-variant-provider`"),
        ("x86_64", Provider(requires=()), "names no package"),
        ("x86_64", Provider(requires=("a; python_version < '3'",)), "names no package"),
        ("x86_64", Provider(requires=("a; extra > ",)), "cannot be read"),
        ("quantum", None, "no provider is known for the namespace `quantum`"),
        ("x", Provider(builtin="magic"), "`magic`"),
    ],
)
def test_an_unknown_provider_is_a_refusal_that_names_it(
    namespace: str, provider: Provider | None, word: str
) -> None:
    answer = refused(namespace, provider)
    assert answer.kind is RefusalKind.UNKNOWN
    assert word in answer.message


@pytest.mark.parametrize(
    ("namespace", "provider"),
    [("abi_dependency", None), ("abi", Provider(builtin="abi_dependency"))],
)
def test_no_machine_knows_the_abis_of_dependencies(
    namespace: str, provider: Provider | None
) -> None:
    answer = Governance(LINUX).support(namespace, provider, nothing_may_be_asked)
    assert isinstance(answer, Support)
    assert answer.features == {}
    off = Governance(LINUX, disabled=frozenset({namespace}))
    refusal = off.support(namespace, provider, nothing_may_be_asked)
    assert isinstance(refusal, Refusal)
    assert refusal.kind is RefusalKind.OFF


def test_an_optional_provider_is_off_until_it_is_turned_on() -> None:
    provider = Provider(static_properties={"build": ("debug",)}, optional=True)
    assert refused("debug", provider).kind is RefusalKind.OFF
    enabled = Governance(LINUX, enabled=frozenset({"debug"}))
    answer = enabled.support("debug", provider, nothing_may_be_asked)
    assert isinstance(answer, Support)
    assert answer.features == {"build": ("debug",)}


def test_a_condition_that_does_not_hold_turns_a_provider_off_and_is_named() -> None:
    condition = "platform_system == 'Windows'"
    provider = Provider(requires=("nvidia-variant-provider",), enable_if=condition)
    answer = refused("nvidia", provider)
    assert answer.kind is RefusalKind.OFF
    assert condition in answer.message
    holds = Provider(requires=("nvidia-variant-provider",), enable_if="platform_system != 'x'")
    assert supported("nvidia", holds).features == {}


def test_a_condition_that_is_no_marker_is_a_failure() -> None:
    provider = Provider(requires=("nvidia-variant-provider",), enable_if="on tuesdays")
    assert refused("nvidia", provider).kind is RefusalKind.FAILED


def test_static_properties_rule_over_given_ones_and_these_over_facts() -> None:
    exact = {"x86_64": {"level": ("v9",)}, "blas": {"library": ("mkl",)}}
    rules = Governance(LINUX, exact)
    static = Provider(static_properties={"library": ("openblas", "mkl")})
    for namespace, provider, features in (
        ("blas", static, {"library": ("openblas", "mkl")}),
        ("x86_64", Provider(requires=("provider-variant-x86-64",)), {"level": ("v9",)}),
        ("x86_64", Provider(requires=("unknown-package",)), {"level": ("v9",)}),
        ("x86_64", None, {"level": ("v9",)}),
    ):
        answer = rules.support(namespace, provider, nothing_may_be_asked)
        assert isinstance(answer, Support)
        assert answer.features == features
        assert answer.origin is Origin.GIVEN


def test_a_failed_detection_is_a_reported_refusal() -> None:
    def fail(provider: KnownProvider) -> Facts:
        raise DetectionFailed(provider.name, "it gave no answer within 10 s")

    answer = Governance(LINUX).support("nvidia", None, fail)
    assert answer == Refusal(
        "nvidia",
        RefusalKind.FAILED,
        "the detection of `nvidia` failed: it gave no answer within 10 s",
    )


def target(environ: Mapping[str, str], *, limit: float = DETECTION_LIMIT) -> Target:
    return this_machine(
        inspect_interpreter(None, environ={}), detector=Detector(environ, limit=limit)
    )


def test_override_variables_replace_detection_and_are_shown_as_given(tmp_path: Path) -> None:
    # A driver that would hang, were it asked.
    environ = build_driver(tmp_path, options={"SLEEP": 60})
    machine = target({**environ, **FORCED}).machine
    answer = machine.support("nvidia", None)
    assert isinstance(answer, Support)
    assert answer.facts == "driver CUDA 12.8, compute capability 9.0 (given)"
    assert answer.features["sm_arch"][0] == "90a_real"
    assert machine.facts()["nvidia.driver_cuda_version"].source == _CUDA


def test_a_single_override_stands_beside_what_is_detected(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, version=12080, capabilities=[(8, 6)])
    answer = target({**environ, _CUDA: "13.0"}).machine.support("nvidia", None)
    assert isinstance(answer, Support)
    assert answer.facts == "driver CUDA 13.0 (given), compute capability 8.6 (detected)"


def test_a_malformed_override_is_an_error_before_anything_is_asked() -> None:
    with pytest.raises(InvalidOverride, match="FORCE_SM_ARCH"):
        target({"NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "hopper"})


def test_detection_happens_only_when_asked_and_once(tmp_path: Path) -> None:
    environ = build_driver(tmp_path)
    machine = target(environ).machine
    first = machine.support("nvidia", None)
    for library in tmp_path.iterdir():
        library.unlink()
    assert machine.support("nvidia", None) == first
    assert isinstance(first, Support)
    assert first.facts == "driver CUDA 12.8, compute capability 9.0 (detected)"


def test_a_hung_driver_refuses_its_namespace_and_no_other(tmp_path: Path) -> None:
    environ = build_driver(tmp_path, options={"SLEEP": 60})
    # Long enough for the children of the other providers, however busy the machine is.
    machine = target(environ, limit=3).machine
    answer = machine.support("nvidia", None)
    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.FAILED
    assert isinstance(machine.support("x86_64", None), Support)
    assert isinstance(machine, ThisMachine)
    assert list(machine.failures()) == ["nvidia"]
    assert not machine.facts().topic("nvidia")


def test_a_target_is_described_in_json_values() -> None:
    description = describe_target(target({**os.environ, **FORCED}))
    assert description["name"] == "this machine"
    assert list(description) == [
        *("name", "python", "implementation", "platform", "tags", "environment"),
        *("facts", "supported"),
    ]
    given = {
        "key": "nvidia.driver_cuda_version",
        "value": "12.8",
        "origin": "given",
        "source": "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION",
    }
    assert isinstance(description["facts"], list)
    assert given in description["facts"]
    assert isinstance(description["supported"], dict)
    assert list(description["supported"]) == list(PROVIDERS)
