from pathlib import Path

import pytest

from support.resolutions import Box, found, installed_package, level
from support.wheels import WheelSpec
from whichwheel.choose.choosing import Preferences
from whichwheel.resolve.failures import (
    Conflict,
    NoSuchVersion,
    NothingFits,
    ProjectNotFound,
    UnusableMetadata,
)
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.resolution import Resolution
from whichwheel.sources.errors import BrokenWheel


def variant(
    name: str, version: str, label: str, *requires: str, properties: str | None = None
) -> WheelSpec:
    return WheelSpec(
        name, version, label=label, properties=level(properties or label), requires=requires
    )


def told(resolution: Resolution) -> dict[str, str]:
    return {warning.kind: warning.message for warning in resolution.warnings}


def test_newest_versions_of_everything_needed_are_taken(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("Foo.bar", "1.0"),
        WheelSpec(
            "Foo.bar", "1.10", requires=["dep[x]>=1; os_name == 'posix'", "no; os_name == 'nt'"]
        ),
        WheelSpec("dep", "1.0", requires=["extra-dep; extra == 'X'"], extras=["x"]),
        WheelSpec("extra-dep", "3"),
    )
    resolution = box.resolve("foo_bar")
    assert found(resolution) == {"dep": "1.0", "extra-dep": "3", "foo-bar": "1.10"}
    assert [pin.requested for pin in resolution.pins] == [False, False, True]
    assert [str(line) for line in resolution.pins[2].dependencies] == [
        'dep[x]>=1; os_name == "posix"'
    ]
    assert resolution.warnings == ()


def test_a_request_whose_marker_does_not_hold_is_left_out(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo"))
    assert found(box.resolve("foo", 'bar; sys_platform == "win32"')) == {"foo": "1.0"}


def test_only_the_best_wheel_is_read_where_nothing_clashes(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", "1.0"),
        variant("foo", "2.0", "v2"),
        variant("foo", "2.0", "v3"),
        WheelSpec("foo", "2.0"),
    )
    assert found(box.resolve("foo")) == {"foo": "2.0 v3"}
    assert box.sources.read == ["foo-2.0-py3-none-any-v3.whl"]
    assert box.sources.judged == ["foo 2.0"]


def test_a_clash_in_the_best_variant_falls_to_the_next_and_then_to_the_next_version(
    tmp_path: Path,
) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("bar", "1"),
        WheelSpec("bar", "2"),
        WheelSpec("foo", "1.0"),
        variant("foo", "2.0", "v3", "bar<2"),
        variant("foo", "2.0", "v2", "bar>=2"),
    )
    first = box.resolve("bar>=2", "foo")
    assert found(first) == {"bar": "2", "foo": "2.0 v2"}
    assert told(first) == {
        "variant-fallback": "`v2` of `foo 2.0` is taken, and not what is better: "
        "`v3` needs `bar<2`, but you ask for `bar>=2`"
    }
    second = box.resolve("foo<2", "bar")
    assert found(second) == {"bar": "2", "foo": "1.0"}


def test_a_clash_in_all_variants_falls_to_an_older_version(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("bar", "1"),
        WheelSpec("foo", "1.0"),
        variant("foo", "2.0", "v3", "bar>=2"),
        variant("foo", "2.0", "v2", "bar>=3"),
    )
    resolution = box.resolve("foo", "bar")
    assert found(resolution) == {"bar": "1", "foo": "1.0"}
    assert told(resolution) == {
        "version-fallback": "`foo 1.0` is taken; the newest, 2.0, is not: "
        "needs `bar>=2`, and there is no such version"
    }


@pytest.mark.parametrize("tells_digests", [False, True])
def test_each_variant_needs_what_its_own_markers_say(
    tmp_path: Path, *, tells_digests: bool
) -> None:
    lines = [
        'fast; "x86_64::level::v3" in variant_properties',
        'slow; variant_label == "v2"',
        'extra-fast; extra == "x" and "x86_64" in variant_namespaces',
        "always",
    ]
    box = Box.of(
        tmp_path,
        *(
            WheelSpec("foo", label=label, properties=level(label), requires=lines, extras=["x"])
            for label in ("v3", "v2")
        ),
        *(WheelSpec(name) for name in ("fast", "slow", "extra-fast", "always")),
        tells_digests=tells_digests,
    )
    assert set(found(box.resolve("foo"))) == {"foo", "fast", "always"}
    assert set(found(box.resolve("foo[x]"))) == {"foo", "fast", "always", "extra-fast"}
    picked = ResolveOptions(Preferences(labels={"foo": "v2"}))  # type: ignore[dict-item]
    assert set(found(box.resolve("foo", options=picked))) == {"foo", "slow", "always"}


