"""A proof that there is no solution, told in sentences."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.rules import ResolutionRules
from whichwheel.resolve.solver import Step, StepKind, Term

__all__ = ["Teller", "joined", "tell"]

_SHOWN = 4


def tell(steps: Iterable[Step], rules: ResolutionRules) -> list[str]:
    """Write a proof for people, one sentence a step.

    :param rules: those of the search that failed
    """
    teller = Teller(rules)
    told = (teller.line(step) for step in _merged(list(steps), rules))
    return list(dict.fromkeys(line for line in told if line is not None))


def _merged(steps: Sequence[Step], rules: ResolutionRules) -> Iterator[Step]:
    """Yield the steps with what is said of many versions, one after another, said once."""
    impossible: dict[tuple[Package, str | None], Positions] = {}
    settled: dict[Package, Positions] = {}
    for step in steps:
        package = _only(step)
        if package is None:
            continue
        places = step.terms[0].places
        if step.kind is StepKind.DEPENDENCY:
            key = package, rules.text(package, places, package)
            impossible[key] = impossible.get(key, Positions.empty()) | places
        elif step.kind is StepKind.DERIVED:
            settled[package] = places  # a later step says more
    for step in steps:
        package = _only(step)
        if package is not None and step.kind is StepKind.DEPENDENCY:
            merged = impossible.pop(
                (package, rules.text(package, step.terms[0].places, package)), None
            )
            if merged is not None:
                yield Step(step.kind, (Term(package, merged, positive=True),))
        else:
            derived = step.kind is StepKind.DERIVED
            last = settled.get(package) if derived and package is not None else None
            if last is None or step.terms[0].places == last:
                yield step


def _only(step: Step) -> Package | None:
    """Return the package that a step rules out by itself."""
    only = step.terms[0] if len(step.terms) == 1 else None
    return only.package if only is not None and only.positive else None


def _capped(texts: Sequence[str], joint: str) -> str:
    more = len(texts) - _SHOWN
    shown = list(texts[:_SHOWN]) + [f"{more} more"] * (more > 0)
    return joint.join(shown)


def joined(texts: Sequence[str]) -> str:
    """Join texts as people do.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


