"""Packages agree on axes and ABIs wherever they can, and never disagree."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from generated import Build, GeneratedSources
from support.targets import written_target
from whichwheel.resolve.axes.axes import Axes, AxisStrategy
from whichwheel.resolve.failures import AxisNotChosen, ResolutionFailed
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.spec.abi_dependency import abi_specifier
from whichwheel.spec.properties import VariantProperties

NAMES = ("a", "b", "c", "d")
VERSIONS = ("1.0", "1.1", "2.0")
BLAS = ("mkl", "openblas", "blis")
OPENMP = ("libgomp", "libomp")
AXES = Axes.shipped()
TARGET = written_target(
    {"blas_lapack": {"library": list(BLAS)}, "openmp": {"runtime": list(OPENMP)}}
)


@dataclass(frozen=True)
class World:
    """Packages, what is asked for, and what is installed."""

    builds: Sequence[Build]
    roots: Sequence[str]
    chosen: Sequence[str]
    installed: Mapping[str, InstalledPackage]


def properties(rng: random.Random) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    if rng.random() < 0.7:
        values = rng.sample(BLAS, rng.choice((1, 1, 1, 2)))
        found["blas_lapack"] = {"library": tuple(values)}
    if rng.random() < 0.4:
        found["openmp"] = {"runtime": (rng.choice(OPENMP),)}
    if rng.random() < 0.3:
        releases = rng.sample(["1", "2", "1.0", "1.1", "2.0"], rng.choice((1, 1, 2)))
        found["abi_dependency"] = {rng.choice(NAMES): tuple(releases)}
    return found


def world(seed: int) -> World:
    rng = random.Random(seed)  # noqa: S311 -- no secrets here
    builds = []
    for name in NAMES[: rng.randint(2, 4)]:
        for version in rng.sample(VERSIONS, rng.randint(1, 3)):
            others = [other for other in NAMES if other != name]
            common = [f"{rng.choice(others)}{rng.choice(('', '>=1.1', '<2'))}"]
            common = common if rng.random() < 0.4 else []
            for label in rng.sample(["x", "y", "z", "null", "plain"], rng.randint(1, 3)):
                stated = {} if label in {"null", "plain"} else properties(rng)
                stated.get("abi_dependency", {}).pop(name, None)
                stated = {space: features for space, features in stated.items() if features}
                if label not in {"null", "plain"} and not stated:
                    continue
                own = None if label == "plain" else label
                builds.append(Build(name, version, own, stated, common))
    roots = rng.sample(NAMES, rng.randint(1, 3))
    chosen = [f"blas = {rng.choice(BLAS)}"] if rng.random() < 0.3 else []
    installed: dict[str, InstalledPackage] = {}
    if rng.random() < 0.3:
        stated = {"blas_lapack": {"library": (rng.choice(BLAS),)}}
        name = canonicalize_name("outside")
        installed[name] = InstalledPackage(name, Version("1"), (), "x", stated)
    return World(builds, roots, chosen, installed)


def claims(stated: VariantProperties) -> dict[str, frozenset[str]]:
    return {axis: frozenset(values) for axis, values in AXES.claims(stated).items()}


def exists(at: World, bound: Mapping[str, frozenset[str]]) -> bool:  # noqa: C901 -- naive
    """Whether any choice of builds satisfies everything, by trying them all."""
    by_name: dict[str, list[Build]] = {}
    for build in at.builds:
        by_name.setdefault(build.name, []).append(build)

    def agrees(taken: Mapping[str, Build], axes: Mapping[str, frozenset[str]]) -> bool:
        left = dict(axes)
        for build in taken.values():
            for axis, values in claims(build.properties).items():
                left[axis] = left.get(axis, values) & values
        return all(left[axis] for axis in left if used(taken, axis))

    def used(taken: Mapping[str, Build], axis: str) -> bool:
        return any(axis in claims(build.properties) for build in taken.values())

    def needs(build: Build) -> Iterator[tuple[str, Sequence[str]]]:
        for line in build.requires:
            requirement = Requirement(line)
            yield requirement.name, [str(requirement.specifier)]
        for name, releases in build.properties.get("abi_dependency", {}).items():
            yield name, [str(abi_specifier(release)) for release in releases]

    def allows(specifiers: Sequence[str], version: str) -> bool:
        return any(Requirement(f"x{text}").specifier.contains(version) for text in specifiers)

    def search(taken: dict[str, Build], todo: list[tuple[str, Sequence[str]]]) -> bool:
        if not agrees(taken, bound):
            return False
        if not todo:
            return True
        (name, specifiers), *rest = todo
        if name in taken:
            return allows(specifiers, taken[name].version) and search(taken, rest)
        return any(
            search({**taken, name: build}, [*rest, *needs(build)])
            for build in by_name.get(name, ())
            if allows(specifiers, build.version)
        )

    return search({}, [(name, [""]) for name in at.roots])


def attempt(at: World, strategy: AxisStrategy = AxisStrategy.PREFERRED) -> Resolution | None:
    axes = Axes(AXES.by_name, strategy=strategy).choosing(at.chosen, "--axis")
    try:
        return resolve(
            [parse_requested(text) for text in at.roots],
            target=TARGET,
            sources=GeneratedSources(at.builds),
            options=ResolveOptions(axes=axes),
            installed={package.name: package for package in at.installed.values()},
        )
    except AxisNotChosen:
        raise
    except ResolutionFailed:
        return None


def bindings(at: World) -> dict[str, frozenset[str]]:
    bound = {}
    for text in at.chosen:
        name, _, value = text.partition(" = ")
        bound[name] = frozenset({value})
    for package in at.installed.values():
        for axis, values in claims(package.properties).items():
            bound[axis] = bound.get(axis, values) & values
    return bound


def is_against_choice(at: World) -> bool:
    return any(not values for values in bindings(at).values())


def assert_agrees(at: World, resolution: Resolution) -> None:
    taken = {
        pin.name: pin.choice.properties.get(pin.wheel.name.label or "", {})
        for pin in resolution.pins
    }
    by_axis: dict[str, list[frozenset[str]]] = {}
    for stated in taken.values():
        for axis, values in claims(stated).items():
            by_axis.setdefault(axis, []).append(values)
    bound = bindings(at)
    for axis, listed in by_axis.items():
        common = frozenset.intersection(*listed)
        if axis in bound:
            common &= bound[axis]
        assert common, (axis, resolution)
    assert {each.axis for each in resolution.agreed} == set(by_axis)
    versions = {pin.name: str(pin.version) for pin in resolution.pins}
    for stated in taken.values():
        for name, releases in stated.get("abi_dependency", {}).items():
            found = versions[canonicalize_name(name)]
            specifiers = [abi_specifier(release) for release in releases]
            assert any(each is not None and each.contains(found) for each in specifiers)


# 1200 seeded worlds in all.
@pytest.mark.parametrize("block", range(8))
def test_a_solution_is_found_whenever_one_exists_and_never_mixes_values(block: int) -> None:
    solved = failed = 0
    for seed in range(block * 150, (block + 1) * 150):
        at = world(seed)
        resolution = attempt(at)
        if resolution is None:
            failed += 1
            # To agree on what was chosen, a package has to be swapped that has no other build.
            assert is_against_choice(at) or not exists(at, bindings(at)), seed
        else:
            solved += 1
            assert_agrees(at, resolution)
            assert attempt(at) == resolution, "the same input gives the same answer"
    assert solved > 30
    assert failed > 10


def test_strategies_find_what_preferences_find_and_no_fewer_packages() -> None:
    compared = 0
    for seed in range(2000, 2150):
        at = world(seed)
        first = attempt(at)
        most = attempt(at, AxisStrategy.MOST_PACKAGES)
        newest = attempt(at, AxisStrategy.NEWEST)
        assert (first is None) == (most is None) == (newest is None)
        if first is None or most is None or newest is None:
            continue
        assert_agrees(at, most)
        assert_agrees(at, newest)

        def claiming(resolution: Resolution) -> int:
            return sum(
                bool(claims(pin.choice.properties.get(pin.wheel.name.label or "", {})))
                for pin in resolution.pins
            )

        assert claiming(most) >= claiming(first)
        compared += 1
    assert compared > 50