def test_variants_known_to_need_the_same_are_one_candidate(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        *(variant("foo", "1.0", f"a{i}", "bar<2", properties="v3") for i in range(20)),
        WheelSpec("bar", "2"),
        tells_digests=True,
    )
    with pytest.raises(Conflict):
        box.resolve("foo", "bar")
    assert len([name for name in box.sources.read if name.startswith("foo")]) == 1


def test_extras_may_need_one_another(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", requires=["foo[b]; extra == 'a'", "bar[c]; extra == 'b'"], extras="ab"),
        WheelSpec("bar", requires=["foo[a]; extra == 'c'"], extras="c"),
    )
    assert set(found(box.resolve("foo[a]"))) == {"foo", "bar"}
    unknown = box.resolve("foo[zzz]")
    assert told(unknown)["extra-unknown"] == "`foo 1.0` has no extra `zzz`; it is left out"


def test_prereleases_only_if_asked_or_nothing_else_exists(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", "1.0"),
        WheelSpec("foo", "2.0rc1"),
        WheelSpec("only", "1.0b1"),
        WheelSpec("needs", requires=["foo"]),
        WheelSpec("wants", requires=["foo>=2.0rc1"]),
    )
    assert found(box.resolve("foo", "only")) == {"foo": "1.0", "only": "1.0b1"}
    assert found(box.resolve("foo>=1.0rc1", "needs"))["foo"] == "2.0rc1"
    assert found(box.resolve("foo>=1.5"))["foo"] == "2.0rc1"
    assert found(box.resolve("needs", "wants"))["foo"] == "2.0rc1"
    assert found(box.resolve("foo", options=ResolveOptions(prereleases=True))) == {"foo": "2.0rc1"}


def test_a_yanked_version_only_if_it_is_pinned(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", "1.0"),
        WheelSpec("foo", "2.0"),
        WheelSpec("pins", requires=["foo==2.0"]),
    )
    box.sources.yanked = {"foo-2.0-py3-none-any.whl": "it eats files"}
    assert box.resolve("foo").warnings == ()
    assert found(box.resolve("foo")) == {"foo": "1.0"}
    assert found(box.resolve("foo", "pins")) == {"foo": "2.0", "pins": "1.0"}
    pinned = box.resolve("foo==2.0")
    assert found(pinned) == {"foo": "2.0"}
    assert told(pinned) == {"yanked": "`foo 2.0` was yanked by its publisher: it eats files"}
    with pytest.raises(NothingFits) as caught:
        box.resolve("foo>1")
    assert caught.value.hint == "to take it all the same, pin it: `foo==2.0`"


def test_python_is_asked_of_the_source_and_of_the_wheel(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", "1.0"),
        WheelSpec("foo", "2.0", requires_python=">=3.13"),
        WheelSpec("foo", "3.0"),
    )
    box.sources.requires_python = {"foo-3.0-py3-none-any.whl": ">=3.14"}
    resolution = box.resolve("foo")
    assert found(resolution) == {"foo": "1.0"}
    message = told(resolution)["version-fallback"]
    assert "3.0, is not, nor is one more newer version" in message
    assert "nothing of it is for Python 3.12.4, it requires `>=3.14`" in message
    with pytest.raises(NothingFits, match=r"requires Python `>=3.13`, and the box has 3.12.4"):
        box.resolve("foo==2.0")


