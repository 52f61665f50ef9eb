"""The universes of one search: which versions of which projects come into question."""

from collections.abc import Iterable
from dataclasses import field

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.choose.choice import ReasonKind
from whichwheel.choose.wishes import ProjectWishes
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.requested import public_url
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.resolve.situation import Situation
from whichwheel.resolve.universe import Universe
from whichwheel.sources.release import Project
from whichwheel.spec.values import dataclass

__all__ = ["Learned", "LearnedMore", "Universes"]


class LearnedMore(Exception):
    """The search has to start again, as something new is known."""


@dataclass(slots=True)
class Learned:
    """What one search teaches the next.

    :param thawed: installed projects of which other versions have to be looked at
    :param discarded: installed projects whose copy will not do, even if its version would
    :param prereleases: projects whose pre-releases count like others
    :param asked_prereleases: projects of which a requirement asked for pre-releases
    :param pinned: versions that a requirement pins exactly, which makes them eligible though
        yanked (PEP 592)
    """

    thawed: set[NormalizedName] = field(default_factory=set)
    discarded: set[NormalizedName] = field(default_factory=set)
    prereleases: set[NormalizedName] = field(default_factory=set)
    asked_prereleases: set[NormalizedName] = field(default_factory=set)
    pinned: set[tuple[NormalizedName, Version]] = field(default_factory=set)


