"""What has to change for an environment to hold a resolution, or to lose some packages."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from whichwheel.environment.errors import NotInstalled
from whichwheel.environment.plan import Installed, Plan, Replacement
from whichwheel.environment.site import Environment
from whichwheel.resolve.resolution import DirectUrl, Pin, Resolution
from whichwheel.sources.addresses import file_path

if TYPE_CHECKING:
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["check_installed", "make_plan", "plan_removal"]


def make_plan(
    resolution: Resolution,
    environment: Environment,
    *,
    reinstall: frozenset[NormalizedName] = frozenset(),
    exact: bool = False,
    overlays: "ActiveOverlays | None" = None,
) -> Plan:
    """Compare a resolution with what is installed.

    A package stays if its name, version and variant label are those of its pin; one that the
    user named by path or URL only if it also came from there and the file is still the same.

    :param reinstall: packages to put anew even so
    :param exact: remove what the resolution does not name; what a legacy tool installed
        (``*.egg-info``) stays, as nobody knows its files
    :param overlays: those that are on: of the projects that stand for each other, one stays
    """
    installed = environment.known(overlays)
    twins = _Twins(resolution, environment.installed(), overlays)
    add: list[Pin] = []
    replace: list[Replacement] = []
    gone: list[Installed] = []
    keep: dict[NormalizedName, Installed] = {
        kept.name: installed[kept.name] for kept in resolution.kept if kept.name in installed
    }
    for pin in twins.distinct():
        old = installed.get(pin.name)
        others = twins.beside(pin, old)
        stays = twins.standing_in(pin)
        if stays is not None:
            keep[stays.known_as] = stays
            continue
        old = old or (others.pop(0) if others else None)
        gone += others
        if old is None:
            add.append(pin)
        elif pin.name not in reinstall and not others and _is_same(old, pin):
            keep[pin.name] = old
        else:
            replace.append(Replacement(old, pin))
    named = {pin.name for pin in resolution.pins} | keep.keys()
    going = {each.metadata_directory for each in gone}
    remove = [
        each
        for name, each in installed.items()
        if name not in named
        and each.metadata_directory.suffix == ".dist-info"
        and each.metadata_directory not in going
    ]
    return Plan(
        add=tuple(sorted(add, key=lambda pin: pin.name)),
        remove=(*gone, *remove) if exact else tuple(gone),
        replace=tuple(sorted(replace, key=lambda each: each.new.name)),
        keep=tuple(each for _, each in sorted(keep.items())),
        warnings=resolution.warnings,
        agreed=resolution.agreed,
    )


class _Twins:
    """The installed distributions that overwrite each other's files, by overlays.

    What the resolution names as itself stays.
    """

    def __init__(
        self,
        resolution: Resolution,
        installed: Mapping[NormalizedName, Installed],
        overlays: "ActiveOverlays | None",
    ) -> None:
        self._pins = resolution.pins
        self._installed = installed
        self._overlays = overlays
        self._named = {pin.wheel.own.name for pin in resolution.pins}
        self._named |= {kept.name for kept in resolution.kept}

    def distinct(self) -> list[Pin]:
        """Return the pins; of one wheel, by its own name and for the plain one, the latter."""
        standing = {
            (pin.wheel.own.name, pin.wheel.own.version)
            for pin in self._pins
            if pin.wheel.own.name != pin.name
        }
        return [
            pin
            for pin in self._pins
            if pin.wheel.own.name != pin.name or (pin.name, pin.version) not in standing
        ]

    def standing_in(self, pin: Pin) -> Installed | None:
        """Return what was asked for as itself, and is there as what stands for a plain name."""
        own = pin.wheel.own
        found = self._installed.get(own.name)
        if found is None or found.stand_in is None or found.known_as == pin.name:
            return None
        return found if found.version == own.version else None

    def beside(self, pin: Pin, old: Installed | None) -> list[Installed]:
        """Return what else is there of a project, apart from ``old``."""
        presented = pin.wheel.presented
        twins: tuple[NormalizedName, ...] = () if presented is None else presented.twins
        if presented is None and self._overlays is not None:
            overlay = self._overlays.about(pin.name)
            twins = () if overlay is None else overlay.twins
        own = pin.wheel.own.name
        names = dict.fromkeys((own, *twins))
        found = [self._installed[name] for name in names if name in self._installed]
        return [
            each
            for each in found
            if (old is None or each.metadata_directory != old.metadata_directory)
            and (each.name == own or each.name not in self._named)
        ]


def _is_same(old: Installed, pin: Pin) -> bool:
    own, label = pin.wheel.own, pin.wheel.name.label
    same = (old.name, old.version, old.label) == (own.name, own.version, label)
    return same and (pin.direct_url is None or _is_same_file(old, pin.direct_url))


def _is_same_file(old: Installed, direct: DirectUrl) -> bool:
    if (old.url, old.subdirectory or "") != (direct.url, direct.subdirectory):
        return False
    if direct.editable is not None:
        return False  # a folder may have changed since
    if direct.commit is not None or old.commit is not None:
        return direct.commit == old.commit
    wanted = direct.hashes.get("sha256")
    path = file_path(direct.url)
    if wanted is None and path is not None:
        # Built anew since: what lies there now is what the user means.
        with path.open("rb") as file:
            wanted = hashlib.file_digest(file, "sha256").hexdigest()
    return wanted is None or wanted == old.archive_sha256


def plan_removal(
    names: Iterable[NormalizedName],
    environment: Environment,
    overlays: "ActiveOverlays | None" = None,
) -> Plan:
    """Return the plan that removes some packages and touches nothing else.

    :param names: each may be named more than once, by the plain name that it stands for, or by
        the name that it had before it was rewritten
    :param overlays: those that are on, which know for what installed packages stand
    :raises NotInstalled: naming every one that is not there, with names that look alike
    """
    known = environment.known(overlays)
    every = {each.rewritten.project: each for each in known.values() if each.rewritten is not None}
    every |= {**known, **{each.name: each for each in known.values()}}
    wanted = tuple(dict.fromkeys(names))
    check_installed(wanted, every)
    found = {every[name].name: every[name] for name in sorted(wanted)}
    return Plan(remove=tuple(found.values()))


def check_installed(
    names: Iterable[NormalizedName], installed: Mapping[NormalizedName, Installed]
) -> None:
    """Check that packages are there.

    :raises NotInstalled: naming every one that is not, with names that look alike
    """
    missing = tuple(name for name in names if name not in installed)
    if missing:
        from difflib import get_close_matches  # noqa: PLC0415 - only to be helpful

        raise NotInstalled(
            missing,
            {name: tuple(get_close_matches(name, installed, 3, 0.75)) for name in missing},
        )
