"""Work that is done once, by whoever asks first."""

import threading

import pytest

from whichwheel.sources.background import Outcome


def test_an_interrupt_is_for_the_thread_that_it_came_to_and_nobody_else() -> None:
    interrupts = [KeyboardInterrupt()]

    def work() -> str:
        if interrupts:
            raise interrupts.pop()
        return "done"

    outcome = Outcome(work)
    with pytest.raises(KeyboardInterrupt):
        outcome.result()
    assert not outcome.is_there
    found: list[str] = []
    beside = threading.Thread(target=lambda: found.append(outcome.result()))
    beside.start()
    beside.join()
    assert found == ["done"]


def test_a_failure_is_for_all_who_ask() -> None:
    asked = []

    def work() -> str:
        asked.append(1)
        raise LookupError("nothing")

    outcome = Outcome(work)
    outcome.run()
    for _ in range(2):
        with pytest.raises(LookupError, match="nothing"):
            outcome.result()
    assert asked == [1]