class Universes:
    """All projects that a search comes across."""

    def __init__(self, situation: Situation, learned: Learned) -> None:
        self._situation = situation
        self._catalogue = situation.catalogue
        self._options = situation.options
        self._learned = learned
        self._direct = {item.name: item for item in situation.requested if item.wheel is not None}
        self._known: dict[NormalizedName, Universe] = {}
        self._order: dict[NormalizedName, int] = {}
        self._passed_yanked: set[tuple[NormalizedName, Version]] = set()

    def of(self, name: NormalizedName) -> Universe:
        """Return all that may be chosen of a project."""
        universe = self._known.get(name)
        if universe is None:
            universe = self._known[name] = self._make(name)
            self._order[name] = len(self._order)
        return universe

    def near(self, name: NormalizedName) -> list[NormalizedName]:
        """Return projects of a similar name that are there, as far as the search knows."""
        import difflib  # noqa: PLC0415 -- start-up time

        found = {other for other, universe in self._known.items() if universe.versions}
        there = sorted({*found, *self._situation.installed} - {name})
        return [
            NormalizedName(each) for each in difflib.get_close_matches(name, there, cutoff=0.75)
        ]

    def came_up(self, name: NormalizedName) -> int:
        """Return the place of a project in the order in which the search came across them."""
        if name not in self._order:
            self.of(name)
        return self._order[name]

    def seen(self, name: NormalizedName) -> Universe | None:
        """Return a project's universe if the search came across it."""
        return self._known.get(name)

    def _make(self, name: NormalizedName) -> Universe:
        direct = self._direct.get(name)
        if direct is not None and direct.wheel is not None:
            release = self._catalogue.direct(direct.wheel)
            return Universe(name, {release.version: release}, source=release.source)
        installed = self._eligible(name)
        if installed is not None and self._stays_frozen(name):
            return Universe(name, installed=installed, frozen=True)
        project = self._catalogue.project(name)
        if project is None:
            return Universe(name, installed=installed)
        usual = None
        if installed is not None and (
            self._is_discarded(installed, project) or self._is_unwanted(installed, project)
        ):
            usual = installed.version
            installed = None
        return Universe(
            name,
            project.releases,
            source=project.source,
            hidden=project.hidden_by,
            installed=installed,
            usual=usual,
        )

    def _is_discarded(self, installed: InstalledPackage, project: Project) -> bool:
        return installed.name in self._learned.discarded and installed.version in project.releases

    def _stays_frozen(self, name: NormalizedName) -> bool:
        if self._options.looks_anew(name) or name in self._learned.thawed:
            return False
        return self._doubts(name) is None

    def _doubts(self, name: NormalizedName) -> ProjectWishes | None:
        """Return the wishes for a project asked for, if what is installed may not be as wished."""
        wishes = self._options.preferences.wishes.about(name)
        installed = self._situation.installed.get(name)
        if wishes is None or installed is None or name not in self._situation.by_name:
            return None
        return wishes if wishes.may_refuse(installed.label, installed.properties) else None

    def _is_unwanted(self, installed: InstalledPackage, project: Project) -> bool:
        """Whether an installed build is one that the user does not want; its version may stay."""
        wishes = self._doubts(installed.name)
        if wishes is None or installed.name in self._options.rechoose:
            return False
        if wishes.refuse(installed.label, installed.properties):
            return True
        release = project.releases.get(installed.version)
        return release is not None and any(
            reason.kind is ReasonKind.NOT_AS_REQUIRED
            for judged in self._catalogue.judge(release).choice.judgements
            if judged.wheel.name.label == installed.label
            for reason in judged.reasons
        )

    def _eligible(self, name: NormalizedName) -> InstalledPackage | None:
        """Return what is installed of a project, unless the user wants another variant."""
        installed = self._situation.installed.get(name)
        if installed is None or name in self._options.displaced:
            return None
        preferences = self._options.preferences
        picked = preferences.labels.get(name)
        if picked is not None and installed.label != picked:
            return None
        unwanted = not preferences.variants and installed.label is not None
        return None if unwanted and name in self._situation.by_name else installed

    def fetch_ahead(self, requirements: Iterable[Requirement]) -> None:
        """Start fetching what requirements will probably lead to; never raises."""
        self._situation.ahead.start(requirements, self._is_looked_up)

    def _is_looked_up(self, name: NormalizedName) -> bool:
        """Whether more of a project is looked at than what is installed or named by itself."""
        return name not in self._direct and not (
            self._stays_frozen(name) and self._eligible(name) is not None
        )

    def allowed(self, requirement: Requirement) -> Positions:
        """Return the places of the versions that a requirement allows.

        :raises LearnedMore: if it makes a version eligible that was passed over
        """
        name = canonicalize_name(requirement.name)
        universe = self.of(name)
        if requirement.url is not None:
            return self._allowed_by_url(requirement.url, universe)
        if not universe.frozen:
            self._note_pin(requirement.specifier, universe)
        admitted = self._options.prereleases or name in self._learned.prereleases
        places = universe.matching(requirement.specifier, prereleases=admitted)
        if requirement.specifier.prereleases or universe.is_prerelease_only(places):
            self._learned.asked_prereleases.add(name)
        return places

    def _allowed_by_url(self, url: str, universe: Universe) -> Positions:
        """Allow a wheel by URL only if the user named the same, or it may be what is installed.

        Otherwise the metadata of a package could send us to any machine.
        """
        direct = self._direct.get(universe.name)
        if universe.frozen:
            return universe.known
        if direct is not None and direct.wheel is not None:
            same = direct.wheel.public == public_url(url)
            return universe.known if same else Positions.empty()
        return Positions.empty()

    def _note_pin(self, specifier: SpecifierSet, universe: Universe) -> None:
        exact = any(
            clause.operator in ("==", "===") and not clause.version.endswith(".*")
            for clause in specifier
        )
        if not exact:
            return
        for place in universe.matching(specifier, prereleases=True).lowest_first():
            pin = universe.name, universe.versions[place]
            if universe.is_yanked(place) and pin not in self._learned.pinned:
                self._learned.pinned.add(pin)
                if pin in self._passed_yanked:
                    raise LearnedMore

    def may_be_yanked(self, universe: Universe, place: int) -> bool:
        """Whether a version may be taken though it was yanked (PEP 592)."""
        if universe.name in self._direct:
            return True
        pinned = self._learned.pinned
        return bool(pinned) and (universe.name, universe.versions[place]) in pinned

    def pass_yanked(self, universe: Universe, place: int) -> None:
        """Note that a yanked version was passed over, as nothing pinned it so far."""
        self._passed_yanked.add((universe.name, universe.versions[place]))

    def thaw(self, names: Iterable[NormalizedName]) -> None:
        """Look at other versions of installed projects.

        :raises LearnedMore: if there are any that were not looked at
        """
        frozen = {name for name in names if self.of(name).frozen}
        if frozen:
            self._learned.thawed |= frozen
            raise LearnedMore

    def reconsider(self, names: set[NormalizedName]) -> None:
        """Widen what can be widened before a failure over these projects counts.

        :raises LearnedMore: if there is something to try again with
        """
        self.thaw(names)
        # What is installed may need other things than the same version as it is offered now.
        stale = {
            name
            for name in names
            if (universe := self.of(name)).installed_at is not None
            and universe.release(universe.installed_at) is not None
        }
        if stale:
            self._learned.discarded |= stale
            raise LearnedMore
        asked = (names & self._learned.asked_prereleases) - self._learned.prereleases
        if asked:
            self._learned.prereleases |= asked
            raise LearnedMore
