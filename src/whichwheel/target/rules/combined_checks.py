"""Checks made of other checks, and the one that needs none."""

from collections.abc import Iterable, Iterator

from whichwheel.spec.values import dataclass
from whichwheel.target.rules.checks import Check, Evidence
from whichwheel.target.rules.surroundings import Surroundings

__all__ = ["AllOf", "Always", "AnyOf", "Not"]

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Always:
    """Holds on every machine."""

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return that it always holds."""
        del surroundings
        return Evidence("what every machine has")

    def wanted(self) -> str:
        """Return what it looks for."""
        return "nothing"

    def variables(self) -> Iterator[str]:
        """Yield nothing."""
        yield from ()

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield nothing."""
        del surroundings
        yield from ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several checks holds."""

    checks: tuple[Check, ...]

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return that of the first that holds."""
        found = (check.evidence(surroundings) for check in self.checks)
        return next((each for each in found if each is not None), None)

    def wanted(self) -> str:
        """Return what they look for."""
        return _joined((check.wanted() for check in self.checks), "or")

    def variables(self) -> Iterator[str]:
        """Yield those of all."""
        yield from (each for check in self.checks for each in check.variables())

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield those of all."""
        yield from (each for check in self.checks for each in check.traces(surroundings))


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of several checks holds."""

    checks: tuple[Check, ...]

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return that of all; the version is the first that any tells."""
        found = []
        for check in self.checks:
            each = check.evidence(surroundings)
            if each is None:
                return None
            found.append(each)
        words = " and ".join(each.words for each in found)
        return Evidence(words, next((each.version for each in found if each.version), None))

    def wanted(self) -> str:
        """Return what they look for."""
        return _joined((check.wanted() for check in self.checks), "and")

    def variables(self) -> Iterator[str]:
        """Yield those of all."""
        yield from (each for check in self.checks for each in check.variables())

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield those of all."""
        yield from (each for check in self.checks for each in check.traces(surroundings))


@dataclass(frozen=True, slots=True)
class Not:
    """A check does not hold."""

    check: Check

    def evidence(self, surroundings: Surroundings) -> Evidence | None:
        """Return that there is no such thing."""
        return None if self.check.evidence(surroundings) is not None else Evidence(self.wanted())

    def wanted(self) -> str:
        """Return what it looks for."""
        return f"no {self.check.wanted()}"

    def variables(self) -> Iterator[str]:
        """Yield those of the check."""
        yield from self.check.variables()

    def traces(self, surroundings: Surroundings) -> Iterator[str]:
        """Yield those of the check."""
        yield from self.check.traces(surroundings)


def _joined(texts: Iterable[str], word: str) -> str:
    """Join noun phrases; those of one noun say it once, and many are cut short."""
    other = " or " if word == "and" else " and "
    listed = [f"({text})" if other in text else text for text in texts]
    noun = listed[0].partition(" ")[0]
    if all(text.startswith(f"{noun} `") for text in listed):
        listed = [listed[0], *(text.removeprefix(f"{noun} ") for text in listed[1:])]
    if len(listed) > _MOST_NAMED + 1:
        listed = [*listed[:_MOST_NAMED], f"{len(listed) - _MOST_NAMED} more"]
    if len(listed) == 1:
        return listed[0]
    return f"{', '.join(listed[:-1])} {word} {listed[-1]}"
