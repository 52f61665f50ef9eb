"""How much smaller a chosen build is than what a plain installer would have taken."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from packaging.tags import Tag
from packaging.utils import NormalizedName

from whichwheel.choose.choice import Choice, ReasonKind
from whichwheel.report.sizes import size_text
from whichwheel.resolve.resolution import Pin
from whichwheel.sources.release import File, Wheel
from whichwheel.spec.values import dataclass

__all__ = ["Saving", "saved_text", "savings_of"]

_ELSEWHERE = frozenset({ReasonKind.PLATFORM_TAGS, ReasonKind.PYTHON_VERSION, ReasonKind.YANKED})


@dataclass(frozen=True, slots=True)
class Saving:
    """One package that is smaller than its plain wheel.

    :param size: of what was chosen, in bytes
    :param plain_size: of what a plain installer would have taken, in bytes
    """

    name: NormalizedName
    size: int
    plain_size: int


def savings_of(
    pins: Iterable[Pin],
    tags: tuple[Tag, ...],
    size_of: Callable[[File], int | None] = attrgetter("size"),
) -> Mapping[str, Saving]:
    """Return what is saved by package, where the sizes are known.

    :param tags: of the target, best first
    :param size_of: tells the size of a file in bytes, also where its source does not say it
    """
    found: dict[str, Saving] = {}
    for pin in pins:
        if pin.wheel.name.label is None:
            continue
        plain = _plain_alternative(pin.choice, tags)
        if plain is None or plain.file.url == pin.wheel.file.url:
            continue
        # What is to be rewritten is about as large as before, and nobody else knows its size.
        presented = pin.wheel.presented
        file = pin.wheel.file if presented is None else presented.file
        size, plain_size = size_of(file), size_of(plain.file)
        if size is not None and plain_size is not None and plain_size > size:
            found[pin.name] = Saving(pin.name, size, plain_size)
    return found


def _plain_alternative(choice: Choice, tags: tuple[Tag, ...]) -> Wheel | None:
    """Return the wheel of the plain name that an installer takes that knows no variants."""
    ranks = {tag: rank for rank, tag in reversed(list(enumerate(tags)))}
    best: tuple[tuple[int, int], Wheel] | None = None
    for judged in choice.judgements:
        wheel = judged.wheel
        own = wheel.name if wheel.presented is None else wheel.presented.own
        if own.label is not None or own.name != choice.name or own.version.local is not None:
            continue
        if any(reason.kind in _ELSEWHERE for reason in judged.reasons):
            continue
        places = [ranks[tag] for tag in own.tags if tag in ranks]
        if places:
            order = min(places), -(own.build or (-1, ""))[0]
            if best is None or order < best[0]:
                best = order, wheel
    return None if best is None else best[1]


def saved_text(savings: Iterable[Saving]) -> str:
    """Write what is saved for people, as ``5.3 MB instead of 254 MB``."""
    every = tuple(savings)
    size = sum(each.size for each in every)
    plain = sum(each.plain_size for each in every)
    return f"{size_text(size)} instead of {size_text(plain)}"
