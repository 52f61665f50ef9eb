"""One release judged for one target: what is chosen, and every reason there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from packaging.tags import Tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from whichwheel.choose.choice import Choice, Judgement, Reason, ReasonKind, Status
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.metadata import Provider, VariantMetadata
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.support import Refusal, RefusalKind, Support
from whichwheel.target.target import Target

NAME = canonicalize_name("foo")


@dataclass(frozen=True)
class ExactMachine:
    """Supports exactly what a test says; refuses or counts what it is told to."""

    properties: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    refused: Mapping[str, RefusalKind] = field(default_factory=dict)
    asked: list[tuple[str, Provider | None]] = field(default_factory=list)

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        self.asked.append((namespace, provider))
        kind = self.refused.get(namespace)
        if kind is not None:
            return Refusal(namespace, kind, f"nothing can be said of `{namespace}`")
        features = self.properties.get(namespace, {})
        return Support(namespace, features, Origin.GIVEN, f"facts of {namespace}")

    def facts(self) -> Facts:
        return Facts()

    def known_facts(self) -> Facts:
        return self.facts()


GPU_BOX = ExactMachine({"gpu": {"arch": ("90", "80")}, "cpu": {"level": ("v3", "v2")}})
VARIANTS: Mapping[str, VariantProperties] = {
    "g90": {"gpu": {"arch": ("90",)}},
    "g80": {"gpu": {"arch": ("80",)}},
    "g80v3": {"gpu": {"arch": ("80",)}, "cpu": {"level": ("v3",)}},
    "g100": {"gpu": {"arch": ("100", "120")}},
    "null": {},
}
METADATA = VariantMetadata(("gpu", "cpu"), VARIANTS)
DATA = VariantData(METADATA, "index")


def target(machine: ExactMachine = GPU_BOX, python: str = "3.12.4") -> Target:
    texts = ("cp312-cp312-linux_x86_64", "cp312-abi3-linux_x86_64", "py3-none-any")
    tags = tuple(Tag(*text.split("-")) for text in texts)
    return Target("the box", python, "cpython", tags, {}, machine)


def wheel(
    label: str | None = None,
    tag: str = "py3-none-any",
    build: str = "",
    *,
    requires_python: str | None = None,
    yanked: str | None = None,
) -> Wheel:
    filename = "-".join(part for part in ("foo-1.0", build, tag, label) if part) + ".whl"
    url = f"https://index.example/{filename}"
    file = File(filename, url, requires_python=requires_python, yanked=yanked)
    return Wheel(file, WheelName.parse(filename))


def judge(
    *wheels: Wheel,
    data: VariantData = DATA,
    machine: ExactMachine = GPU_BOX,
    preferences: Preferences | None = None,
) -> Choice:
    release = Release(NAME, Version("1.0"), "https://index.example/simple", tuple(wheels))
    choice = choose(release, data, target(machine), preferences or Preferences())
    # Every wheel is judged once, with a reason, and ranks are without gaps.
    assert sorted(j.wheel.file.filename for j in choice.judgements) == sorted(
        w.file.filename for w in wheels
    )
    assert all(j.reasons for j in choice.judgements)
    assert [j.rank for j in choice.ranked] == list(range(len(choice.ranked)))
    assert [j.status for j in choice.ranked] == [
        Status.OUTRANKED if index else Status.CHOSEN for index in range(len(choice.ranked))
    ]
    return choice


def of(choice: Choice, label: str | None) -> Judgement:
    return next(j for j in choice.judgements if j.wheel.name.label == label)


def only_reason(judged: Judgement) -> Reason:
    assert len(judged.reasons) == 1
    return judged.reasons[0]


def labels(choice: Choice) -> list[str | None]:
    return [judged.wheel.name.label for judged in choice.ranked]


# The order.


def test_variants_come_in_their_order_then_plain_wheels() -> None:
    wheels = [wheel(label) for label in (None, "null", "g80", "g80v3", "g90")]
    for order in (wheels, wheels[::-1]):
        choice = judge(*order)
        assert labels(choice) == ["g90", "g80v3", "g80", "null", None]
        assert choice.chosen is not None
        assert choice.chosen.name.label == "g90"


def test_a_worse_tag_of_a_better_variant_comes_before_a_better_tag_of_a_worse_one() -> None:
    choice = judge(
        wheel("g80", "cp312-cp312-linux_x86_64"),
        wheel("g90", "py3-none-any"),
        wheel(None, "cp312-cp312-linux_x86_64"),
    )
    assert labels(choice) == ["g90", "g80", None]


def test_within_a_label_the_tag_decides_and_then_the_build_number() -> None:
    choice = judge(
        wheel("g90", "py3-none-any", "9"),
        wheel("g90", "cp312-abi3-linux_x86_64"),
        wheel("g90", "cp312-cp312-linux_x86_64", "2"),
        wheel("g90", "cp312-cp312-linux_x86_64", "10"),
        wheel("g90", "cp312-cp312-linux_x86_64", "10b"),
        wheel("g90", "cp312-cp312-linux_x86_64", "10a"),
        wheel("g90", "cp312-cp312-linux_x86_64"),
    )
    assert [
        (judged.wheel.name.build, str(next(iter(judged.wheel.name.tags))))
        for judged in choice.ranked
    ] == [
        ((10, "b"), "cp312-cp312-linux_x86_64"),
        ((10, "a"), "cp312-cp312-linux_x86_64"),
        ((10, ""), "cp312-cp312-linux_x86_64"),
        ((2, ""), "cp312-cp312-linux_x86_64"),
        ((), "cp312-cp312-linux_x86_64"),
        ((), "cp312-abi3-linux_x86_64"),
        ((9, ""), "py3-none-any"),
    ]
    facts = [only_reason(judged).facts.get("at") for judged in choice.ranked]
    assert facts == [None, "build", "build", "build", "build", "platform-tags", "platform-tags"]


def test_of_compressed_tags_the_best_one_counts() -> None:
    choice = judge(
        wheel("g90", "cp312-abi3-linux_x86_64"), wheel("g90", "cp312-cp312.abi3-linux_x86_64")
    )
    assert choice.chosen is not None
    assert choice.chosen.file.filename == "foo-1.0-cp312-cp312.abi3-linux_x86_64-g90.whl"


def test_a_release_without_variants_is_ordered_by_tags() -> None:
    choice = judge(wheel(), wheel(None, "cp312-cp312-linux_x86_64"), data=VariantData(None, "none"))
    assert [judged.wheel.file.filename for judged in choice.ranked] == [
        "foo-1.0-cp312-cp312-linux_x86_64.whl",
        "foo-1.0-py3-none-any.whl",
    ]


def test_a_release_without_wheels_has_no_choice() -> None:
    choice = judge()
    assert choice.chosen is None
    assert choice.judgements == ()


# Why a wheel was chosen.


def test_the_best_variant_is_explained_by_its_properties_and_the_facts() -> None:
    reason = only_reason(of(judge(wheel("g80v3")), "g80v3"))
    assert reason.kind is ReasonKind.BEST
    assert "`gpu :: arch :: 80`, `cpu :: level :: v3`" in reason.message
    assert reason.facts == {
        "properties": ["gpu :: arch :: 80", "cpu :: level :: v3"],
        "target": {"gpu": "facts of gpu", "cpu": "facts of cpu"},
    }


@pytest.mark.parametrize(("label", "what"), [(None, "plain wheel"), ("null", "`null` variant")])
def test_a_best_wheel_without_properties_is_explained_by_its_tag(
    label: str | None, what: str
) -> None:
    reason = only_reason(of(judge(wheel(label)), label))
    assert reason.kind is ReasonKind.BEST
    assert what in reason.message
    assert reason.facts == {"tag": "py3-none-any"}


# Why a wheel was outranked.


@pytest.mark.parametrize(
    ("best", "other", "at", "has"),
    [
        ("g90", "g80", "gpu :: arch :: 90", "gpu :: arch :: 80"),
        ("g80v3", "g80", "cpu :: level :: v3", None),
        ("g80", "null", "gpu :: arch :: 80", None),
        ("g90", "g80v3", "gpu :: arch :: 90", "gpu :: arch :: 80"),
    ],
)
def test_an_outranked_variant_says_at_which_property(
    best: str, other: str, at: str, has: str | None
) -> None:
    reason = only_reason(of(judge(wheel(other), wheel(best)), other))
    assert reason.kind is ReasonKind.OUTRANKED
    assert reason.facts == {"by": f"foo-1.0-py3-none-any-{best}.whl", "at": at, "has": has}
    assert f"`{at}`" in reason.message


def test_an_outranked_plain_wheel_says_so() -> None:
    reason = only_reason(of(judge(wheel(), wheel("null")), None))
    assert reason.facts == {"by": "foo-1.0-py3-none-any-null.whl", "at": "variant"}


def test_an_equal_variant_is_outranked_by_its_label() -> None:
    data = VariantData(
        VariantMetadata(("gpu",), {"a": VARIANTS["g90"], "b": VARIANTS["g90"]}), "index"
    )
    reason = only_reason(of(judge(wheel("b"), wheel("a"), data=data), "b"))
    assert reason.facts == {"by": "foo-1.0-py3-none-any-a.whl", "at": "label"}
    assert "`a` sorts before `b`" in reason.message


# Why a wheel was refused.


def refusal(judged: Judgement, kind: ReasonKind) -> Reason:
    assert judged.status is Status.REFUSED
    assert judged.rank is None
    reason = only_reason(judged)
    assert reason.kind is kind
    return reason


def test_a_wheel_for_another_platform_is_refused() -> None:
    choice = judge(wheel("g90", "cp313-cp313-win_amd64"), wheel())
    reason = refusal(of(choice, "g90"), ReasonKind.PLATFORM_TAGS)
    assert reason.facts == {
        "wanted": ["cp313-cp313-win_amd64"],
        "target": "cp312-cp312-linux_x86_64",
    }
    assert labels(choice) == [None]


def test_a_wheel_for_another_python_is_refused() -> None:
    choice = judge(wheel("g90", requires_python=">=3.13"), wheel("g80", requires_python=">=3.12"))
    reason = refusal(of(choice, "g90"), ReasonKind.PYTHON_VERSION)
    assert reason.facts == {"wanted": ">=3.13", "target": "3.12.4"}
    assert labels(choice) == ["g80"]


def test_a_requires_python_that_cannot_be_read_does_not_exclude() -> None:
    assert labels(judge(wheel("g90", requires_python="three"))) == ["g90"]


def test_a_property_that_is_not_supported_is_told_with_what_there_is() -> None:
    choice = judge(wheel("g100"), wheel("null"))
    reason = refusal(of(choice, "g100"), ReasonKind.PROPERTY)
    assert reason.facts == {
        "feature": "gpu :: arch",
        "wanted": ["100", "120"],
        "supported": ["90", "80"],
        "target": "facts of gpu",
    }
    assert "must be `100` or `120`, and the box has `90`, `80` [facts of gpu]" in reason.message
    assert labels(choice) == ["null"]


def test_every_property_that_is_missing_is_told() -> None:
    machine = ExactMachine({"gpu": {"arch": ("75",)}})
    reasons = of(judge(wheel("g80v3"), machine=machine), "g80v3").reasons
    assert [reason.facts["feature"] for reason in reasons] == ["gpu :: arch", "cpu :: level"]
    assert "has none of it" in reasons[1].message


@pytest.mark.parametrize("kind", RefusalKind)
def test_a_provider_that_is_refused_refuses_its_variants(kind: RefusalKind) -> None:
    machine = ExactMachine({"cpu": {"level": ("v3",)}}, {"gpu": kind})
    choice = judge(wheel("g90"), wheel("g80v3"), wheel("null"), machine=machine)
    for label in ("g90", "g80v3"):
        reason = refusal(of(choice, label), ReasonKind(kind.value))
        assert reason.facts == {"namespace": "gpu"}
        assert reason.message == "nothing can be said of `gpu`"
    assert labels(choice) == ["null"]


def test_a_label_that_the_metadata_does_not_list_is_refused() -> None:
    choice = judge(wheel("new"), wheel("g80"))
    reason = refusal(of(choice, "new"), ReasonKind.LABEL_UNKNOWN)
    assert reason.facts == {"label": "new", "metadata": "index"}
    assert labels(choice) == ["g80"]


@pytest.mark.parametrize("with_plain", [True, False])
def test_without_usable_metadata_null_and_plain_wheels_serve(*, with_plain: bool) -> None:
    data = VariantData(None, "none", unusable="the index has none")
    wheels = [wheel("g90"), wheel("null"), *([wheel()] if with_plain else [])]
    choice = judge(*wheels, data=data)
    reason = refusal(of(choice, "g90"), ReasonKind.METADATA_UNUSABLE)
    assert reason.facts == {"reason": "the index has none"}
    assert labels(choice) == ["null", *([None] if with_plain else [])]


def test_null_serves_where_the_metadata_does_not_list_it() -> None:
    data = VariantData(VariantMetadata(("gpu",), {"g90": VARIANTS["g90"]}), "wheels")
    assert labels(judge(wheel("null"), wheel("g90"), data=data)) == ["g90", "null"]


def test_a_yanked_wheel_is_refused_unless_it_was_pinned() -> None:
    wheels = (wheel("g90", yanked="broken"), wheel("g80", yanked=""), wheel("null"))
    choice = judge(*wheels)
    reason = refusal(of(choice, "g90"), ReasonKind.YANKED)
    assert reason.facts == {"reason": "broken"}
    assert refusal(of(choice, "g80"), ReasonKind.YANKED).message.endswith("by its publisher")
    assert labels(choice) == ["null"]
    pinned = Preferences(yanked=frozenset({NAME}))
    assert labels(judge(*wheels, preferences=pinned)) == ["g90", "g80", "null"]


def test_without_variants_only_plain_wheels_are_allowed() -> None:
    choice = judge(wheel("g90"), wheel("null"), wheel(), preferences=Preferences(variants=False))
    for label in ("g90", "null"):
        assert refusal(of(choice, label), ReasonKind.NOT_ALLOWED).facts == {"by": "no-variants"}
    assert labels(choice) == [None]


def test_a_label_picked_by_hand_leaves_the_others_aside() -> None:
    picked = Preferences(labels={NAME: "g80"})
    choice = judge(wheel("g90"), wheel("g80"), wheel(), preferences=picked)
    for label in ("g90", None):
        assert refusal(of(choice, label), ReasonKind.NOT_ALLOWED).facts == {"picked": "g80"}
    assert labels(choice) == ["g80"]


def test_a_label_picked_by_hand_must_fit_all_the_same() -> None:
    choice = judge(wheel("g90"), wheel("g100"), preferences=Preferences(labels={NAME: "g100"}))
    assert choice.chosen is None
    assert only_reason(of(choice, "g100")).kind is ReasonKind.PROPERTY


def test_a_label_picked_for_another_project_changes_nothing() -> None:
    picked = Preferences(labels={canonicalize_name("bar"): "g80"})
    assert labels(judge(wheel("g90"), wheel("g80"), preferences=picked)) == ["g90", "g80"]


def test_all_reasons_against_a_wheel_are_told() -> None:
    hopeless = wheel("g100", "cp313-cp313-win_amd64", requires_python="<3", yanked="broken")
    choice = judge(hopeless, preferences=Preferences(labels={NAME: "g90"}))
    assert [reason.kind for reason in of(choice, "g100").reasons] == [
        ReasonKind.NOT_ALLOWED,
        ReasonKind.PLATFORM_TAGS,
        ReasonKind.PYTHON_VERSION,
        ReasonKind.YANKED,
        ReasonKind.PROPERTY,
    ]


# What the choice knows besides.


def test_the_target_is_asked_once_for_each_namespace_in_use_with_its_provider() -> None:
    machine = ExactMachine(GPU_BOX.properties)
    provider = Provider(requires=("gpu-provider",))
    metadata = VariantMetadata(("tpu", "gpu", "cpu"), VARIANTS, {"gpu": provider})
    choice = judge(wheel("g90"), wheel("g80"), data=VariantData(metadata, "index"), machine=machine)
    assert machine.asked == [("gpu", provider), ("cpu", None)]
    assert choice.supported == GPU_BOX.properties
    assert choice.deciding_facts == {"gpu": "facts of gpu", "cpu": "facts of cpu"}
    assert choice.properties == VARIANTS


def test_order_priorities_of_draft_formats_are_followed() -> None:
    metadata = VariantMetadata(
        ("gpu",), VARIANTS, value_priorities={"gpu": {"arch": ("80",)}}, format_version="0.0.3"
    )
    wheels: Sequence[Wheel] = [wheel("g90"), wheel("g80")]
    assert labels(judge(*wheels, data=VariantData(metadata, "index"))) == ["g80", "g90"]