def test_a_newer_version_that_does_not_fit_is_told_with_its_property(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo", "1.0"), variant("foo", "2.0", "v4"))
    resolution = box.resolve("foo")
    assert found(resolution) == {"foo": "1.0"}
    assert told(resolution)["version-fallback"] == (
        "`foo 1.0` is taken; the newest, 2.0, is not: nothing of it fits the box "
        "(`v4`: `x86_64 :: level` must be `v4`, and the box has `v3`, `v2` [x86_64 as written])"
    )


def test_a_plain_wheel_in_place_of_variants_is_told(tmp_path: Path) -> None:
    box = Box.of(tmp_path, variant("foo", "1.0", "v4"), WheelSpec("foo", "1.0"))
    resolution = box.resolve("foo")
    assert found(resolution) == {"foo": "1.0"}
    assert told(resolution)["plain-fallback"] == (
        "the plain wheel of `foo 1.0` serves, as no variant fits what the target has "
        "[x86_64 as written]; `whichwheel explain foo` says more"
    )
    wished = ResolveOptions(Preferences(variants=False))
    assert box.resolve("foo", options=wished).warnings == ()


def test_bad_variant_metadata_is_a_warning_or_with_strict_an_error(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo", label="v3", metadata={"variants": 1}), WheelSpec("foo"))
    assert set(told(box.resolve("foo"))) == {"metadata-malformed", "plain-fallback"}
    with pytest.raises(UnusableMetadata, match=r"foo 1\.0") as caught:
        box.resolve("foo", options=ResolveOptions(strict=True))
    assert caught.value.faults


def test_a_variant_whose_requirements_cannot_be_read_gives_way(tmp_path: Path) -> None:
    box = Box.of(tmp_path, variant("foo", "1.0", "v3", "bar >< 1"), WheelSpec("foo", "1.0"))
    resolution = box.resolve("foo")
    assert found(resolution) == {"foo": "1.0"}
    assert "`v3` cannot be used: the wheel" in told(resolution)["variant-fallback"]
    with pytest.raises(BrokenWheel, match="bar >< 1"):
        box.resolve("foo", options=ResolveOptions(strict=True))


def test_no_dependencies_if_not_wanted(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo", requires=["missing", "bar"]), WheelSpec("bar"))
    assert found(box.resolve("foo", options=ResolveOptions(dependencies=False))) == {"foo": "1.0"}


def test_what_is_installed_and_satisfies_is_kept_without_asking_anyone(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo", "2.0"), WheelSpec("bar", "2.0"))
    installed = [installed_package("foo", "1.0", "bar"), installed_package("bar", "1.0")]
    resolution = box.resolve("foo", installed=installed)
    assert resolution.pins == ()
    assert [(kept.name, kept.requested) for kept in resolution.kept] == [
        ("bar", False),
        ("foo", True),
    ]
    assert box.sources.asked == []


def test_what_is_installed_and_does_not_satisfy_is_replaced(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo", requires=["bar>=2"]), WheelSpec("bar", "2.0"))
    installed = [installed_package("bar", "1.0"), installed_package("aside", "1.0")]
    resolution = box.resolve("foo", installed=installed)
    assert found(resolution) == {"bar": "2.0", "foo": "1.0"}
    assert resolution.kept == ()


def test_upgrade_takes_the_newest_of_all_or_of_those_named(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", "2.0", requires=["bar", "same"]),
        WheelSpec("bar", "2.0"),
        WheelSpec("same", "1.0"),
    )
    installed = [installed_package(name, "1.0") for name in ("foo", "bar", "same")]
    everything = box.resolve("foo", installed=installed, options=ResolveOptions(upgrade=True))
    assert found(everything) == {"bar": "2.0", "foo": "2.0"}
    assert [kept.name for kept in everything.kept] == ["same"]
    anew = box.resolve("foo", installed=installed, options=ResolveOptions(reinstall=True))
    assert found(anew) == {"bar": "2.0", "foo": "2.0", "same": "1.0"}
    only = ResolveOptions(upgrade_packages=frozenset([installed[0].name]))
    assert found(box.resolve("foo", installed=installed, options=only)) == {"foo": "2.0"}


def test_upgrade_never_goes_back_behind_what_is_installed(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo", "1.0"), variant("foo", "2.0", "v4"))
    installed = [installed_package("foo", "2.0")]
    resolution = box.resolve("foo", installed=installed, options=ResolveOptions(upgrade=True))
    assert found(resolution) == {}
    assert [str(kept.version) for kept in resolution.kept] == ["2.0"]


def test_another_variant_asked_for_replaces_the_installed_one(tmp_path: Path) -> None:
    box = Box.of(tmp_path, variant("foo", "1.0", "v3"), variant("foo", "1.0", "v2"))
    installed = [installed_package("foo", "1.0", label="v3")]
    assert found(box.resolve("foo", installed=installed)) == {}
    picked = ResolveOptions(Preferences(labels={installed[0].name: "v2"}))
    assert found(box.resolve("foo", installed=installed, options=picked)) == {"foo": "1.0 v2"}


def test_variant_markers_of_installed_packages_are_answered(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("fast"), WheelSpec("top", requires=["foo"]))
    line = 'fast; variant_label == "v3"'
    foo = installed_package("foo", "1.0", line, "not a requirement", label="v3")
    assert set(found(box.resolve("top", installed=[foo]))) == {"top", "fast"}
    plain = installed_package("foo", "1.0", line)
    assert set(found(box.resolve("top", installed=[plain]))) == {"top"}


def test_installed_packages_that_stay_are_not_broken_if_that_can_be(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", "1.0", requires=["bar"]),
        WheelSpec("foo", "2.0", requires=["bar>=2"]),
        WheelSpec("bar", "1.5"),
        WheelSpec("bar", "2.0"),
    )
    installed = [installed_package("stays", "3", "bar<2"), installed_package("bar", "1.0")]
    resolution = box.resolve("foo", "bar>=1.5", installed=installed)
    assert found(resolution) == {"bar": "1.5", "foo": "1.0"}
    assert told(resolution)["version-fallback"].endswith(
        "needs `bar>=2`, but `stays 3`, which stays, needs `bar<2`"
    )
    forced = box.resolve("foo>=2", installed=installed)
    assert found(forced) == {"bar": "2.0", "foo": "2.0"}
    assert told(forced)["breaks-installed"] == (
        "`stays 3`, which stays, needs `bar<2`, and that is no longer so"
    )


def test_nothing_fits_names_the_property_of_each_label_and_what_the_target_has(
    tmp_path: Path,
) -> None:
    box = Box.of(
        tmp_path,
        variant("foo", "1.0", "v4"),
        variant("foo", "2.0", "v4"),
        WheelSpec(
            "foo",
            "2.0",
            label="gpu",
            properties={"gpu": {"arch": ["a1"]}},
            namespaces=["x86_64", "gpu"],
        ),
        WheelSpec("foo", "2.0", tag="cp39-cp39-win_amd64"),
        WheelSpec("top", requires=["foo"]),
    )
    with pytest.raises(NothingFits) as caught:
        box.resolve("foo")
    assert str(caught.value).splitlines() == [
        "no wheel of `foo` fits the box; of version 2.0:",
        "  `gpu`: nothing is known of the namespace `gpu`",
        "  `v4`: `x86_64 :: level` must be `v4`, and the box has `v3`, `v2` [x86_64 as written]",
        (
            "  the plain wheel: it is for `cp39-cp39-win_amd64`, and the box takes "
            "`cp312-cp312-linux_x86_64` and the like"
        ),
        "and nothing of 1 older version either",
    ]
    assert caught.value.hint is not None
    assert [str(choice.version) for choice in caught.value.choices] == ["2.0", "1.0"]
    with pytest.raises(NothingFits, match="no wheel of `foo`, which `top` needs, fits the box"):
        box.resolve("top")


def test_a_conflict_is_told_in_prose(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", "1.0", requires=["bar>=2"]),
        WheelSpec("foo", "2.0", requires=["bar>=2"]),
        WheelSpec("baz", "1.0", requires=["bar<2"]),
        WheelSpec("bar", "1"),
        WheelSpec("bar", "2"),
    )
    with pytest.raises(Conflict) as caught:
        box.resolve("foo", "baz")
    proof = "\n".join(caught.value.proof)
    assert "every version of `foo` needs `bar>=2`" in proof
    assert "`baz 1.0` needs `bar<2`" in proof
    assert "you ask for `baz`" in proof
    assert "by variant" not in proof
    assert set(caught.value.names) == {"foo", "bar", "baz"}


def test_a_conflict_between_variants_names_their_labels(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        variant("foo", "1.0", "v3", "bar<1"),
        variant("foo", "1.0", "v2", "bar<2"),
        WheelSpec("bar", "2"),
    )
    with pytest.raises(Conflict) as caught:
        box.resolve("foo", "bar")
    proof = "\n".join(caught.value.proof)
    assert "`v3` of `foo 1.0` needs `bar<1`" in proof
    assert "`v2` of `foo 1.0` needs `bar<2`" in proof


def test_two_requests_that_contradict_are_both_named(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo", "1"), WheelSpec("foo", "2"))
    with pytest.raises(Conflict) as caught:
        box.resolve("foo<2", "foo>=2")
    assert "you ask for `foo<2`" in caught.value.proof
    assert "you ask for `foo>=2`" in caught.value.proof


def test_unknown_projects_and_versions_are_named(tmp_path: Path) -> None:
    box = Box.of(tmp_path, WheelSpec("foo"), WheelSpec("top", requires=["gone"]))
    with pytest.raises(ProjectNotFound, match="no project `gone`, which `top` needs, in") as gone:
        box.resolve("top")
    assert gone.value.sources == ("the folder",)
    with pytest.raises(ProjectNotFound, match="no project `nope` in `the folder`"):
        box.resolve("nope")
    with pytest.raises(NoSuchVersion, match=r"no version of `foo` that `>=2` allows.* `1.0`"):
        box.resolve("foo>=2")


def test_metadata_cannot_send_us_to_a_url(tmp_path: Path) -> None:
    box = Box.of(
        tmp_path,
        WheelSpec("foo", requires=["bar @ https://index.example/bar-1-py3-none-any.whl"]),
        WheelSpec("bar", "1"),
    )
    with pytest.raises(Conflict, match=r"needs `bar @ https://index.example"):
        box.resolve("foo")
    installed = [installed_package("bar", "1")]
    assert found(box.resolve("foo", installed=installed)) == {"foo": "1.0"}
