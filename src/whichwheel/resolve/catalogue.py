"""Projects, judged releases and core metadata, each got once and only when needed."""

import math
import time
from collections.abc import Mapping
from dataclasses import field, replace
from functools import partial

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from whichwheel.choose.choice import Choice
from whichwheel.choose.choosing import choose
from whichwheel.choose.fitting import VariantFit
from whichwheel.resolve.bonds import NO_BONDS, BondReader, Bonds
from whichwheel.resolve.core_metadata import CoreMetadata, holds, parse_core_metadata
from whichwheel.resolve.failures import UnusableMetadata
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import WheelLocation
from whichwheel.sources.background import Outcome
from whichwheel.sources.errors import BrokenWheel, RangesNotSupported
from whichwheel.sources.own_variants import check_own_variants
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import Project, Release, VariantData, Wheel
from whichwheel.spec.markers import (
    InvalidRequirement,
    VariantContext,
    VariantRequirement,
    variant_context,
)
from whichwheel.spec.metadata import Provider
from whichwheel.spec.properties import NULL_LABEL
from whichwheel.spec.specifiers import python_fits
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

__all__ = ["Candidate", "Catalogue", "Judged", "Loaded", "Unusable"]

_NO_DATA = VariantData(None, "none")
#: A server is far if waiting for it takes longer than the work of one more request, in seconds.
_FAR = 0.01


@dataclass(frozen=True, slots=True)
class Loaded:
    """A wheel that could be installed, its metadata read.

    :param context: what its variant markers are answered with
    """

    wheel: Wheel
    metadata: CoreMetadata
    context: VariantContext


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why no wheel of a candidate can be used."""

    why: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """The wheels of one label that fit, best first; they differ only in tags and build."""

    label: str | None
    wheels: tuple[Wheel, ...]

    @property
    def metadata_digest(self) -> str | None:
        """The digest of the best wheel's core metadata, if the source tells it."""
        presented = self.wheels[0].presented
        if presented is not None and presented.extras:
            return None  # what the extras need is put in
        return (self.wheels[0].file.metadata_hashes or {}).get("sha256")


@dataclass(slots=True)
class Judged:
    """One release judged for the target.

    :param candidates: one for each label that fits, best first
    :param is_from_index: whether the index, not the wheels, said what the labels stand for
    :param providers: those of its metadata, by namespace
    :param bonds: by place in ``candidates``, what it has to agree on, as far as it was asked
    :param loaded: by place in ``candidates``, what was read so far
    :param unusable: by place in ``candidates``, why none of its wheels can be used
    """

    release: Release
    choice: Choice
    candidates: tuple[Candidate, ...]
    is_from_index: bool = False
    loaded: dict[int, Loaded] = field(default_factory=dict)
    unusable: dict[int, str] = field(default_factory=dict)
    providers: Mapping[str, Provider] = field(default_factory=dict)
    bonds: dict[int, Bonds] = field(default_factory=dict)
    groups: dict[int, frozenset[str]] = field(default_factory=dict)
    same_metadata: bool | None = None
    same_bonds: bool | None = None


