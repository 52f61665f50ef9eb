"""Finding the facts of this machine out: from the cache, else by detection; each once."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping

from whichwheel.target.detection.detecting import DETECTION_LIMIT, detect_facts
from whichwheel.target.detection.detection_cache import DetectionCache
from whichwheel.target.facts import Facts
from whichwheel.target.providers.governing import DetectionFailed
from whichwheel.target.providers.provider import KnownProvider

__all__ = ["Detector"]


class Detector:
    """The facts of this machine, by provider.

    :param environ: the environment variables that detection goes by
    :param limit: seconds that one detection may take
    :param cache: where facts are kept between runs; None to keep none
    :param refresh: whether to detect what the cache holds anew
    :param warn: told once of every detection that failed
    """

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        *,
        limit: float = DETECTION_LIMIT,
        cache: DetectionCache | None = None,
        refresh: bool = False,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        # Asked often; the one of the process decodes each answer anew.
        self.environ: Mapping[str, str] = dict(environ)
        self._limit = limit
        self._cache = cache
        self._refresh = refresh
        self._warn = warn
        self._found: dict[str, Facts | DetectionFailed] = {}
        self._lock = threading.Lock()

    def outcome(self, provider: KnownProvider) -> Facts | DetectionFailed:
        """Return the facts for a provider, or how their detection failed."""
        with self._lock:
            if provider.name not in self._found:
                self._note(provider, self._find(provider))
            return self._found[provider.name]

    def detect_all(self, providers: Iterable[KnownProvider]) -> None:
        """Detect for several providers at once: those in child processes side by side."""
        with self._lock:
            missing = [each for each in providers if each.name not in self._found]
            waiting = []
            for provider in missing:
                known = self._kept(provider)
                if known is not None:
                    self._found[provider.name] = known
                elif provider.isolated:
                    waiting.append(provider)
                else:
                    self._note(provider, self._detect(provider))
            if not waiting:
                return
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- start-up speed

            with ThreadPoolExecutor(len(waiting)) as pool:
                for provider, outcome in zip(waiting, pool.map(self._detect, waiting), strict=True):
                    self._note(provider, outcome)

    def known(self, name: str) -> Facts | DetectionFailed | None:
        """Return what is known by now, detecting nothing."""
        return self._found.get(name)

    def _note(self, provider: KnownProvider, outcome: Facts | DetectionFailed) -> None:
        self._found[provider.name] = outcome
        if isinstance(outcome, DetectionFailed) and self._warn is not None:
            self._warn(outcome.message)

    def _find(self, provider: KnownProvider) -> Facts | DetectionFailed:
        known = self._kept(provider)
        return self._detect(provider) if known is None else known

    def _kept(self, provider: KnownProvider) -> Facts | None:
        if self._cache is None or self._refresh:
            return None
        return self._cache.facts(provider, self.environ)

    def _detect(self, provider: KnownProvider) -> Facts | DetectionFailed:
        try:
            facts = detect_facts(provider, environ=self.environ, limit=self._limit)
        except DetectionFailed as failed:
            return failed
        if self._cache is not None:
            self._cache.keep_facts(provider, self.environ, facts)
        return facts
