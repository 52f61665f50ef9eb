"""Moments as people write them: a timestamp, a day, or how long ago."""

import re
from datetime import UTC, date, datetime, time, timedelta

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["InvalidMoment", "read_moment"]

_HINT = (
    "write a timestamp as `2026-03-01T12:00:00Z`, a day as `2026-03-01`, or how long ago as "
    "`7 days` or `P7D`"
)
_SECONDS = {
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7 * 86_400),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
}
#: Units of which nobody knows how long they are.
_VAGUE = frozenset({"month", "months", "mo", "mos", "year", "years", "y", "yr", "yrs"})
_PART = lazy_pattern(r"(\d+(?:\.\d+)?)\s*([a-z]+),?\s*", re.ASCII)
_ISO = lazy_pattern(
    r"P(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_ISO_VAGUE = lazy_pattern(r"P(?:\d+[YMWD])*\d+[YM]", re.ASCII)
_DAY = lazy_pattern(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ABSOLUTE = lazy_pattern(r"\d{4}-\d|\d{8}(?:T|$)", re.ASCII | re.IGNORECASE)


class InvalidMoment(WhichwheelError):
    """Text that is no moment.

    :param text: as written
    :param why: what is wrong with it
    """

    def __init__(self, text: str, why: str, *, hint: str = _HINT) -> None:
        super().__init__(f"`{text}` is no moment: {why}", hint=hint)
        self.text = text
        self.why = why


def read_moment(text: str, *, now: datetime, day_included: bool = True) -> datetime:
    """Read a moment.

    A timestamp (RFC 3339) without an offset is in local time. A day is a local one.

    >>> now = datetime(2026, 3, 9, 12, tzinfo=UTC)
    >>> str(read_moment("2026-03-01T12:00:00Z", now=now))
    '2026-03-01 12:00:00+00:00'
    >>> str(read_moment("1 week, 2 hours", now=now))
    '2026-03-02 10:00:00+00:00'
    >>> str(read_moment("PT36H", now=now))
    '2026-03-08 00:00:00+00:00'

    :param now: what a duration goes back from, with an offset
    :param day_included: whether a day means its end, as to uv, or its beginning, as to pip
    :return: in UTC
    :raises InvalidMoment: if it is none of these
    """
    written = text.strip()
    try:
        if _ABSOLUTE.match(written):
            return _absolute(text, written, day_included=day_included).astimezone(UTC)
        return now.astimezone(UTC) - _duration(text, written)
    except (OverflowError, OSError):
        raise InvalidMoment(text, "it is too far away") from None


def _absolute(text: str, written: str, *, day_included: bool) -> datetime:
    try:
        if _DAY.fullmatch(written):
            day = date.fromisoformat(written) + timedelta(days=day_included)
            # A local midnight: whatever offset holds on that day.
            return datetime.combine(day, time.min).astimezone()
        moment = datetime.fromisoformat(written.upper())
    except ValueError as error:
        raise InvalidMoment(text, str(error)) from None
    return moment if moment.tzinfo is not None else moment.astimezone()


def _duration(text: str, written: str) -> timedelta:
    words = written.removeprefix("+").lower().removesuffix("ago").rstrip()
    iso = _ISO.fullmatch(words.upper())
    if iso is not None and any(iso.groups()):
        parts = [(float(amount), unit) for unit, amount in iso.groupdict().items() if amount]
    else:
        if _ISO_VAGUE.match(words.upper()):
            raise InvalidMoment(text, "months and years differ in length", hint="give days")
        parts = _parts(text, words)
    return timedelta(seconds=sum(amount * _SECONDS[unit] for amount, unit in parts))


def _parts(text: str, words: str) -> list[tuple[float, str]]:
    parts = []
    place = 0
    while place < len(words):
        found = _PART.match(words, place)
        if found is None:
            raise InvalidMoment(text, "it is neither a date nor a duration")
        amount, unit = found.groups()
        if unit in _VAGUE:
            raise InvalidMoment(text, "months and years differ in length", hint="give days")
        if unit not in _SECONDS:
            raise InvalidMoment(text, f"`{unit}` is no unit of time")
        parts.append((float(amount), unit))
        place = found.end()
    if not parts:
        raise InvalidMoment(text, "it is empty")
    return parts
