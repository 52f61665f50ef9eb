"""Which of a project's versions a specifier allows (PEP 440), found clause by clause."""

from bisect import bisect_left
from collections.abc import Sequence

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from whichwheel.resolve.positions import Positions

__all__ = ["Matcher"]


class Matcher:
    """Answers which of some versions a specifier allows.

    Packages of many versions are asked about by few clauses, and most clauses cut the order of
    versions in two: so each clause is looked at once, and by halving where that will do.

    :param versions: in order, oldest first
    """

    def __init__(self, versions: Sequence[Version]) -> None:
        self._versions = versions
        self._all = Positions.run(0, len(versions))
        self._by_clause: dict[str, Positions] = {}
        self.prereleases = Positions.of(
            place for place, version in enumerate(versions) if version.is_prerelease
        )

    def matching(self, specifier: SpecifierSet) -> Positions:
        """Return the places of the versions that a specifier allows, pre-releases among them."""
        found = self._all
        for clause in specifier:
            text = str(clause)
            places = self._by_clause.get(text)
            if places is None:
                places = self._by_clause[text] = self._look(clause)
            found &= places
        return found

    def _look(self, clause: Specifier) -> Positions:
        # What PEP 440 leaves out around the version named, as the pre-releases of it for `<`,
        # lies next to it: all that is allowed is in one piece.
        number = len(self._versions)
        if clause.operator in {">=", ">"}:
            start = bisect_left(range(number), True, key=lambda at: self._allows(clause, at))
            return Positions.run(start, number - start)
        if clause.operator in {"<=", "<"}:
            end = bisect_left(range(number), True, key=lambda at: not self._allows(clause, at))
            return Positions.run(0, end)
        if clause.operator == "==" and not clause.version.endswith(".*"):
            # Local versions of the one named come right after it.
            start = end = bisect_left(self._versions, Version(clause.version))
            while end < number and self._allows(clause, end):
                end += 1
            return Positions.run(start, end - start)
        return Positions.of(at for at in range(number) if self._allows(clause, at))

    def _allows(self, clause: Specifier, place: int) -> bool:
        return clause.contains(self._versions[place], prereleases=True)
