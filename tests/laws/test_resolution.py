"""What the resolver returns is consistent, and where it fails there is nothing to return."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from support.folder_sources import FolderSources
from support.targets import written_target
from support.wheels import WheelSpec, build_wheel
from whichwheel.resolve.failures import ResolutionFailed
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.sources.background import Background
from whichwheel.spec.errors import WhichwheelError

NAMES = ("a", "b", "c", "d")
VERSIONS = ("1", "2", "3")
LABELS = (None, "v2", "v3", "v9")
TARGET = written_target({"x86_64": {"level": ["v3", "v2"]}})

specifiers = st.sampled_from(["", "==1", "==2", "==3", "<2", ">=2", "!=2"])
requirement_texts = st.builds(
    lambda name, extra, specifier: f"{name}{extra}{specifier}",
    st.sampled_from(NAMES),
    st.sampled_from(["", "", "[x]"]),
    specifiers,
)
markers = st.sampled_from(
    ["", "", '; extra == "x"', '; variant_label == "v3"', '; "x86_64" in variant_namespaces']
)
lines = st.builds(lambda text, marker: text + marker, requirement_texts, markers)
Key = tuple[str, str, str | None]
Wheels = Mapping[Key, Sequence[str]]
wheel_sets = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(VERSIONS), st.sampled_from(LABELS)),
    st.lists(lines, max_size=2),
    min_size=1,
    max_size=14,
)
installed_packages = st.dictionaries(
    st.sampled_from(NAMES).map(canonicalize_name),
    st.tuples(st.sampled_from(VERSIONS), st.lists(requirement_texts, max_size=1)),
    max_size=2,
).map(
    lambda found: {
        name: InstalledPackage(name, Version(version), tuple(needs))
        for name, (version, needs) in found.items()
    }
)


@dataclass(frozen=True)
class Chosen:
    """A naive reading of one wheel: what it needs with an extra and without."""

    version: Version
    label: str | None
    needs: Sequence[str]

    def lines(self, extras: frozenset[str]) -> Iterator[Requirement]:
        for text in self.needs:
            head, _, marker = text.partition("; ")
            holds = {
                "": True,
                'extra == "x"': "x" in extras,
                'variant_label == "v3"': self.label == "v3",
                '"x86_64" in variant_namespaces': self.label is not None,
            }[marker]
            if holds:
                yield Requirement(head)


def candidates(wheels: Wheels, name: str) -> Iterator[Chosen]:
    for (found, version, label), needs in wheels.items():
        if found == name and label != "v9":
            yield Chosen(Version(version), label, needs)


def search(
    wheels: Wheels, chosen: dict[str, Chosen], todo: list[Requirement], done: frozenset[str]
) -> bool:
    """Whether any choice of wheels satisfies everything, by trying them all."""
    if not todo:
        return True
    first, *rest = todo
    taken = chosen.get(first.name)
    options = [taken] if taken is not None else list(candidates(wheels, first.name))
    for option in options:
        if not first.specifier.contains(option.version):
            continue
        extras = frozenset(first.extras)
        fresh = [f"{first.name}[{extra}]" for extra in ("", *extras)]
        more: list[Requirement] = []
        if not set(fresh) <= done:
            more = list(option.lines(extras))
        if search(wheels, {**chosen, first.name: option}, rest + more, done | set(fresh)):
            return True
    return False


def build(folder: Path, wheels: Wheels) -> None:
    for (name, version, label), needs in wheels.items():
        build_wheel(
            folder,
            WheelSpec(
                name,
                version,
                label=label,
                properties={"x86_64": {"level": [label]}} if label else {},
                requires=needs,
                extras=["x"],
            ),
        )


def assert_consistent(
    resolution: Resolution,
    roots: Sequence[str],
    wheels: Wheels,
    installed: Mapping[NormalizedName, InstalledPackage],
) -> None:
    chosen: dict[str, Chosen] = {}
    for pin in resolution.pins:
        label = pin.wheel.name.label
        chosen[pin.name] = Chosen(pin.version, label, wheels[pin.name, str(pin.version), label])
    for kept in resolution.kept:
        chosen[kept.name] = Chosen(kept.version, None, installed[kept.name].requires)
    todo = [Requirement(text) for text in roots]
    seen: set[str] = set()
    reached: set[str] = set()
    while todo:
        requirement = todo.pop()
        found = chosen[requirement.name]
        assert requirement.specifier.contains(found.version), (requirement, resolution)
        reached.add(requirement.name)
        key = f"{requirement.name}{sorted(requirement.extras)}"
        if key not in seen:
            seen.add(key)
            todo += found.lines(frozenset(requirement.extras))
    assert reached == set(chosen), "nothing is chosen that nobody needs"


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    wheel_sets,
    st.lists(requirement_texts, min_size=1, max_size=3),
    st.booleans(),
    installed_packages,
)
def test_a_resolution_is_consistent_and_a_failure_is_true(
    wheels: Wheels,
    roots: list[str],
    tells_digests: bool,  # noqa: FBT001
    installed: dict[NormalizedName, InstalledPackage],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), wheels)
        sources = FolderSources(Path(folder), tells_digests=tells_digests)
        resolution = attempt(sources, roots, installed)
    if resolution is None:
        assert not search(wheels, {}, [Requirement(text) for text in roots], frozenset())
    else:
        assert_consistent(resolution, roots, wheels, installed)


class Eager(FolderSources):
    """The same folder, with everything that is announced followed at once in other threads.

    :ivar background: runs it
    """

    background: Background
    followed: list[NormalizedName]

    def prefetch(
        self,
        names: Iterable[NormalizedName],
        *,
        then: Callable[[NormalizedName], None] | None = None,
    ) -> None:
        for name in names:
            self.followed.append(name)
            if then is not None:
                self.background.start(partial(then, name))


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    wheel_sets,
    st.lists(requirement_texts, min_size=1, max_size=3),
    st.sets(st.sampled_from(NAMES), max_size=2),
    installed_packages,
)
def test_what_is_fetched_ahead_changes_nothing(
    wheels: Wheels,
    roots: list[str],
    broken: set[str],
    installed: dict[NormalizedName, InstalledPackage],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), wheels)
        for name in broken:  # the newest wheels of some cannot be read
            for path in sorted(Path(folder).glob(f"{name}-3-*.whl")):
                path.write_bytes(b"no archive")
        plain = outcome(FolderSources(Path(folder)), roots, installed)
        eager = Eager(Path(folder))
        eager.background, eager.followed = Background(4), []
        try:
            assert outcome(eager, roots, installed) == plain
            asked = [parse_requested(text).name for text in roots]
            assert {*asked} - {*eager.followed} <= {*installed}
        finally:
            eager.background.close()


def outcome(
    sources: FolderSources,
    roots: Sequence[str],
    installed: Mapping[NormalizedName, InstalledPackage],
) -> Resolution | str | None:
    """Return a resolution, or what went wrong in words."""
    try:
        return resolve(
            [parse_requested(text) for text in roots],
            target=TARGET,
            sources=sources,
            options=ResolveOptions(),
            installed=installed,
        )
    except (WhichwheelError, BadZipFile) as error:
        return f"{type(error).__name__}: {error}"


def attempt(
    sources: FolderSources,
    roots: Sequence[str],
    installed: Mapping[NormalizedName, InstalledPackage],
) -> Resolution | None:
    try:
        return resolve(
            [parse_requested(text) for text in roots],
            target=TARGET,
            sources=sources,
            options=ResolveOptions(),
            installed=installed,
        )
    except ResolutionFailed:
        return None
