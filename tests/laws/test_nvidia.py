"""What any NVIDIA machine supports, known or not, follows one arithmetic."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.gpus import GPU_POLICY
from whichwheel.target.providers import nvidia
from whichwheel.target.providers.nvidia_architectures import (
    Architecture,
    Capability,
    FeatureSet,
    runs,
    values_of,
)
from whichwheel.target.providers.nvidia_visible import Gpu, visible

# Old, current and unheard-of ones; the published values begin with 5.0.
capabilities = st.builds(Capability, st.integers(5, 60), st.integers(0, 9))
codes = st.builds(
    lambda capability, number, is_virtual: Architecture(
        capability, capability.feature_sets[number % len(capability.feature_sets)], is_virtual
    ),
    capabilities,
    st.integers(0, 2),
    st.booleans(),
)
drivers = st.tuples(st.integers(11, 60), st.integers(0, 30)).map("{0[0]}.{0[1]}".format)


def facts(driver: str, gpus: Sequence[Capability], policy: str | None = None) -> Facts:
    found = [
        Fact("nvidia.driver_cuda_version", driver, Origin.GIVEN, "test"),
        Fact("nvidia.compute_capabilities", tuple(map(str, gpus)), Origin.GIVEN, "test"),
    ]
    if policy is not None:
        found.append(Fact(f"nvidia.{GPU_POLICY}", policy, Origin.GIVEN, "test"))
    return Facts(found)


def architectures(gpus: Sequence[Capability], policy: str | None = None) -> tuple[str, ...]:
    return nvidia.properties(facts("12.8", gpus, policy)).get("sm_arch", ())


@given(capability=capabilities, code=codes)
def test_what_is_listed_is_what_runs(capability: Capability, code: Architecture) -> None:
    assert (str(code) in values_of(capability)) == runs(capability, code)


@given(capability=capabilities)
def test_no_value_is_listed_twice_and_each_can_be_read_back(capability: Capability) -> None:
    values = values_of(capability)
    assert len(set(values)) == len(values)
    assert [str(Architecture.parse(value)) for value in values] == list(values)


@given(code=codes)
def test_code_runs_on_what_it_was_made_for(code: Architecture) -> None:
    assert runs(code.capability, code)


@given(capability=capabilities, code=codes)
def test_machine_code_runs_within_its_major_and_intermediate_code_ever_after(
    capability: Capability, code: Architecture
) -> None:
    if code.features is not FeatureSet.BASELINE:
        return
    if code.is_virtual:
        assert runs(capability, code) == (capability >= code.capability)
    elif runs(capability, code):
        assert capability.major == code.capability.major
        assert capability.minor >= code.capability.minor


@given(capability=capabilities, own=capabilities, is_virtual=st.booleans())
def test_more_features_never_run_on_more_gpus(
    capability: Capability, own: Capability, *, is_virtual: bool
) -> None:
    verdicts = [
        runs(capability, Architecture(own, features, is_virtual)) for features in own.feature_sets
    ]
    assert verdicts == sorted(verdicts)


@given(
    first=st.tuples(st.integers(12, 60), st.integers(0, 9)),
    second=st.tuples(st.integers(12, 60), st.integers(0, 9)),
    shift=st.integers(1, 30),
    features=st.sampled_from(FeatureSet),
    is_virtual=st.booleans(),
)
def test_unheard_of_majors_behave_as_the_known_ones(
    first: tuple[int, int],
    second: tuple[int, int],
    shift: int,
    features: FeatureSet,
    *,
    is_virtual: bool,
) -> None:
    def verdict(by: int) -> bool:
        gpu = Capability(first[0] + by, first[1])
        return runs(gpu, Architecture(Capability(second[0] + by, second[1]), features, is_virtual))

    assert verdict(0) == verdict(shift)


@given(gpus=st.lists(capabilities, min_size=1, max_size=4))
def test_what_all_run_one_runs_and_picking_all_is_all(gpus: list[Capability]) -> None:
    every, one = architectures(gpus, "all"), architectures(gpus, "any")
    assert set(every) <= set(one)
    assert architectures(gpus) == every
    assert architectures(gpus, ",".join(map(str, range(len(gpus))))) == every
    assert set(one) == {value for gpu in gpus for value in values_of(gpu)}


@given(gpus=st.lists(capabilities, min_size=1, max_size=4), another=capabilities)
def test_another_gpu_never_enlarges_what_all_run(
    gpus: list[Capability], another: Capability
) -> None:
    assert set(architectures([*gpus, another])) <= set(architectures(gpus))
    assert set(architectures([*gpus, another], "any")) >= set(architectures(gpus, "any"))


@given(gpus=st.lists(capabilities, min_size=1, max_size=3), code=codes, driver=drivers)
def test_every_reason_is_one_clause_that_names_a_gpu(
    gpus: list[Capability], code: Architecture, driver: str
) -> None:
    for policy in ("all", "any", "0"):
        words = nvidia.why(facts(driver, gpus, policy), "sm_arch", str(code))
        assert words.startswith("GPU ")
        assert not words.endswith(".")


@given(older=drivers, newer=drivers)
def test_a_newer_driver_serves_all_that_an_older_one_did(older: str, newer: str) -> None:
    pair = sorted((older, newer), key=lambda text: tuple(map(int, text.split("."))))
    feature = "cuda_version_lower_bound"
    lower = [nvidia.properties(_driver_alone(driver))[feature] for driver in pair]
    # Minors beyond the published range are known of the driver's own major alone.
    known = {value for value in lower[0] if int(f"{value}.0".split(".")[1]) <= 20}
    assert known <= set(lower[1])


def _driver_alone(driver: str) -> Facts:
    return Facts([Fact("nvidia.driver_cuda_version", driver, Origin.GIVEN, "test")])


@given(driver=drivers)
def test_no_driver_is_at_once_at_least_and_below_a_version(driver: str) -> None:
    found = nvidia.properties(_driver_alone(driver))
    assert not set(found["cuda_version_lower_bound"]) & set(found["cuda_version_upper_bound"])


@given(
    feature=st.sampled_from(["cuda_version_lower_bound", "cuda_version_upper_bound", "sm_arch"]),
    value=st.text(max_size=12),
    driver=drivers,
    gpus=st.lists(capabilities, max_size=2),
)
def test_there_is_a_reason_for_any_text(
    feature: str, value: str, driver: str, gpus: list[Capability]
) -> None:
    assert nvidia.why(facts(driver, gpus), feature, value)


GPUS = [
    Gpu("NVIDIA L4", Capability(8, 9), uuid=f"GPU-{number}{number}{number}{number}-beef")
    for number in range(4)
]


@given(numbers=st.lists(st.integers(0, 3), max_size=4, unique=True), end=st.booleans())
def test_visible_gpus_stand_in_the_order_of_the_variable_up_to_what_names_none(
    numbers: list[int], *, end: bool
) -> None:
    rest = ["-1", "3", "2"] if end or not numbers else []
    for entries in ([str(number) for number in numbers], [GPUS[number].uuid for number in numbers]):
        ending = rest if not entries or entries[0].isdigit() else [*(["GPU-none"] * bool(rest))]
        seen = visible(GPUS, ",".join([*entries, *ending]))
        assert seen == tuple(GPUS[number] for number in numbers)
