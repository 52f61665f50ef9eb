"""Make a lock for several targets, or find that the one there is still holds."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.lock.document import (
    BY_VARIANT,
    Lock,
    LockedPackage,
    LockedTarget,
    LockInputs,
    digest_of,
)
from whichwheel.lock.errors import CannotLock
from whichwheel.lock.fingerprints import machine_digest, options_digest
from whichwheel.lock.reading import content_digest
from whichwheel.lock.writing import lock_text
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolution import ResolutionWarning
from whichwheel.sources.ports import Sources
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.lock.locked_sources import UnpackedMetadata
    from whichwheel.lock.selecting import Selected

__all__ = ["Locked", "lock_targets"]


@dataclass(frozen=True, slots=True)
class Locked:
    """A lock, and what it gives each target.

    :param selected: by target, in their order; empty if nobody had to look
    :param unchanged: whether the earlier lock still holds, and nothing was asked
    """

    lock: Lock
    targets: tuple[str, ...]
    selected: Mapping[str, "Selected"]
    unchanged: bool = False
    warnings: Mapping[str, Sequence[ResolutionWarning]] = field(default_factory=dict)


def lock_targets(  # noqa: PLR0913 -- each says one thing that only the caller knows
    requests: Sequence[Requested],
    targets: Sequence[Target],
    *,
    path: Path,
    sources: Sources,
    options: ResolveOptions,
    previous: Lock | None = None,
    everything: bool = False,
    unpacked: "UnpackedMetadata | None" = None,
    look: bool = True,
) -> Locked:
    """Make one lock that serves every target.

    What an earlier lock has of a project stays, version and files, unless it is upgraded or
    cannot stay. Targets agree on versions wherever they can; the first has the first say.

    :param path: where the lock will lie
    :param options: ``upgrade`` and ``upgrade_packages`` say what does not stay
    :param previous: the earlier lock
    :param everything: whether every build of each release is to be in it
    :param unpacked: the core metadata of wheels on this machine
    :param look: whether to say what each target gets even if nothing changed
    :raises CannotLock: if some target is served by nothing; it tells of each
    :raises SourceError: if a source fails
    """
    maker = _Maker(requests, targets, path, sources, options, previous, everything=everything)
    maker.unpacked = unpacked
    return maker.still_holds(look=look) or maker.make()


class _Maker:
    def __init__(  # noqa: PLR0913, PLR0917 -- as above
        self,
        requests: Sequence[Requested],
        targets: Sequence[Target],
        path: Path,
        sources: Sources,
        options: ResolveOptions,
        previous: Lock | None,
        *,
        everything: bool,
    ) -> None:
        self._requests = requests
        self._targets = targets
        self._path = path
        self._sources = sources
        self._options = options
        self._previous = previous
        self._everything = everything
        self.unpacked: UnpackedMetadata | None = None
        self._texts = tuple(request.text for request in requests)
        self._digest = options_digest(options)
        self._found: dict[str, str] = {}
        self._names = tuple(target.name for target in targets)
        self._same = self._same_inputs()

    def _same_inputs(self) -> bool:
        """Whether the earlier lock was made for the same machines and wishes."""
        previous = self._previous
        if previous is None or previous.inputs is None:
            return False
        inputs = previous.inputs
        if (inputs.options, inputs.everything) != (self._digest, self._everything):
            return False
        known = {each.name: each.machine for each in inputs.targets}
        if list(known) != [target.name for target in self._targets]:
            return False
        packages = previous.packages
        return all(
            known[target.name] == machine_digest(target, packages) for target in self._targets
        )

    def still_holds(self, *, look: bool) -> Locked | None:
        """Return the earlier lock if nothing that it was made from changed.

        Where somebody edited it, it still holds if every target gets the same of it.
        """
        previous, options = self._previous, self._options
        if previous is None or previous.inputs is None or not self._same:
            return None
        if options.upgrade or options.upgrade_packages:
            return None
        inputs = previous.inputs
        if inputs.requirements != self._texts:
            return None
        selected: dict[str, Selected] = {}
        if look or inputs.content != previous.content:
            gets = {each.name: each.gets for each in inputs.targets}
            for target in self._targets:
                try:
                    found = self._select(previous, target)
                except WhichwheelError:
                    return None
                if found.digest != gets[target.name]:
                    return None
                selected[target.name] = found
        lock = replace(previous, path=self._path)
        return Locked(lock, self._names, selected, unchanged=True)

    def _select(self, lock: Lock, target: Target) -> "Selected":
        from whichwheel.lock.selecting import select  # noqa: PLC0415 -- start-up speed

        return select(
            lock,
            target=target,
            sources=self._sources,
            options=self._options,
            unpacked=self.unpacked,
        )

    def make(self) -> Locked:
        """Make a lock.

        :raises CannotLock: if some target is served by nothing
        """
        # Here and not above: a lock that still holds needs none of this.
        from whichwheel.lock.agreeing import TargetByTarget  # noqa: PLC0415
        from whichwheel.lock.gathering import Gathering  # noqa: PLC0415
        from whichwheel.lock.merging import merge  # noqa: PLC0415
        from whichwheel.lock.narrowing import KeptReleases  # noqa: PLC0415
        from whichwheel.lock.needs import Needs  # noqa: PLC0415

        staying = self._staying()
        # Files stay as they are only where the same machines would get the same of them.
        kept = KeptReleases(staying if self._same else (), self._path.name)
        needs = Needs(self._sources)
        agreeing = TargetByTarget(self._requests, self._sources, self._options, kept, needs)
        gathering = Gathering(agreeing, everything=self._everything)
        failures: list[tuple[str, WhichwheelError]] = []
        warnings = {}
        for target in self._targets:
            try:
                found = gathering.add(target, self._versions_of(target, staying))
            except WhichwheelError as error:
                failures.append((target.name, error))
            else:
                warnings[target.name] = found.warnings
                files = (pin.wheel.file.filename for pin in found.pins)
                self._found[target.name] = digest_of(files)
        if failures:
            raise CannotLock(failures)
        gathering.add_other_builds()
        gathering.read_lines()
        draft = merge(
            gathering, self._targets, self._requests, self._sources, self._path, self._previous
        )
        lock, selected = self._finish(draft)
        return Locked(lock, self._names, selected, warnings=warnings)

    def _staying(self) -> tuple[LockedPackage, ...]:
        previous, options = self._previous, self._options
        if previous is None or options.upgrade:
            return ()
        return tuple(
            package
            for package in previous.packages
            if package.name not in options.upgrade_packages and package.version is not None
        )

    def _versions_of(
        self, target: Target, staying: Sequence[LockedPackage]
    ) -> dict[NormalizedName, Version]:
        """Return the versions that a target got by the earlier lock, and that stay."""
        if not staying or self._previous is None:
            return {}
        names = {package.name for package in staying}
        versions = {
            package.name: package.version for package in staying if package.version is not None
        }
        try:
            found = self._select(self._previous, target)
        except WhichwheelError:
            return versions  # it did not serve this target
        return versions | {
            pin.name: pin.version for pin in found.resolution.pins if pin.name in names
        }

    def _finish(self, draft: Lock) -> tuple[Lock, Mapping[str, "Selected"]]:
        """Choose for every target from the finished lock, and note what it gets."""
        selected = {target.name: self._select(draft, target) for target in self._targets}
        if any(each.digest != self._found[name] for name, each in selected.items()):
            # What a build needs keeps a target from taking it: the wheels have to be asked.
            draft = replace(draft, default_groups=(BY_VARIANT,))
            selected = {target.name: self._select(draft, target) for target in self._targets}
        inputs = LockInputs(
            self._texts,
            tuple(
                LockedTarget(
                    target.name,
                    machine_digest(target, draft.packages),
                    selected[target.name].digest,
                )
                for target in self._targets
            ),
            everything=self._everything,
            options=self._digest,
            content=content_digest(tomllib.loads(lock_text(draft))),
        )
        return replace(draft, inputs=inputs), selected