class Catalogue:
    """What the sources offer, seen from one target.

    Projects, judged releases and what is read of them may be asked for from several threads.
    """

    def __init__(self, sources: Sources, target: Target, options: ResolveOptions) -> None:
        self.target = target
        self._sources = sources
        self._options = options
        self._tags = frozenset(target.tags)
        self._projects: dict[NormalizedName, Project | None] = {}
        self._direct: dict[str, Release] = {}
        self._judged: dict[tuple[int, bool], Outcome[Judged]] = {}
        self._variant_fits: dict[tuple[int, str, str | None], tuple[VariantData, VariantFit]] = {}
        self._reading: dict[tuple[int, int], Outcome[Loaded | Unusable]] = {}
        self._fits: dict[tuple[int, bool], bool] = {}
        self._pythons: dict[str, bool] = {}
        self._quickest = math.inf  # seconds
        self.bond_reader = BondReader(options.axes)

    @property
    def source_names(self) -> tuple[str, ...]:
        """The sources' names in the user's order, for people."""
        return self._sources.names

    @property
    def is_far(self) -> bool:
        """Whether every answer of a source was long in coming, as far as any came."""
        return _FAR < self._quickest < math.inf

    def project(self, name: NormalizedName) -> Project | None:
        """Return a project, None if no source has it."""
        if name not in self._projects:
            # Of what two threads got at once, all take the same.
            self._projects.setdefault(name, self._sources.project(name))
        return self._projects[name]

    def direct(self, location: WheelLocation) -> Release:
        """Return the release that consists of one wheel named by path or URL."""
        release = self._direct.get(location.address)
        if release is None:
            release = self._direct[location.address] = self._sources.single(location.address)
        return release

    def could_fit(self, release: Release, *, yanked: bool = False) -> bool:
        """Whether any wheel passes the tests that need no variant metadata."""
        key = (id(release), yanked)
        fits = self._fits.get(key)
        if fits is None:
            fits = self._fits[key] = self._could_fit(release, yanked=yanked)
        return fits

    def _could_fit(self, release: Release, *, yanked: bool) -> bool:
        return any(
            (yanked or wheel.file.yanked is None)
            and wheel.barred is None
            and not self._tags.isdisjoint(wheel.name.tags)
            and self._python_fits(wheel.file.requires_python)
            for wheel in release.wheels
        )

    def _python_fits(self, specifier: str | None) -> bool:
        if specifier is None:
            return True
        fits = self._pythons.get(specifier)
        if fits is None:
            fits = python_fits(specifier, self.target.python_version)
            self._pythons[specifier] = fits
        return fits

    def judge(self, release: Release, *, yanked: bool = False) -> Judged:
        """Judge a release, without its variant metadata where that decides nothing.

        :param yanked: whether its yanked wheels may be taken
        :raises UnusableMetadata: if the metadata has faults and the user wants none tolerated
        """
        key = (id(release), yanked)
        judged = self._judged.get(key)
        if judged is None:
            judging = Outcome(partial(self._judge, release, yanked=yanked))
            judged = self._judged.setdefault(key, judging)
        return judged.result()

    def _judge(self, release: Release, *, yanked: bool) -> Judged:
        data = _NO_DATA
        preferences = self._options.preferences
        asked = release.has_variants and preferences.variants
        if asked and self.could_fit(release, yanked=yanked):
            started = time.perf_counter()
            data = self._sources.variants(release)
            if data.origin == "index":
                self._quickest = min(self._quickest, time.perf_counter() - started)
            faults = tuple(warning.message for warning in data.warnings)
            if self._options.strict and (faults or data.unusable is not None):
                faults = faults or (data.unusable or "",)
                raise UnusableMetadata(release.name, release.version, faults)
        if yanked:
            preferences = replace(preferences, yanked=preferences.yanked | {release.name})
        fit = self._variant_fit(data)
        choice = choose(release, data, self.target, preferences, fit=fit)
        return Judged(
            release,
            choice,
            _candidates(choice),
            data.origin == "index",
            providers={} if data.metadata is None else data.metadata.providers,
        )

    def _variant_fit(self, data: VariantData) -> VariantFit:
        """Return how metadata fits the target; releases are often described alike."""
        key = (id(data.metadata), data.origin, data.unusable)
        known = self._variant_fits.get(key)
        if known is None:
            known = self._variant_fits[key] = data, VariantFit(data, self.target)
        return known[1]

    def best(self, judged: Judged) -> int | None:
        """Return the place of the best candidate that can be used."""
        for place in range(len(judged.candidates)):
            if self.load(judged, place) is not None:
                return place
        return None

    def load(self, judged: Judged, place: int) -> Loaded | None:
        """Read the core metadata of a candidate, None if no wheel of it can be used.

        :raises SourceError: if a source fails; a broken wheel only makes the candidate unusable
        """
        if place in judged.unusable:
            return None
        if place not in judged.loaded:
            found = self.read(judged, place)
            if isinstance(found, Unusable):
                judged.unusable[place] = found.why
                return None
            judged.loaded[place] = found
        return judged.loaded[place]

    def read(self, judged: Judged, place: int) -> Loaded | Unusable:
        """Read the core metadata of a candidate without noting that it was looked at.

        :raises SourceError: as :meth:`load`
        """
        reading = Outcome(partial(self._read_first, judged, place))
        return self._reading.setdefault((id(judged), place), reading).result()

    def _read_first(self, judged: Judged, place: int) -> Loaded | Unusable:
        """Read the best wheel of a candidate that can be used."""
        candidate = judged.candidates[place]
        faults = []
        for wheel in candidate.wheels:
            try:
                # First, as this may bring the metadata too.
                self._check_variant(judged, wheel)
                metadata = self._read(wheel)
            except BrokenWheel as error:
                if self._options.strict:
                    raise
                faults.append(error.message)
                continue
            against = self._against_python(metadata)
            if against is not None:
                faults.append(f"`{wheel.file.filename}` {against}")
                continue
            choice = judged.choice
            properties = choice.properties.get(candidate.label or "", {})
            context = variant_context(candidate.label, properties, choice.supported)
            return Loaded(wheel, metadata, context)
        return Unusable("; ".join(faults))

    def _check_variant(self, judged: Judged, wheel: Wheel) -> None:
        """Check the one wheel that may be taken, not all that the index speaks of.

        :raises BrokenWheel: if it does not say of itself what the index says
        """
        label = wheel.name.label
        if label in {None, NULL_LABEL} or not judged.is_from_index:
            return
        try:
            data = self._sources.own_variants(wheel)
        except RangesNotSupported:
            return  # it is looked at when it is there
        promised = judged.choice.properties.get(label or "")
        check_own_variants(wheel.name, data, promised, judged.release.source)

    def _against_python(self, metadata: CoreMetadata) -> str | None:
        # Sources without the attribute, as folders, tell it only here.
        wanted, found = metadata.requires_python, self.target.python_version
        if wanted is None or wanted.contains(found, prereleases=True):
            return None
        return f"requires Python `{wanted}`, and {self.target.name} has {found}"

    def _read(self, wheel: Wheel) -> CoreMetadata:
        filename = wheel.file.filename
        metadata = parse_core_metadata(self._sources.metadata(wheel), filename)
        if (metadata.name, metadata.version) != (wheel.name.name, wheel.name.version):
            what = "the metadata that it builds" if wheel.is_built else "its metadata"
            raise BrokenWheel(filename, f"{what} is that of `{metadata.name} {metadata.version}`")
        for requirement in metadata.requires:
            try:
                holds(requirement.bind(VariantContext.none()), self.target.environment)
            except InvalidRequirement as error:
                raise BrokenWheel(filename, f"in its metadata, {error.message}") from None
        return metadata

    def group(self, judged: Judged, place: int) -> frozenset[str]:
        """Return what tells a loaded candidate from those with other requirements."""
        group = judged.groups.get(place)
        if group is None:
            loaded = judged.loaded[place]
            bound = (line.bind(loaded.context) for line in loaded.metadata.requires)
            bonds = self.bonds(judged, place).words
            group = judged.groups[place] = frozenset(map(str, bound)) | bonds
        return group

    def bonds(self, judged: Judged, place: int) -> Bonds:
        """Return what a candidate has to agree on with the rest of the environment."""
        bonds = judged.bonds.get(place)
        if bonds is None:
            label = judged.candidates[place].label
            bonds = NO_BONDS
            if label is not None and label != NULL_LABEL:
                properties = judged.choice.properties.get(label, {})
                bonds = self.bond_reader.read(properties, judged.providers)
            judged.bonds[place] = bonds
        return bonds

    def is_uniform(self, judged: Judged) -> bool:
        """Whether all candidates are known to need the same, without reading them all."""
        if len(judged.candidates) == 1:
            return True
        return (
            self._same_metadata(judged)
            and not any(line.has_variant_markers for line in self._first(judged).metadata.requires)
            and self._same_bonds(judged)
        )

    def common(self, judged: Judged) -> tuple[VariantRequirement, ...]:
        """Return the requirements that all candidates are known to have, whichever it will be."""
        if len(judged.candidates) == 1:
            return self._first(judged).metadata.requires
        if not self._same_metadata(judged):
            return ()
        lines = self._first(judged).metadata.requires
        return tuple(line for line in lines if not line.has_variant_markers)

    def own(self, judged: Judged, place: int) -> tuple[Requirement, ...]:
        """Return the requirements of a loaded candidate that are not common to all."""
        common = set(map(str, self.common(judged)))
        loaded = judged.loaded[place]
        return tuple(
            line.bind(loaded.context)
            for line in loaded.metadata.requires
            if str(line) not in common
        )

    def _same_metadata(self, judged: Judged) -> bool:
        if judged.same_metadata is None:
            digests = {candidate.metadata_digest for candidate in judged.candidates}
            judged.same_metadata = len(digests) == 1 and None not in digests
        return judged.same_metadata

    def _same_bonds(self, judged: Judged) -> bool:
        if judged.same_bonds is None:
            first = self.bonds(judged, 0)
            others = range(1, len(judged.candidates))
            judged.same_bonds = all(self.bonds(judged, place) == first for place in others)
        return judged.same_bonds

    def _first(self, judged: Judged) -> Loaded:
        place = self.best(judged)
        if place is None:
            raise LookupError(judged.release.name)
        return judged.loaded[place]


def _candidates(choice: Choice) -> tuple[Candidate, ...]:
    by_label: dict[str | None, list[Wheel]] = {}
    for judged in choice.ranked:
        by_label.setdefault(judged.wheel.name.label, []).append(judged.wheel)
    return tuple(Candidate(label, tuple(wheels)) for label, wheels in by_label.items())
