"""Laws of locks: what is in one serves every target it was made for, and stays."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given, reject, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.folder_sources import FolderSources
from support.resolutions import found, level
from support.targets import written_target
from support.wheels import WheelSpec, build_wheel
from whichwheel.lock.errors import CannotLock
from whichwheel.lock.locking import Locked, lock_targets
from whichwheel.lock.reading import read_lock
from whichwheel.lock.selecting import Selected, select
from whichwheel.lock.storing import store
from whichwheel.lock.writing import lock_text
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.resolve.resolution import Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.spec.errors import WhichwheelError
from whichwheel.target.target import Target

NAMES = ("a", "b", "c", "d")
LABELS = (None, "null", "v2", "v3", "v4")
MARKERS = (
    "",
    "; sys_platform == 'linux'",
    "; sys_platform == 'darwin'",
    '; "x86_64" in variant_namespaces',
    '; "x86_64 :: level :: v3" in variant_properties',
    "; variant_label == 'null'",
)


def _target(name: str, *levels: str, system: str = "linux") -> Target:
    target = written_target({"x86_64": {"level": levels}}, name=name)
    return replace(target, environment={**target.environment, "sys_platform": system})


TARGETS = (
    _target("old"),
    _target("middle", "v3", "v2"),
    _target("new", "v4", "v3", "v2"),
    _target("mac", "v3", "v2", system="darwin"),
)

requirement = st.builds(
    "{}{}{}".format,
    st.sampled_from(NAMES),
    st.sampled_from(["", "", ">=2", "<2", "==1.0"]),
    st.sampled_from(MARKERS),
)


@st.composite
def releases(draw: st.DrawFn) -> list[WheelSpec]:
    """All wheels of a small index; each build of a release may need other things."""
    specs = []
    for name in NAMES:
        for version in draw(st.sampled_from([["1.0"], ["2.0"], ["1.0", "2.0"]])):
            labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, unique=True))
            specs += [
                WheelSpec(
                    name,
                    version,
                    label=label,
                    properties=level(label) if label and label != "null" else {},
                    namespaces=["x86_64"],
                    requires=draw(st.lists(requirement, max_size=2, unique=True)),
                )
                for label in labels
            ]
    return specs


class Place:
    """An index, and a folder for the lock."""

    def __init__(self, folder: str, specs: Sequence[WheelSpec]) -> None:
        self.folder = Path(folder)
        for spec in specs:
            build_wheel(self.folder / "wheels", spec)
        self.sources = FolderSources(self.folder / "wheels")
        self.path = self.folder / "pylock.toml"

    def lock(
        self,
        roots: Sequence[str],
        targets: Sequence[Target],
        options: ResolveOptions | None = None,
        *,
        everything: bool = False,
    ) -> Locked:
        previous = read_lock(self.path) if self.path.exists() else None
        return lock_targets(
            [parse_requested(text) for text in roots],
            targets,
            path=self.path,
            sources=self.sources,
            options=options or ResolveOptions(),
            previous=previous,
            everything=everything,
        )

    def resolve(self, roots: Sequence[str], target: Target) -> Resolution:
        return resolve(
            [parse_requested(text) for text in roots],
            target=target,
            sources=self.sources,
            options=ResolveOptions(),
            installed={},
        )


def _is_whole(resolution: Resolution, roots: Sequence[str]) -> bool:
    """Whether everything that is needed is there, in a version that will do."""
    versions = {pin.name: pin.version for pin in resolution.pins}
    needed = [Requirement(text) for text in roots]
    needed += [line for pin in resolution.pins for line in pin.dependencies]
    return all(
        canonicalize_name(each.name) in versions
        and each.specifier.contains(versions[canonicalize_name(each.name)], prereleases=True)
        for each in needed
    )


@settings(max_examples=80)
@given(
    specs=releases(),
    roots=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
    targets=st.lists(st.sampled_from(TARGETS), min_size=1, unique_by=lambda each: each.name),
    everything=st.booleans(),
)
def test_a_lock_serves_its_targets_and_stays(
    specs: list[WheelSpec], roots: list[str], targets: list[Target], *, everything: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder, specs)
        try:
            locked = place.lock(roots, targets, everything=everything)
        except CannotLock:
            # Then, and only then, some target cannot be served by itself.
            failed = 0
            for target in targets:
                try:
                    place.resolve(roots, target)
                except WhichwheelError:
                    failed += 1
            assert failed
            return
        text = lock_text(locked.lock)
        store(locked.lock)
        read = read_lock(place.path)
        assert lock_text(read) == text
        for target in targets:
            chosen = locked.selected[target.name]
            again = select(read, target=target, sources=place.sources, options=ResolveOptions())
            assert again.digest == chosen.digest
            # What the wheels need beyond the lock's own word is asked of the wheels themselves.
            real = resolve(
                [parse_requested(text) for text in roots],
                target=target,
                sources=_Locked(place, again),
                options=ResolveOptions(),
                installed={},
            )
            assert _is_whole(real, roots)
            assert set(found(real).items()) <= set(found(again.resolution).items())
        assert place.lock(roots, targets, everything=everything).unchanged
        once_more = place.lock(roots, targets, ResolveOptions(upgrade=True), everything=everything)
        assert lock_text(once_more.lock) == text


class _Locked(FolderSources):
    """An index that has only what was chosen from a lock."""

    def __init__(self, place: Place, selected: Selected) -> None:
        folder = place.folder / "chosen"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for pin in selected.resolution.pins:
            filename = pin.wheel.file.filename
            (folder / filename).write_bytes((place.sources.folder / filename).read_bytes())
        super().__init__(folder)


@settings(max_examples=60)
@given(
    specs=releases(),
    root=st.sampled_from(NAMES),
    target=st.sampled_from(TARGETS),
)
def test_a_lock_for_one_target_gives_what_an_install_would(
    specs: list[WheelSpec], root: str, target: Target
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder, specs)
        try:
            locked = place.lock([root], [target])
        except CannotLock:
            reject()
        fresh = place.resolve([root], target)
        assert found(locked.selected[target.name].resolution) == found(fresh)
