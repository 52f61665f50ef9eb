"""What a proof rests on, from what is asked for to where it clashes: what a user can act on.

A proof has a step for each conclusion on the way. Whoever wants to change something needs only what
the conclusions were drawn from: the requirements, each told once and in the order in which one
leads to the next.
"""

from collections.abc import Iterable, Iterator
from dataclasses import field

from packaging.utils import NormalizedName

from whichwheel.resolve.packages import Package
from whichwheel.resolve.positions import Positions
from whichwheel.resolve.prose import Teller, joined
from whichwheel.resolve.rules import ResolutionRules
from whichwheel.resolve.solver import Step, StepKind, Term
from whichwheel.spec.values import dataclass

__all__ = ["Causes"]

_LINES = 12
#: How many different requirements of one package on another are told one by one.
_TEXTS = 2
_ROOTS = 6


@dataclass(slots=True)
class _Needing:
    """What several versions of one package need of another.

    :param by_text: who needs it, by requirement as written
    :param allowed: what one or the other of them would take
    """

    chooser: Package
    needed: Package
    by_text: dict[str, Positions] = field(default_factory=dict)
    allowed: Positions = field(default_factory=Positions.empty)

    @property
    def places(self) -> Positions:
        """All who need it."""
        places = Positions.empty()
        for each in self.by_text.values():
            places |= each
        return places


