"""The overlays that are on for one run."""

from collections.abc import Collection, Iterable, Mapping

from packaging.tags import Tag
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.overlays.matching import first_match, public_version
from whichwheel.sources.overlays.overlay import Overlay
from whichwheel.sources.overlays.overlay_reading import ShippedOverlays
from whichwheel.sources.overlays.stand_in import StandIn

__all__ = ["ActiveOverlays"]


class ActiveOverlays:
    """Finds the overlay of a project; a shipped one is read when it is asked for.

    :param own: those of the user, of which the last one about a project counts
    :param shipped: those that come with the package; None for none of them
    :param enabled: shipped ones that are on though they are not marked as safe
    :param disabled: projects whose overlay is off
    :param as_variant: projects whose builds become variant wheels of the plain name; None for all
    """

    def __init__(
        self,
        own: Iterable[Overlay] = (),
        *,
        shipped: ShippedOverlays | None = None,
        enabled: Collection[NormalizedName] = (),
        disabled: Collection[NormalizedName] = (),
        as_variant: Collection[NormalizedName] | None = (),
    ) -> None:
        self._own: Mapping[NormalizedName, Overlay] = {each.project: each for each in own}
        self._shipped = shipped
        self._enabled = frozenset(enabled)
        self._disabled = frozenset(disabled)
        self._as_variant = as_variant
        self._asked: set[NormalizedName] = set()
        self._aside: set[NormalizedName] = set()

    def ask_for(self, name: NormalizedName) -> None:
        """Take only the builds of a project that has another name than the plain one."""
        self._asked.add(name)

    def make_variants(self, project: NormalizedName) -> None:
        """Let the builds of a project become variant wheels of it."""
        if self._as_variant is not None:
            self._as_variant = {*self._as_variant, project}

    def step_aside(self, project: NormalizedName) -> None:
        """Leave a project as it is."""
        self._aside.add(project)

    def about(self, project: NormalizedName) -> Overlay | None:
        """Return the overlay of a plain name, None if there is none that is on."""
        if project in self._disabled or project in self._aside:
            return None
        own = self._own.get(project)
        if own is not None:
            return own
        if self._shipped is None or project not in self._shipped:
            return None
        return self._if_on(self._shipped[project])

    def of_twin(self, name: NormalizedName) -> Overlay | None:
        """Return the overlay of which a project is a build, or the plain one; None if none is."""
        found = self.about(name)
        if found is not None:
            return found
        for overlay in self._own.values():
            if name in overlay.twins:
                return self.about(overlay.project)
        for overlay in () if self._shipped is None else self._shipped.mentioning(name):
            if overlay.project not in self._own and self.about(overlay.project) is not None:
                return overlay
        return None

    def was_asked_for(self, overlay: Overlay) -> bool:
        """Whether the user turned an overlay on, or wrote it."""
        return overlay.project in self._own or overlay.project in self._enabled

    def _if_on(self, overlay: Overlay) -> Overlay | None:
        return overlay if overlay.safe or overlay.project in self._enabled else None

    def asked_of(self, overlay: Overlay) -> frozenset[NormalizedName]:
        """Return the projects whose builds alone are to be taken; none if all may be."""
        return frozenset(self._asked.intersection(overlay.twins))

    def contested(
        self, new: Iterable[NormalizedName], present: Iterable[NormalizedName]
    ) -> Mapping[NormalizedName, NormalizedName]:
        """Return the builds that are wanted by their own names beside the plain one.

        :param new: what is to be installed
        :param present: what is to be installed or stays
        :returns: the build to take for both, by the plain name; where there are several builds,
            none will do for all
        """
        there = frozenset(present)
        found: dict[NormalizedName, set[NormalizedName]] = {}
        for name in new:
            overlay = self.of_twin(name)
            if overlay is not None and name != overlay.project and overlay.project in there:
                found.setdefault(overlay.project, set()).add(name)
        return {plain: builds.pop() for plain, builds in found.items() if len(builds) == 1}

    def overwriting(
        self, present: Iterable[NormalizedName]
    ) -> Mapping[NormalizedName, tuple[NormalizedName, ...]]:
        """Return what overwrites each other's files, by the plain name: two or more of each.

        :param present: the names of distributions
        """
        there = frozenset(present)
        found = {}
        for name in there:
            overlay = self.of_twin(name)
            if overlay is not None:
                twins = tuple(twin for twin in overlay.twins if twin in there)
                if len(twins) > 1:
                    found[overlay.project] = twins
        return dict(sorted(found.items()))

    def becomes_variant(self, project: NormalizedName) -> bool:
        """Whether builds under other names become variant wheels of the plain one."""
        return self._as_variant is None or project in self._as_variant

    def stand_in(
        self, name: NormalizedName, version: Version, tags: Iterable[Tag]
    ) -> StandIn | None:
        """Say what an installed distribution is, None if it is only itself.

        :param tags: those of its wheel
        """
        overlay = self.of_twin(name)
        if overlay is None:
            return None
        match = first_match(overlay, name, version, tags)
        if match is None or match.build.also_plain:
            return None
        public = public_version(version)
        by_name = match.build.by_hand
        return StandIn(overlay.project, public, match.label, match.properties, by_name=by_name)
