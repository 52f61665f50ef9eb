"""All that a lock has to hold so that every target, and every build it lists, is served."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.lock.agreeing import TargetByTarget
from whichwheel.lock.needs import names_of
from whichwheel.lock.surroundings import Surroundings, surroundings_of
from whichwheel.resolve.failures import ResolutionFailed
from whichwheel.resolve.resolution import Pin, Resolution
from whichwheel.sources.errors import SourceError
from whichwheel.sources.release import Release, Wheel
from whichwheel.spec.abi_dependency import abi_dependencies, abi_specifier
from whichwheel.spec.markers import VariantRequirement
from whichwheel.spec.metadata import Provider, VariantMetadata
from whichwheel.spec.properties import NULL_LABEL, VariantProperties
from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.support import Refusal, Support
from whichwheel.target.target import Machine, Target

__all__ = ["Gathered", "Gathering"]

Key = tuple[NormalizedName, Version]


@dataclass(slots=True)
class Gathered:
    """One release that some target gets.

    :param pins: one of those that brought it, by target
    :param wheels: all that a target could get, by file name
    :param users: the surroundings of the targets that may need it
    :param lines: the requirements of each label, as written
    """

    release: Release
    metadata: VariantMetadata | None
    pins: dict[str, Pin] = field(default_factory=dict)
    wheels: dict[str, Wheel] = field(default_factory=dict)
    users: set[Surroundings] = field(default_factory=set)
    lines: dict[str | None, tuple[VariantRequirement, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Generous:
    """A machine that supports what one build was made for, and else what it always does."""

    machine: Machine
    properties: VariantProperties

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        features = self.properties.get(namespace)
        if features is None:
            return self.machine.support(namespace, provider)
        values = {feature: tuple(values) for feature, values in features.items()}
        return Support(namespace, values, Origin.GIVEN, "any machine")

    def facts(self) -> Facts:
        return self.machine.facts()

    def known_facts(self) -> Facts:
        return self.machine.known_facts()


class Gathering:
    """Collects releases, target by target, build by build.

    :param everything: whether every build of each release is to be listed
    """

    def __init__(self, agreeing: TargetByTarget, *, everything: bool = False) -> None:
        self._agreeing = agreeing
        self.everything = everything
        self._versions: dict[NormalizedName, Version] = {}
        self._looked_at: set[tuple[Key, str | None, str]] = set()
        self._refused: set[tuple[Key, str | None, str]] = set()
        self._targets: dict[str, Target] = {}
        self.releases: dict[Key, Gathered] = {}

    def add(self, target: Target, known: Mapping[NormalizedName, Version]) -> Resolution:
        """Resolve for a target and keep what it gets.

        :param known: the versions that it had before
        :raises ResolutionFailed: if nothing serves it
        """
        found = self._agreeing.resolve(target, {**self._versions, **known})
        self._targets[target.name] = target
        self._take(found, target)
        return found

    def add_other_builds(self) -> None:
        """Add what the builds need that a target could get, and does not.

        A build that cannot be had with the rest is not listed.
        """
        pending = [(pin, self._targets[name]) for name, pin in self._pins()]
        while pending:
            pin, target = pending.pop()
            for found, chosen_for in self._other_builds(pin, target):
                before = {(each.name, each.version, name) for name, each in self._pins()}
                self._take(found, chosen_for)
                pending += [
                    (each, target)
                    for each in found.pins
                    if (each.name, each.version, chosen_for.name) not in before
                ]
        self._drop_refused()
        if self.everything:
            self._list_all()
        self._drop_unmatched()

    def _pins(self) -> list[tuple[str, Pin]]:
        return [
            (name, pin)
            for gathered in self.releases.values()
            for name, pin in gathered.pins.items()
        ]

    def _take(self, found: Resolution, target: Target) -> None:
        for pin in found.pins:
            key = (pin.name, pin.version)
            gathered = self.releases.get(key)
            if gathered is None:
                gathered = self.releases[key] = self._gathered(pin)
            gathered.pins.setdefault(target.name, pin)
            gathered.users.add(surroundings_of(target))
            for judged in pin.choice.ranked:
                gathered.wheels.setdefault(judged.wheel.file.filename, judged.wheel)
            gathered.wheels.setdefault(pin.wheel.file.filename, pin.wheel)
            self._versions.setdefault(pin.name, pin.version)

    def _gathered(self, pin: Pin) -> Gathered:
        agreeing = self._agreeing
        if pin.direct_url is not None:
            # What a suffix means stands beside the wheel, which only the source knows.
            release = (
                agreeing.sources.single(pin.direct_url.url)
                if pin.wheel.name.suffix
                else Release(pin.name, pin.version, pin.choice.source, (pin.wheel,))
            )
            data = agreeing.sources.variants(release)
            return Gathered(release, data.metadata)
        kept = agreeing.kept.find(pin.name, pin.version, agreeing.sources)
        if kept is not None and kept.source == pin.choice.source:
            data_of = agreeing.kept.variants(kept)
            return Gathered(kept, None if data_of is None else data_of.metadata)
        project = agreeing.sources.project(pin.name)
        if project is None or pin.version not in project.releases:
            release = Release(pin.name, pin.version, pin.choice.source, (pin.wheel,))
        else:
            release = project.releases[pin.version]
        metadata = agreeing.sources.variants(release).metadata if release.has_variants else None
        return Gathered(release, metadata)

    def _other_builds(self, pin: Pin, target: Target) -> Iterator[tuple[Resolution, Target]]:
        """Yield a resolution for each build that needs other things than the one taken."""
        gathered = self.releases[pin.name, pin.version]
        offered = {judged.wheel.file.filename: judged.wheel for judged in pin.choice.ranked}
        if self.everything and pin.direct_url is None:
            for wheel in (each for each in gathered.release.wheels if each.barred is None):
                offered.setdefault(wheel.file.filename, wheel)
        own = self._needed(pin, pin.wheel, target) or ()
        for label, wheel in self._by_label(pin, offered.values(), target).items():
            chosen_for = self._served(pin, label, target)
            key = ((pin.name, pin.version), label, chosen_for.name)
            if label == pin.wheel.name.label or key in self._looked_at:
                continue
            self._looked_at.add(key)
            other = self._needed(pin, wheel, chosen_for)
            if other is None:
                self._refused.add(key)
            elif set(map(str, other)) != set(map(str, own)):
                found = self._with_build(pin, label, chosen_for)
                if found is None:
                    self._refused.add(key)
                else:
                    yield found, chosen_for

    def _by_label(
        self, pin: Pin, wheels: Iterable[Wheel], target: Target
    ) -> dict[str | None, Wheel]:
        """Return the first wheel of each label that a target could have.

        Where every build is wanted, what the target does not support is no hindrance.
        """
        ranked = {judged.wheel.file.filename for judged in pin.choice.ranked}
        metadata = self.releases[pin.name, pin.version].metadata
        known = {} if metadata is None else metadata.variants
        tags = set(target.tags)
        found: dict[str | None, Wheel] = {pin.wheel.name.label: pin.wheel}
        for wheel in wheels:
            label = wheel.name.label
            fits = wheel.file.filename in ranked
            if not fits and self.everything:
                fits = label in known and not tags.isdisjoint(wheel.name.tags)
            if fits:
                found.setdefault(label, wheel)
        return found

    def _served(self, pin: Pin, label: str | None, target: Target) -> Target:
        """Return a target that can have a label: itself, or one that is more generous."""
        if any(judged.wheel.name.label == label for judged in pin.choice.ranked):
            return target
        metadata = self.releases[pin.name, pin.version].metadata
        properties = {} if metadata is None else metadata.variants.get(label or "", {})
        return replace(target, machine=_Generous(target.machine, properties))

    def _with_build(self, pin: Pin, label: str | None, target: Target) -> Resolution | None:
        try:
            found = self._agreeing.resolve(target, self._versions, (pin.name, label))
        except ResolutionFailed:
            return None
        same = next((each for each in found.pins if each.name == pin.name), None)
        return found if same is not None and same.version == pin.version else None

    def _needed(self, pin: Pin, wheel: Wheel, target: Target) -> Sequence[Requirement] | None:
        supported = None
        if isinstance(target.machine, _Generous):
            supported = {**pin.choice.supported, **target.machine.properties}
        try:
            return self._agreeing.needs.holding(pin, wheel, target, supported)
        except SourceError:
            return None  # what cannot be looked at is not locked

    def _drop_refused(self) -> None:
        """Take out the wheels of builds that no target can have with the rest."""
        for key, gathered in self.releases.items():
            for filename, wheel in list(gathered.wheels.items()):
                label = wheel.name.label
                users = [
                    name
                    for name, pin in gathered.pins.items()
                    if any(each.wheel.file.filename == filename for each in pin.choice.ranked)
                ]
                if any(pin.wheel.name.label == label for pin in gathered.pins.values()):
                    continue
                if users and all((key, label, name) in self._refused for name in users):
                    del gathered.wheels[filename]

    def _drop_unmatched(self) -> None:
        """Take out the wheels that were built for releases of dependencies that are not locked."""
        versions: dict[NormalizedName, list[Version]] = {}
        for name, version in self.releases:
            versions.setdefault(name, []).append(version)
        for gathered in self.releases.values():
            metadata = gathered.metadata
            if metadata is None:
                continue
            for filename, wheel in list(gathered.wheels.items()):
                properties = metadata.variants.get(wheel.name.label or "", {})
                builds = abi_dependencies(properties, metadata.providers)
                if any(
                    name in versions and not _matches(releases, versions[name])
                    for name, releases in builds.items()
                ):
                    del gathered.wheels[filename]

    def _list_all(self) -> None:
        for key, gathered in self.releases.items():
            if any(pin.direct_url is not None for pin in gathered.pins.values()):
                continue
            refused = {label for name, label, _ in self._refused if name == key}
            known = set() if gathered.metadata is None else set(gathered.metadata.variants)
            for wheel in gathered.release.wheels:
                label = wheel.name.label
                judged = label in known or label in (None, NULL_LABEL)
                kept_out = wheel.barred is not None or wheel.file.yanked is not None
                if judged and label not in refused and not kept_out:
                    gathered.wheels.setdefault(wheel.file.filename, wheel)

    def common_names(self, target: Target, roots: Iterable[NormalizedName]) -> set[NormalizedName]:
        """Return what a target needs whichever of the listed builds it takes."""
        found: set[NormalizedName] = set()
        pending = list(roots)
        while pending:
            name = pending.pop()
            if name in found:
                continue
            found.add(name)
            # Of two versions, the target takes one or the other.
            needed = [
                names
                for (other, _), gathered in self.releases.items()
                if other == name and target.name in gathered.pins
                for names in self._needed_names(gathered, target)
            ]
            if needed:
                pending += frozenset.intersection(*needed)
        return found

    def _needed_names(
        self, gathered: Gathered, target: Target
    ) -> Iterator[frozenset[NormalizedName]]:
        """Yield the projects that each build needs which a target could have."""
        pin = gathered.pins[target.name]
        by_label = self._by_label(pin, gathered.wheels.values(), target)
        for label, wheel in by_label.items():
            lines = self._needed(pin, wheel, self._served(pin, label, target))
            if lines is not None:
                yield names_of(lines)

    def read_lines(self) -> None:
        """Read what each label of each release needs, as written, for those who audit the lock."""
        needs = self._agreeing.needs
        for gathered in self.releases.values():
            for wheel in gathered.wheels.values():
                label = wheel.name.label
                if label in gathered.lines:
                    continue
                try:
                    lines = needs.lines(wheel)
                except SourceError:
                    lines = None
                gathered.lines[label] = lines or ()


def _matches(releases: Iterable[str], versions: Iterable[Version]) -> bool:
    """Whether a build for some releases of a dependency works with any of its versions."""
    specifiers = [specifier for each in releases if (specifier := abi_specifier(each)) is not None]
    return any(
        specifier.contains(version, prereleases=True)
        for version in versions
        for specifier in specifiers
    )