class Teller:
    """Puts steps of a proof into words.

    :param rules: those of the search that failed
    """

    def __init__(self, rules: ResolutionRules) -> None:
        self._rules = rules
        self._tellers: dict[StepKind, Callable[[Step], str | None]] = {
            StepKind.ROOT: self._root,
            StepKind.DEPENDENCY: self._dependency,
            StepKind.NO_VERSIONS: self._no_versions,
            StepKind.CONSTRAINT: self._no_versions,
            StepKind.DERIVED: self._derived,
        }

    def line(self, step: Step) -> str | None:
        """Return one sentence, None for what goes without saying."""
        return self._tellers[step.kind](step)

    def _root(self, step: Step) -> str | None:
        packages = [term.package for term in step.terms if term.package is not None]
        implied = {item.text for item in self._rules.situation.requested if item.implied}
        if step.origin in implied or (packages and packages[0].is_axis):
            return step.origin
        return f"you ask for `{step.origin}`"

    def _dependency(self, step: Step) -> str | None:
        chooser = step.terms[0]
        package = chooser.package
        if package is None:
            return None
        subject = self.subject(package, chooser.places)
        if package.is_axis:
            return self._excluded(subject, step)
        if len(step.terms) == 1:
            text = self._rules.text(package, chooser.places, package)
            return f"{subject} needs `{text}`, {self._why_impossible(package, chooser.places)}"
        needed = step.terms[1].package
        if needed is None or needed.name == package.name:
            return None  # a variant or an extra belongs to its project
        if needed.is_axis:
            return f"{subject} is built for {self.subject(needed, step.terms[1].places)}"
        text = self._rules.text(package, chooser.places, needed) or str(needed)
        return f"{subject} needs `{text}`"

    def _excluded(self, subject: str, step: Step) -> str | None:
        other = step.terms[-1]
        if len(step.terms) == 1 or other.package is None:
            return None
        return f"{subject} excludes {self.subject(other.package, ~other.places)}"

    def _why_impossible(self, package: Package, places: Positions) -> str:
        rules = self._rules
        named = (rules.impossible_project(package, at) for at in places.lowest_first())
        name = next((found for found in named if found is not None), None)
        if name is None:
            return "which is not this version"
        universe = rules.universes.of(name)
        if not universe.versions and not universe.hidden:
            return f"and there is no project `{name}`"
        source = f"`{universe.source}`" if universe.source else "what is installed"
        if universe.hidden:
            return f"and {universe.hidden} allows none of these"
        return f"and {source} has no such version: the newest is {universe.versions[-1]}"

    def _no_versions(self, step: Step) -> str | None:
        term = step.terms[0]
        if term.package is None or term.package.is_axis:
            return None
        if term.package.by_variant:
            return f"other variants of `{term.package.name}` need the same, or cannot be used"
        universe = self._rules.universes.of(term.package.name)
        here = term.places & universe.known
        if here.is_empty:
            if not universe.versions:
                return f"there is no project `{term.package.name}`"
            return None
        what = self._versions(term.package, here)
        if step.kind is StepKind.CONSTRAINT:
            return f"{what} would break what is installed"
        return f"{what} cannot be had for {self._rules.catalogue.target.name}"

    def _derived(self, step: Step) -> str | None:
        stated = [term for term in step.terms if term.package is not None]
        if not stated:
            return "so not all of this can be had"
        if len({term.package and term.package.name for term in stated}) == 1 and any(
            not term.positive for term in stated
        ):
            return None  # a version needs one of its variants
        positive = [self._term(term) for term in stated if term.positive]
        negative = [self._term(term) for term in stated if not term.positive]
        if not negative:
            if len(positive) == 1:
                return f"so {positive[0]} cannot be taken"
            return f"so {' and '.join(positive)} cannot go together"
        needed = " or ".join(negative)
        return f"so {' with '.join(positive) or 'what you ask for'} needs {needed}"

    def _term(self, term: Term) -> str:
        if term.package is None:
            return "what you ask for"
        return self.subject(term.package, term.places)

    def subject(self, package: Package, places: Positions) -> str:
        """Return versions, variants or values as people name them."""
        if package.is_axis:
            return self._rules.agreement.words(package, places)
        return (
            self._variants(package, places)
            if package.by_variant
            else self._versions(package, places)
        )

    def _versions(self, package: Package, places: Positions) -> str:
        universe = self._rules.universes.of(package.name)
        name = str(package)
        if len(universe.versions) == 1 and not (places & universe.known).is_empty:
            return f"`{name} {universe.versions[0]}`"
        if places.mask < 0 and not universe.known.is_subset(places):
            return f"`{name}` other than {universe.describe(~places)}"
        shown = universe.describe(places)
        if not shown:
            return f"every version of `{name}`" if universe.versions else f"`{name}`"
        return f"`{name}` {shown}" if " " in shown else f"`{name} {shown}`"

    def _variants(self, package: Package, places: Positions) -> str:
        """Write places of a package by variant as labels of versions."""
        rules, universe = self._rules, self._rules.universes.of(package.name)
        by_version: dict[int, list[int]] = {}
        for place in (places & rules.variants.all_of(package.name)).lowest_first():
            version_place, rank = rules.variants.at(package.name, place)
            by_version.setdefault(version_place, []).append(rank)
        name = str(Package(package.name, package.extra))
        shown = []
        for version_place, ranks in by_version.items():
            version = universe.versions[version_place]
            candidates = rules.judge(universe, version_place).candidates
            if len(ranks) == len(candidates):
                shown.append(f"`{name} {version}`")
                continue
            labels = [f"`{candidates[rank].label or 'plain wheel'}`" for rank in ranks]
            shown.append(f"{_capped(labels, ', ')} of `{name} {version}`")
        return _capped(shown, " or ") or f"`{name}`"
