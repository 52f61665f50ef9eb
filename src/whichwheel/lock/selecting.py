"""What a lock gives one machine: which entries, and of each which wheel."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from whichwheel.lock.document import BY_VARIANT, Lock, LockedPackage, digest_of
from whichwheel.lock.errors import InvalidLock, LockDoesNotServe, NotInLock
from whichwheel.lock.locked_sources import LockedSources, UnpackedMetadata
from whichwheel.resolve.failures import ResolutionFailed
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import Requested, WheelLocation
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.sources.addresses import file_path
from whichwheel.sources.ports import Sources
from whichwheel.spec.markers import InvalidRequirement
from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import shown
from whichwheel.target.target import Target

__all__ = ["Selected", "select"]

_NOT_BUILT = {
    "sdist": "a source distribution",
    "vcs": "a version control system",
    "directory": "a folder of sources",
    "archive": "an archive that is no wheel",
}


@dataclass(frozen=True, slots=True)
class Selected:
    """What a lock gives one machine.

    :param resolution: the wheels
    :param sources: where they are fetched from, checked on the way
    """

    resolution: Resolution
    sources: LockedSources

    @property
    def digest(self) -> str:
        """What is the same for two machines only if they get the same files."""
        return digest_of(pin.wheel.file.filename for pin in self.resolution.pins)


def select(  # noqa: PLR0913 -- each says one thing that only the caller knows
    lock: Lock,
    *,
    target: Target,
    sources: Sources | None,
    options: ResolveOptions,
    installed: Mapping[NormalizedName, InstalledPackage] | None = None,
    extras: frozenset[str] = frozenset(),
    groups: frozenset[str] = frozenset(),
    unpacked: UnpackedMetadata | None = None,
) -> Selected:
    """Choose from a lock for one machine (PEP 751, Installation; PEP 825, Variant ordering).

    Nothing is fetched, unless builds of the lock need different things: then the wheels that may
    be chosen are asked for their requirements.

    :param sources: what fetches the files
    :param installed: what is installed, binds the choice and is not in the lock
    :param extras: those asked for
    :param groups: the dependency groups asked for, beside the default ones
    :param unpacked: the core metadata of wheels on this machine
    :raises NotInLock: if it has not all extras and groups that are asked for
    :raises LockDoesNotServe: if the lock is not for this target, or has nothing that fits it
    :raises InvalidLock: if it holds what cannot be installed from
    """
    _check_target(lock, target)
    _check_there(lock, "extra", extras, lock.extras or ())
    # Ours is no group that anybody asks for.
    known = (*(lock.dependency_groups or ()), *lock.default_groups)
    _check_there(lock, "group", groups, [name for name in known if name != BY_VARIANT])
    applying = _applying(lock, target, extras, frozenset(lock.default_groups) | groups)
    _check_sources(lock, applying)
    counted = Counter(package.name for package in applying)
    several = {name for name, count in counted.items() if count > 1}
    _check_ambiguous(lock, applying, several, target)
    asks = bool(several) or BY_VARIANT in lock.default_groups
    locked = LockedSources(applying, lock.path.name, sources, unpacked=unpacked, requirements=asks)
    wanted = _wanted(applying)
    try:
        resolution = resolve(
            [_request(package, alone=package.name not in several) for package in wanted],
            target=target,
            sources=locked,
            options=replace(
                options,
                prereleases=True,
                reinstall=True,
                upgrade=False,
                upgrade_packages=frozenset(),
            ),
            installed=installed or {},
        )
    except ResolutionFailed as error:
        raise LockDoesNotServe(lock.path, target.name, error.message) from error
    return Selected(_with_requests(resolution, lock), locked)


def _check_target(lock: Lock, target: Target) -> None:
    wanted, found = lock.requires_python, target.python_version
    if wanted is not None and not SpecifierSet(wanted).contains(found, prereleases=True):
        why = f"it is for Python `{wanted}`, and here is {found}"
        raise LockDoesNotServe(lock.path, target.name, why)
    if not lock.environments:
        return
    if not any(Marker(text).evaluate(dict(target.environment)) for text in lock.environments):
        listed = " or ".join(f"`{text}`" for text in lock.environments)
        raise LockDoesNotServe(lock.path, target.name, f"it is for environments with {listed}")


def _check_there(lock: Lock, kind: str, names: Iterable[str], known: Sequence[str]) -> None:
    missing = sorted(frozenset(names) - frozenset(known))
    if missing:
        raise NotInLock(lock.path, kind, missing, tuple(dict.fromkeys(known)))


def _applying(
    lock: Lock, target: Target, extras: frozenset[str], groups: frozenset[str]
) -> list[LockedPackage]:
    applying = []
    for package in lock.packages:
        try:
            if not package.applies(target.environment, extras, groups):
                continue
        except (UndefinedComparison, UndefinedEnvironmentName, InvalidRequirement) as error:
            why = f"package `{package.name}`: its marker has no value: {shown(str(error))}"
            raise InvalidLock(lock.path, [why]) from None
        if not package.fits_python(target.python_version):
            why = (
                f"`{package.name} {package.version or ''}`".replace(" `", "`")
                + f" is for Python `{package.requires_python}`, and here is {target.python_version}"
            )
            raise LockDoesNotServe(lock.path, target.name, why)
        applying.append(package)
    return applying


def _check_sources(lock: Lock, packages: Iterable[LockedPackage]) -> None:
    faults = []
    for package in packages:
        if package.wheels or package.archive is not None:
            continue
        kind = next((word for key, word in _NOT_BUILT.items() if key in package.source), "nothing")
        faults.append(f"package `{package.name}` is locked as {kind}")
    if faults:
        raise InvalidLock(
            lock.path,
            faults,
            hint="whichwheel installs wheels only: build one and lock that, or leave the project "
            "itself out of the lock (`uv export --no-emit-project`)",
        )


def _check_ambiguous(
    lock: Lock, packages: Sequence[LockedPackage], several: set[NormalizedName], target: Target
) -> None:
    """Refuse two entries of one name, unless builds can tell which of them is needed."""
    if several and not any(package.metadata is not None for package in packages):
        listed = ", ".join(f"`{name}`" for name in sorted(several))
        why = f"it has more than one entry of {listed} for {target.name}"
        raise InvalidLock(lock.path, [why])


def _wanted(
    packages: Iterable[LockedPackage],
) -> Iterator[LockedPackage]:
    """Yield what is needed whichever builds are chosen, each project once."""
    seen: set[NormalizedName] = set()
    for package in packages:
        if package.is_by_variant or package.name in seen:
            continue
        seen.add(package.name)
        yield package


def _request(package: LockedPackage, *, alone: bool) -> Requested:
    if package.archive is not None and not package.wheels:
        file, name = package.archive.file, package.archive.name
        location = WheelLocation(name, file_path(file.url), file.url, file.hashes)
        requirement = Requirement(f"{package.name}=={name.version}")
        return Requested(str(requirement), package.name, requirement, location)
    version = package.version
    pinned = alone and version is not None
    requirement = Requirement(f"{package.name}=={version}" if pinned else package.name)
    return Requested(str(requirement), package.name, requirement)


def _with_requests(resolution: Resolution, lock: Lock) -> Resolution:
    """Mark what somebody asked for, as far as the lock says it; else everything was."""
    if lock.inputs is None:
        return resolution
    asked = set()
    for text in lock.inputs.requirements:
        name = _name_of(text)
        if name is not None:
            asked.add(name)
    pins = tuple(replace(pin, requested=pin.name in asked) for pin in resolution.pins)
    return replace(resolution, pins=pins)


def _name_of(text: str) -> NormalizedName | None:
    from whichwheel.resolve.requested import parse_requested  # noqa: PLC0415 -- in its module
    from whichwheel.spec.errors import WhichwheelError  # noqa: PLC0415 -- as above

    try:
        return parse_requested(text).name
    except WhichwheelError:
        last = urlsplit(text).path.rpartition("/")[2]
        return NormalizedName(last.partition("-")[0]) if last else None
