"""The search for a solution: again and again, until nothing new is learned on the way."""

import time
from collections.abc import Iterable, Sequence

from packaging.utils import NormalizedName

from whichwheel.resolve.axes.agreement import Binding
from whichwheel.resolve.failures import ResolutionFailed, SearchTooLong
from whichwheel.resolve.installed import InstalledRequirements
from whichwheel.resolve.resolution import Pin
from whichwheel.resolve.rules import ResolutionRules
from whichwheel.resolve.situation import Situation
from whichwheel.resolve.solution import Solution
from whichwheel.resolve.solver import Found, GaveUp, Root, Unsolvable, solve
from whichwheel.resolve.staying import Stay, StayingPackages, constraints_of
from whichwheel.resolve.universes import Learned, LearnedMore

__all__ = ["MOST_SECONDS", "Search"]

#: How long a search may compute, all its runs together: what can be found is found in a few
#: seconds, and what takes this long would mostly take for ever.
MOST_SECONDS = 20


class Search:
    """Solves one situation, under other bindings if need be.

    :param swapped: installed projects that may not stay as they are
    :param steps: how many rounds the solver needed before
    """

    def __init__(
        self, situation: Situation, swapped: Iterable[NormalizedName] = (), steps: int = 0
    ) -> None:
        self.situation = situation
        names = set(swapped)
        self._learned = Learned(thawed=names, discarded=set(names))
        self._staying = StayingPackages(InstalledRequirements(situation.catalogue.target))
        self.steps = steps
        self._seconds: float = MOST_SECONDS

    def settle(self, bindings: Sequence[Binding] = ()) -> Solution:
        """Solve so that installed packages which stay are not broken, where that is possible.

        :param bindings: what is settled of axes
        :return: the solution, with the needs that could not be honoured
        :raises ResolutionFailed: if there is none
        """
        solution = self._run((), bindings)
        hopeless: list[Stay] = []
        while True:
            honoured = list(solution.honoured)
            known = honoured + hopeless
            broken = [stay for stay in self._broken(solution) if stay not in known]
            if not broken:
                lost = [stay for stay in self._broken(solution) if stay in hopeless]
                solution.lost = tuple(lost)
                return solution
            try:
                solution = self._run([*honoured, *broken], bindings)
            except ResolutionFailed:
                for stay in broken:
                    try:
                        solution = self._run([*solution.honoured, stay], bindings)
                    except ResolutionFailed:
                        hopeless.append(stay)

    def _run(self, honoured: Sequence[Stay], bindings: Sequence[Binding]) -> Solution:
        while True:
            rules = ResolutionRules(self.situation, self._learned, bindings)
            try:
                roots = rules.roots()
                found = self._solve(rules, roots, honoured)
                self.steps += found.steps
                return Solution(rules, roots, found.places, honoured)
            except LearnedMore:
                continue
            except GaveUp as given_up:
                projects = (each for each in given_up.contested if not each.is_axis)
                names = dict.fromkeys(package.name for package in projects)
                raise SearchTooLong(list(names), MOST_SECONDS) from None
            except Unsolvable as proof:
                try:
                    rules.reconsider(proof.steps)
                except LearnedMore:
                    continue
                from whichwheel.resolve.diagnosis import diagnose  # noqa: PLC0415 -- start-up time

                raise diagnose(proof.steps, rules) from None

    def _solve(
        self, rules: ResolutionRules, roots: Sequence[Root], honoured: Sequence[Stay]
    ) -> Found:
        began = time.thread_time()
        try:
            constraints = constraints_of(rules, honoured)
            return solve(rules, roots, constraints, seconds=self._seconds)
        finally:
            self._seconds -= time.thread_time() - began

    def _broken(self, solution: Solution) -> list[Stay]:
        if not self.situation.installed:
            return []
        changed: dict[NormalizedName, Pin] = {}
        for name in solution.places:
            pin = solution.pin(name)
            if pin is not None:
                changed[name] = pin
        installed = self.situation.installed
        return list(self._staying.broken(installed, solution.places, changed, solution.rules))
