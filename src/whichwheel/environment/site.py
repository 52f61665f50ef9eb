"""An environment: the place that one interpreter imports installed packages from."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from whichwheel.environment.boundary import Boundary
from whichwheel.environment.distributions import distributions_in, read_package, tags_of
from whichwheel.environment.errors import EnvironmentNotWritable, ExternallyManaged
from whichwheel.environment.lock_file import holding
from whichwheel.environment.plan import Installed
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.spec.values import dataclass
from whichwheel.target.interpreters.description import Interpreter

if TYPE_CHECKING:
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["LOCK_NAME", "WORK_PREFIX", "Environment"]

#: The file that is locked while an environment changes. It stays, empty: taking a lock file away
#: would let two others each believe that theirs is the one.
LOCK_NAME = ".whichwheel.lock"
#: How the folders begin in which changes are made ready.
WORK_PREFIX = ".whichwheel-change-"


@dataclass(frozen=True, slots=True)
class Environment:
    """What is installed for one interpreter.

    :param interpreter: what the interpreter says of itself
    """

    interpreter: Interpreter
    _seen: "_Seen" = field(
        default_factory=lambda: _Seen(),  # noqa: PLW0108 - it stands further down
        init=False,
        compare=False,
        repr=False,
    )

    @property
    def site_folders(self) -> tuple[Path, ...]:
        """``purelib`` and ``platlib``, once where they are one."""
        paths = self.interpreter.paths
        pure, plat = paths["purelib"], paths["platlib"]
        # On some systems one is a link to the other (`lib64 -> lib`).
        same = pure == plat or os.path.realpath(pure) == os.path.realpath(plat)
        return (pure,) if same else (pure, plat)

    def distributions(self) -> tuple[Installed, ...]:
        """Return every distribution, also where a broken environment has a name twice."""
        folders = self.site_folders
        seen = self._seen.distributions
        if seen is None or self._seen.stamp != _stamp(folders, seen):
            seen = tuple(found for folder in folders for found in distributions_in(folder))
            self._seen.distributions = seen
            self._seen.stamp = _stamp(folders, seen)
        return seen

    def look_anew(self) -> None:
        """Forget what was seen.

        A change within one tick of the file system's clock would not show.
        """
        self._seen.distributions = None

    def installed(self) -> Mapping[NormalizedName, Installed]:
        """Return the distributions by name, in order of name.

        Of two with one name, the ``*.dist-info`` rules over the ``*.egg-info``, then the newer.
        """
        found: dict[NormalizedName, Installed] = {}
        for each in self.distributions():
            other = found.get(each.name)
            if other is None or _weight(each) > _weight(other):
                found[each.name] = each
        return dict(sorted(found.items()))

    def known(self, overlays: "ActiveOverlays | None" = None) -> Mapping[NormalizedName, Installed]:
        """Return the distributions by the name that others depend on them by.

        That is the plain name for a build that stands for it, unless the plain one is there too.

        :param overlays: those that are on, which know what other tools installed as well
        """
        every = self.installed()
        found: dict[NormalizedName, Installed] = {}
        for name, each in every.items():
            known = each if overlays is None else _recognized(each, overlays)
            plain = known.known_as
            if plain != name and (plain in every or plain in found):
                known, plain = replace(each, stand_in=None), name
            found[plain] = known
        return dict(sorted(found.items()))

    def installed_packages(
        self,
        overlays: "ActiveOverlays | None" = None,
        *,
        without: Collection[NormalizedName] = (),
    ) -> Mapping[NormalizedName, InstalledPackage]:
        """Return what the resolver needs to know of each distribution, by name.

        What stands for a plain name is there by its own name too, needing nothing: somebody may
        depend on that.

        :param overlays: as for :meth:`known`
        :param without: those that are left out, by the name that others depend on them by
        """
        found: dict[NormalizedName, InstalledPackage] = {}
        for name, each in self.known(overlays).items():
            if name in without:
                continue
            found[name] = read_package(each)
            if each.name != name:
                found[each.name] = InstalledPackage(each.name, each.version)
        return found

    def check_writable(self, *, break_system_packages: bool = False) -> None:
        """Check that this user may change the environment.

        :param break_system_packages: go on though another tool manages it (PEP 668)
        :raises ExternallyManaged: if another tool manages it
        :raises EnvironmentNotWritable: if one of its folders cannot be written
        """
        explanation = self.interpreter.externally_managed
        if explanation is not None and not break_system_packages:
            raise ExternallyManaged(self.interpreter.prefix, explanation)
        for scheme in ("purelib", "platlib", "scripts"):
            folder = self.interpreter.paths[scheme]
            while not folder.exists() and folder != folder.parent:
                folder = folder.parent
            if not folder.is_dir():
                raise EnvironmentNotWritable(folder, "it is not a folder")
            if not os.access(folder, os.W_OK | os.X_OK):
                raise EnvironmentNotWritable(folder)

    def boundary(self) -> Boundary:
        """Return what tells the environment's files from all others."""
        return Boundary(self.interpreter)

    @property
    def is_unsettled(self) -> bool:
        """Whether a change is going on, or was cut off."""
        try:
            names = os.listdir(self.interpreter.paths["purelib"])  # noqa: PTH208 - speed
        except OSError:
            return False
        return any(name.startswith(WORK_PREFIX) for name in names)

    @contextmanager
    def locked(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the environment, so that two runs do not interleave; may be nested.

        :param waiting: called once if another run holds it for longer than a moment
        :raises EnvironmentNotWritable: if the lock file cannot be made
        """
        folder = self.interpreter.paths["purelib"]
        with ExitStack() as stack:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(holding(folder / LOCK_NAME, waiting))
            except OSError as error:
                raise EnvironmentNotWritable(folder, error.strerror or str(error)) from None
            self.look_anew()
            try:
                yield
            finally:
                self.look_anew()


class _Seen:
    """What was read of an environment, and when its folders had changed last."""

    __slots__ = ("distributions", "stamp")

    def __init__(self) -> None:
        self.distributions: tuple[Installed, ...] | None = None
        self.stamp: list[int] = []


def _stamp(folders: Iterable[Path], distributions: Iterable[Installed]) -> list[int]:
    """Return the times at which anything was added, removed or put in the place of another."""
    stamp = []
    for path in (*folders, *(each.metadata_directory for each in distributions)):
        try:
            stamp.append(os.stat(path).st_mtime_ns)  # noqa: PTH116 - a path of its own costs more
        except OSError:
            stamp.append(-1)
    return stamp


def _weight(installed: Installed) -> tuple[bool, object]:
    return installed.metadata_directory.suffix == ".dist-info", installed.version


def _recognized(installed: Installed, overlays: "ActiveOverlays") -> Installed:
    """Note for what a distribution stands that another tool installed."""
    if installed.stand_in is not None or installed.label is not None or installed.url is not None:
        return installed
    if overlays.of_twin(installed.name) is None:
        return installed
    stand_in = overlays.stand_in(installed.name, installed.version, tags_of(installed))
    if stand_in is None:
        return installed
    return replace(installed, stand_in=stand_in, label=stand_in.label)