class Causes:
    """What is in a proof beside its conclusions.

    :param rules: those of the search that failed
    :ivar clashing: the projects of which the requirements leave nothing
    """

    def __init__(self, steps: Iterable[Step], rules: ResolutionRules) -> None:
        self._rules = rules
        self._teller = Teller(rules)
        self._roots: list[Step] = []
        self._needing: dict[tuple[Package, Package], _Needing] = {}
        self._others: dict[NormalizedName, list[Step]] = {}
        for step in steps:
            if step.kind is StepKind.ROOT:
                self._roots.append(step)
            elif step.kind is not StepKind.DERIVED:
                self._take(step)
        self.clashing = tuple(self._clashing())
        self._told: set[NormalizedName] = set()

    @property
    def projects(self) -> set[NormalizedName]:
        """All projects that it is about."""
        return {package.name for pair in self._needing for package in pair} | set(self._others)

    @property
    def impossible(self) -> tuple[NormalizedName, ...]:
        """The projects that something needs in a version that there is not."""
        found = (
            self._rules.impossible_project(term.package, place)
            for steps in self._others.values()
            for step in steps
            if step.kind is StepKind.DEPENDENCY and len(step.terms) == 1
            for term in step.terms
            if term.package is not None and term.places.mask > 0
            for place in term.places.lowest_first()
        )
        return tuple(dict.fromkeys(name for name in found if name is not None))

    def _take(self, step: Step) -> None:
        chooser, needed = step.terms[0], step.terms[-1]
        if chooser.package is None or needed.package is None:
            return
        between = step.kind is StepKind.DEPENDENCY and len(step.terms) > 1
        if not between or chooser.package.is_axis or needed.package.is_axis:
            self._take_other(step)
        elif chooser.package.name != needed.package.name:  # else it is a variant or an extra
            key = chooser.package, needed.package
            needing = self._needing.setdefault(key, _Needing(*key))
            text = self._rules.text(chooser.package, chooser.places, needed.package)
            text = text or str(needed.package)
            before = needing.by_text.get(text, Positions.empty())
            needing.by_text[text] = before | chooser.places
            needing.allowed |= needed.places

    def _take_other(self, step: Step) -> None:
        """Note what is no requirement between two projects; the same of many versions once."""
        package = step.terms[0].package
        if package is None:
            return
        others = self._others.setdefault(package.name, [])
        for at, other in enumerate(others):
            alone = len(step.terms) == len(other.terms) == 1
            same = (other.kind, other.terms[0].package) == (step.kind, package)
            if alone and same and self._text(other) == self._text(step):
                places = other.terms[0].places | step.terms[0].places
                others[at] = Step(step.kind, (Term(package, places, positive=True),))
                return
        others.append(step)

    def _text(self, step: Step) -> str | None:
        package = step.terms[0].package
        return None if package is None else self._rules.text(package, step.terms[0].places, package)

    def _clashing(self) -> Iterator[NormalizedName]:
        wanted: dict[NormalizedName, list[Positions]] = {}
        for step in self._roots:
            for term in step.terms:
                if term.package is not None and term.package.has_versions:
                    wanted.setdefault(term.package.name, []).append(term.places)
        for needing in self._needing.values():
            wanted.setdefault(needing.needed.name, []).append(needing.allowed)
        for name, places in wanted.items():
            left = self._rules.universes.of(name).known
            for each in places:
                left &= each
            if left.is_empty:
                yield name

    @staticmethod
    def _is_about(step: Step, name: NormalizedName) -> bool:
        return any(term.package is not None and term.package.name == name for term in step.terms)

    def requirements_on(self, name: NormalizedName) -> list[str]:
        """Return all that is required of a project, as written."""
        asked = [
            step.origin
            for step in self._roots
            if step.origin is not None and self._is_about(step, name)
        ]
        return asked + [
            text
            for needing in self._needing.values()
            if needing.needed.name == name
            for text in needing.by_text
        ]

    @property
    def asked(self) -> list[str]:
        """What the user asks for, as written."""
        said = {step.origin for step in self._roots if self._is_asked(step)}
        requested = dict.fromkeys(item.text for item in self._rules.situation.requested)
        return [text for text in requested if text in said]

    def _is_asked(self, step: Step) -> bool:
        implied = any(
            item.implied and item.text == step.origin for item in self._rules.situation.requested
        )
        axis = any(term.package is not None and term.package.is_axis for term in step.terms)
        return step.origin is not None and not implied and not axis

    def lines(self) -> list[str]:
        """Return one sentence for each cause, and where they lead."""
        told = list(dict.fromkeys(self._lines()))
        if len(told) > _LINES:
            half = _LINES // 2
            more = f"... {len(told) - _LINES} more requirements; `--verbose` shows them all ..."
            told = [*told[:half], more, *told[-half:]]
        return told

    def _lines(self) -> Iterator[str]:
        asked = self.asked
        if asked:
            shown = [f"`{text}`" for text in asked[:_ROOTS]]
            shown += [f"{len(asked) - _ROOTS} more"] * (len(asked) > _ROOTS)
            yield f"you ask for {joined(shown)}"
        yield from (step.origin or "" for step in self._roots if not self._is_asked(step))
        names = [term.package.name for step in self._roots for term in step.terms if term.package]
        for name in [*names, *(key[0].name for key in self._needing), *self._others]:
            yield from self._from(name)
        end = self._end()
        if end is not None:
            yield end

    def _from(self, name: NormalizedName) -> Iterator[str]:
        """Yield what leads on from a project, and then from what it needs."""
        if name in self._told:
            return
        self._told.add(name)
        ahead: list[NormalizedName] = []
        for needing in self._of(name):
            end = needing.needed.name
            if len(needing.by_text) > _TEXTS:
                subject = self._teller.subject(needing.chooser, needing.places)
                yield f"{subject} needs {self._teller.subject(needing.needed, needing.allowed)}"
            for text, places in list(needing.by_text.items())[:_TEXTS]:
                line = f"{self._teller.subject(needing.chooser, places)} needs `{text}`"
                if len(needing.by_text) == 1:
                    links, end = self._chain(end)
                    line += links
                if len(needing.by_text) <= _TEXTS:
                    yield line
            ahead.append(end)
        for step in self._others.get(name, ()):
            told = self._teller.line(step)
            if told is not None:
                yield told
        for each in ahead:
            yield from self._from(each)

    def _of(self, name: NormalizedName) -> list[_Needing]:
        return [each for each in self._needing.values() if each.chooser.name == name]

    def _chain(self, name: NormalizedName) -> tuple[str, NormalizedName]:
        """Return what a project needs alone, and that again, as clauses; and where that ends."""
        clauses = ""
        while (link := self._only_link(name)) is not None:
            self._told.add(name)
            clauses += f", which needs `{next(iter(link.by_text))}`"
            name = link.needed.name
        return clauses, name

    def _only_link(self, name: NormalizedName) -> _Needing | None:
        """Return the one thing that there is to tell of a project, if there is but one."""
        needing = self._of(name)
        needed_by = [each for each in self._needing.values() if each.needed.name == name]
        asked = any(self._is_about(step, name) for step in self._roots)
        if asked or name in self._told or name in self._others:
            return None
        if len(needing) != 1 or len(needed_by) != 1 or len(needing[0].by_text) != 1:
            return None
        return needing[0] if needing[0].chooser == Package(name) else None

    def _end(self) -> str | None:
        """Say where it all leads to, if it is not told yet."""
        if len(self.clashing) != 1:
            return None
        (name,) = self.clashing
        needed_by = sum(needing.needed.name == name for needing in self._needing.values())
        asked = sum(self._is_about(step, name) for step in self._roots)
        if needed_by + asked <= 1:
            return None
        which = "both" if needed_by + asked == 2 else "all of them"  # noqa: PLR2004
        return f"so no version of `{name}` suits {which}"
