"""Laws of the ``amd`` and ``intel`` namespaces, and of the words for several GPUs."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers import amd, intel
from whichwheel.target.providers.amd_targets import GENERIC_TARGETS, is_target, target_of
from whichwheel.target.providers.amd_visible import visible
from whichwheel.target.providers.intel_architectures import COMPATIBLE, DeviceIp

TARGETS = st.sampled_from([target for targets in GENERIC_TARGETS.values() for target in targets])
ANY_TARGETS = TARGETS | st.sampled_from(["gfx908", "gfx90a", "gfx1250", "gfx1310"])
DEVICE_IPS = st.sampled_from(
    [*COMPATIBLE, *(device for devices in COMPATIBLE.values() for device in devices), "12.60.7"]
)
POLICIES = st.sampled_from(["all", "any", "0"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def facts(topic: str, policy: str = "all", **values: FactValue) -> Facts:
    return Facts(
        Fact(f"{topic}.{name}", value, Origin.DETECTED, "test")
        for name, value in {**values, "gpu_policy": policy}.items()
    )


def machines(topic: str, devices: Sequence[str], policy: str) -> Facts:
    field = {"amd": "gfx_archs", "intel": "device_ips"}[topic]
    return facts(topic, policy, **{field: tuple(devices)})


KNOWN = {"amd": (amd, "gfx_arch", ANY_TARGETS), "intel": (intel, "device_ip", DEVICE_IPS)}


@pytest.mark.parametrize("topic", KNOWN)
@given(data=st.data(), policy=POLICIES)
def test_what_all_gpus_run_each_of_them_runs(topic: str, data: st.DataObject, policy: str) -> None:
    provider, feature, values = KNOWN[topic]
    devices = data.draw(st.lists(values, min_size=1, max_size=4))
    found = provider.properties(machines(topic, devices, policy)).get(feature, ())
    alone = [provider.properties(machines(topic, [each], "all"))[feature] for each in devices]
    counted = alone[:1] if policy == "0" else alone
    combine = any if policy == "any" else all
    every = {value for each in alone for value in each}
    assert set(found) == {value for value in every if combine(value in each for each in counted)}
    assert len(found) == len(set(found))


@pytest.mark.parametrize("topic", KNOWN)
@given(data=st.data(), policy=POLICIES, text=TEXTS)
def test_a_reason_is_one_clause_for_any_text(
    topic: str, data: st.DataObject, policy: str, text: str
) -> None:
    provider, feature, values = KNOWN[topic]
    devices = data.draw(st.lists(values, max_size=3))
    machine = machines(topic, devices, policy) if devices else facts(topic)
    value = data.draw(values | st.just(text))
    for asked in (feature, "rocm_version", text):
        clause = provider.why(machine, asked, value)
        assert clause
        assert not clause.endswith(".") or text.endswith(".")


@given(st.integers(6, 30), st.integers(0, 15), st.integers(0, 15))
def test_every_number_of_the_kernel_is_a_target(major: int, minor: int, stepping: int) -> None:
    target = target_of(major * 10000 + minor * 100 + stepping)
    assert is_target(target)
    assert amd.properties(facts("amd", gfx_archs=(target,)))["gfx_arch"][0] == target


@given(st.integers(0, 2**32 - 1))
def test_every_number_of_the_driver_is_a_version(number: int) -> None:
    version = DeviceIp.unpack(number)
    assert DeviceIp.parse(str(version)) == version


UUIDS = st.sampled_from(["GPU-1901fdd6adbc6fe6", "GPU-51276d4b7a05bc33", ""])
ENTRIES = st.lists(
    st.sampled_from(["0", "1", "2", "-1", "", " 1", "GPU-", "GPU-19", "gpu-51", "x", "01"]),
    max_size=4,
).map(",".join)
VARIABLES = st.dictionaries(
    st.sampled_from(["ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"]),
    ENTRIES,
)


@given(st.lists(UUIDS, max_size=4), VARIABLES)
def test_variables_show_each_gpu_once_at_most(uuids: list[str], environ: Mapping[str, str]) -> None:
    seen = visible(uuids, environ)
    assert len(set(seen.indices)) == len(seen.indices)
    assert set(seen.indices) <= set(range(len(uuids)))
    if not any(environ.values()) and "ROCR_VISIBLE_DEVICES" not in environ:
        assert seen.indices == tuple(range(len(uuids)))
    if len(seen.indices) < len(uuids):
        assert seen.by
