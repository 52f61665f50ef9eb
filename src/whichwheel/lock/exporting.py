"""What a lock gives one machine, in files for tools that know nothing of variants."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from whichwheel.lock.document import Lock, LockedPackage
from whichwheel.lock.selecting import Selected
from whichwheel.lock.surroundings import environments_of, python_of, surroundings_of
from whichwheel.resolve.resolution import Pin
from whichwheel.sources.hashes import strongest
from whichwheel.sources.release import Wheel
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.target import Target

__all__ = ["CannotExport", "copy_wheels", "export_lock", "export_requirements"]


class CannotExport(WhichwheelError):
    """Other tools refuse the file names of variant wheels, wherever they are.

    :param filenames: the wheels that it is about
    """

    def __init__(self, filenames: Sequence[str]) -> None:
        listed = ", ".join(f"`{name}`" for name in filenames)
        super().__init__(
            f"tools that know no variants refuse these file names: {listed}",
            hint="`--wheels DIR` puts copies there under names that every tool takes; "
            "or `--format pylock`, where a wheel can have another name than its URL",
        )
        self.filenames = tuple(filenames)


def copy_wheels(selected: Selected, folder: Path) -> Selected:
    """Put the chosen variant wheels into a folder under plain names, and point at them there.

    Their bytes, and so their hashes, stay the same.

    :raises SourceError: if one cannot be fetched
    :raises CannotWriteLock: if the folder cannot be written
    """
    from whichwheel.lock.storing import CannotWriteLock  # noqa: PLC0415 -- only where it is needed

    pins = []
    for pin in selected.resolution.pins:
        if pin.wheel.name.label is None:
            pins.append(pin)
            continue
        fetched = selected.sources.fetch(pin.wheel.file)
        name = pin.wheel.name.with_label(None)
        place = folder / name.filename
        try:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fetched, place)
        except OSError as error:
            raise CannotWriteLock(place, error.strerror or str(error)) from None
        file = replace(pin.wheel.file, filename=name.filename, url=place.absolute().as_uri())
        pins.append(replace(pin, wheel=Wheel(file, name)))
    return replace(selected, resolution=replace(selected.resolution, pins=tuple(pins)))


def export_requirements(lock: Lock, selected: Selected) -> str:
    """Return pins with hashes as a pip-style requirements file.

    What comes from an index is pinned by version, with the hashes of all its wheels in the lock
    that are no variants; what was chosen as a variant, or lies anywhere else, by URL.

    :raises CannotExport: if a wheel has a file name that other tools refuse
    """
    refused = [pin.wheel.file.filename for pin in selected.resolution.pins if _label(pin)]
    if refused:
        raise CannotExport(refused)
    lines = []
    for pin in selected.resolution.pins:
        package = lock.by_key.get((pin.name, pin.version))
        if package is not None and _is_ordinary(package):
            digests = [_hash(wheel) for wheel in package.wheels]
            first = f"{pin.name}=={pin.version}"
        else:
            digests = [_hash(pin.wheel)]
            first = f"{pin.name} @ {pin.wheel.file.url}"
        lines.append(" \\\n    ".join([first, *sorted(dict.fromkeys(digests))]))
    return "".join(f"{line}\n" for line in lines)


def _is_ordinary(package: LockedPackage) -> bool:
    """Whether an index has nothing but plain wheels of a package."""
    return package.index is not None and all(each.name.label is None for each in package.wheels)


def _label(pin: Pin) -> str | None:
    return pin.wheel.name.label


def _hash(wheel: Wheel) -> str:
    best = strongest(wheel.file.hashes)
    if best is None:
        raise ValueError(wheel)
    return f"--hash={best[0]}:{best[1]}"


def export_lock(lock: Lock, selected: Selected, target: Target, path: Path) -> Lock:
    """Return a lock without variants that gives one machine the same files.

    A variant wheel keeps its URL and has a plain name, which PEP 751 lets differ.

    :param path: where it will lie
    """
    here = surroundings_of(target)
    return Lock(
        path=path,
        packages=tuple(_packages(lock, selected.resolution.pins)),
        requires_python=python_of([here]),
        environments=environments_of([here]),
    )


def _packages(lock: Lock, pins: Iterable[Pin]) -> Iterable[LockedPackage]:
    for pin in pins:
        package = lock.by_key.get((pin.name, pin.version))
        name: WheelName = pin.wheel.name
        if name.label is not None:
            name = name.with_label(None)
        wheel = Wheel(replace(pin.wheel.file, filename=name.filename), name)
        if pin.direct_url is not None:
            yield LockedPackage(pin.name, pin.version, archive=wheel)
            continue
        yield LockedPackage(
            pin.name,
            pin.version,
            wheels=(wheel,),
            requires_python=None if package is None else package.requires_python,
            index=None if package is None else package.index,
        )
