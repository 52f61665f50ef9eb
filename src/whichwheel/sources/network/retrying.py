"""How often a request is repeated that failed in a way that may pass, and how long is waited."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from whichwheel.sources.errors import SourceError
from whichwheel.spec.patterns import lazy_pattern

__all__ = ["HungUp", "Patience", "Temporary", "asked_pause"]

#: Longest pause that is made unasked, in seconds.
_LONGEST_BACK_OFF = 10.0
#: Longest pauses that a server may ask for: one, and all of one request, in seconds.
_LONGEST_PAUSE = 60.0
_LONGEST_PAUSES = 180.0
#: Shortest pause that somebody may wonder about, in seconds.
_NOTICEABLE = 1.0
#: What pauses that are longer count as, in seconds.
_FOR_EVER = 10**9
_SECONDS = lazy_pattern(r"[0-9]+")


class Temporary(Exception):
    """A failure that may pass.

    :ivar failure: the error to raise when it does not
    :ivar pause: how long the server asks to wait, in seconds; None if it does not say
    :ivar once: whether a second failure of this kind is one for good
    :ivar free: whether the repetition is made at once, and is none of those that are allowed
    """

    def __init__(
        self,
        failure: SourceError,
        pause: float | None = None,
        *,
        once: bool = False,
        free: bool = False,
    ) -> None:
        super().__init__(failure)
        self.failure = failure
        self.pause = pause
        self.once = once
        self.free = free


class Patience:
    """What may still be done for one request.

    :param retries: how often it is repeated
    :param first_wait: pause before the first repetition, in seconds; doubled for each further one
    :param tell: told of a pause that a server asks for
    """

    def __init__(self, retries: int, first_wait: float, tell: Callable[[str], None]) -> None:
        self._retries = retries
        self._first_wait = first_wait
        self._tell = tell
        self._repeated = 0
        self._waited = 0.0
        self._once = False
        self._hung_up = False

    def after(self, failed: Temporary, url: str) -> None:
        """Wait until the request may be repeated.

        :raises SourceError: the failure, if it is not to be repeated
        """
        if failed.free:
            return
        if isinstance(failed, HungUp) and not self._hung_up:
            # Most often a connection that lay idle, which the server had given up by then.
            self._hung_up = True
            return
        if self._repeated >= self._retries or (failed.once and self._once):
            raise failed.failure from None
        pause = self._pause(failed)
        self._once = self._once or failed.once
        self._repeated += 1
        self._waited += pause
        if failed.pause is not None and pause >= _NOTICEABLE:
            self._tell(f"`{urlsplit(url).hostname}` asks to wait {pause:.0f} s")
        time.sleep(pause)

    def _pause(self, failed: Temporary) -> float:
        if failed.pause is None:
            doubled: float = self._first_wait * 2 ** min(self._repeated, 20)
            longest = min(doubled, _LONGEST_BACK_OFF)
            from random import uniform  # noqa: PLC0415 -- rarely

            # Clients that failed together must not come back together.
            return longest * uniform(0.5, 1.0)  # noqa: S311 -- no secret
        if failed.pause > _LONGEST_PAUSE or self._waited + failed.pause > _LONGEST_PAUSES:
            raise failed.failure from None
        return failed.pause


class HungUp(Temporary):
    """A connection that was closed instead of an answer."""


def asked_pause(header: str) -> float | None:
    """Return how long a server asks to wait, in seconds, None if it does not say.

    RFC 9110, Retry-After: a number of seconds, or a date.
    """
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return float(_FOR_EVER if len(text) > len(str(_FOR_EVER)) else min(int(text), _FOR_EVER))
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- only on the network

    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, until - time.time())
