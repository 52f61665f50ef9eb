"""Everything that an install needs, fetched, unpacked and checked before anything changes."""

from collections.abc import Sequence
from dataclasses import replace

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from whichwheel.environment.wheel_cache import UnpackedWheel, WheelCache
from whichwheel.resolve.resolution import Pin
from whichwheel.sources.errors import BrokenWheel
from whichwheel.sources.own_variants import check_own_variants, read_wheel_metadata
from whichwheel.sources.ports import Progress, Sources
from whichwheel.spec.metadata import InvalidMetadata
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass
from whichwheel.spec.wheel_name import WheelName

__all__ = ["Prepared", "prepare"]

_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Prepared:
    """A wheel that lies unpacked in the cache and is what the resolution said."""

    pin: Pin
    wheel: UnpackedWheel


def prepare(
    pins: Sequence[Pin], sources: Sources, cache: WheelCache, progress: Progress | None = None
) -> tuple[Prepared, ...]:
    """Fetch and unpack wheels side by side; one whose hash the cache knows is not fetched.

    :param progress: called from several threads
    :return: in the order of ``pins``
    :raises SourceError: if a wheel cannot be had, or is broken, or is not what was promised
    """
    if len(pins) < 2:  # noqa: PLR2004
        return tuple(_prepare(pin, sources, cache, progress) for pin in pins)
    from concurrent.futures import ThreadPoolExecutor, as_completed  # noqa: PLC0415 - slow

    pool = ThreadPoolExecutor(min(_WORKERS, len(pins)), "prepare")
    futures = [pool.submit(_prepare, pin, sources, cache, progress) for pin in pins]
    try:
        for future in as_completed(futures):
            future.result()
    except BaseException as error:
        # Who interrupts a run does not want to wait for what goes on in other threads.
        pool.shutdown(wait=not isinstance(error, KeyboardInterrupt), cancel_futures=True)
        raise
    pool.shutdown()
    return tuple(future.result() for future in futures)


def _prepare(pin: Pin, sources: Sources, cache: WheelCache, progress: Progress | None) -> Prepared:
    file = pin.wheel.file
    wheel = cache.find(file.hashes.get("sha256", "").lower())
    if wheel is None:
        wheel = cache.unpack(sources.fetch(file), file.hashes, progress)
    if pin.wheel.is_built:
        pin = _as_built(pin, wheel)
    _check_name(pin, wheel)
    _check_variant(pin, wheel)
    return Prepared(pin, wheel)


def _as_built(pin: Pin, wheel: UnpackedWheel) -> Pin:
    """Return the pin of a wheel that was built meanwhile, which may be a variant.

    :raises BrokenWheel: if it is one, and does not say which
    """
    name = WheelName.parse(wheel.filename)
    if name.label is None:
        return pin
    path = wheel.folder / wheel.dist_info / "variant.json"
    try:
        own = read_wheel_metadata(name, path.read_bytes() if path.is_file() else None)
    except InvalidMetadata as error:
        raise BrokenWheel(name.filename, error.message) from None
    properties: dict[str, VariantProperties] = {name.label: own.variants.get(name.label, {})}
    choice = replace(pin.choice, properties={**pin.choice.properties, **properties})
    return replace(pin, choice=choice, wheel=replace(pin.wheel, name=name))


def _check_name(pin: Pin, wheel: UnpackedWheel) -> None:
    # The cache goes by content: the same bytes may have been offered under another name before.
    name, _, version = wheel.dist_info.removesuffix(".dist-info").rpartition("-")
    try:
        own = pin.wheel.own
        same = canonicalize_name(name) == own.name and Version(version) == own.version
    except InvalidVersion:
        same = False
    if not same:
        filename = pin.wheel.name.filename
        raise BrokenWheel(filename, f"it holds `{wheel.dist_info}`, which is another release")


def _check_variant(pin: Pin, wheel: UnpackedWheel) -> None:
    presented = pin.wheel.presented
    if presented is not None and not presented.relabelled:
        return  # what an overlay says of a wheel, the wheel does not
    path = wheel.folder / wheel.dist_info / "variant.json"
    name = pin.wheel.name
    promised = pin.choice.properties.get(name.label or "")
    data = path.read_bytes() if path.is_file() else None
    check_own_variants(name, data, promised, pin.choice.source)
