"""What happens where the user wants nothing rather than less than the best."""

from collections.abc import Iterable
from typing import Protocol

from whichwheel.resolve.failures import ResolutionFailed

__all__ = ["FALLBACK_KINDS", "FellBack", "check_fallbacks"]

#: The warnings that say that less than the best is taken.
FALLBACK_KINDS = frozenset({"variant-fallback", "version-fallback", "plain-fallback"})


class _Warning(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def message(self) -> str: ...


class FellBack(ResolutionFailed):
    """Less than the best would be taken, and the user wants that to be a failure.

    :param fallbacks: what would be taken instead of what, one sentence each
    """

    def __init__(self, fallbacks: Iterable[str], target: str) -> None:
        self.fallbacks = tuple(fallbacks)
        super().__init__(
            "\n".join(
                [
                    f"less than the best would be taken for {target}:",
                    *(f"  {fallback}" for fallback in self.fallbacks),
                ]
            ),
            names=(),
            hint="take it all the same with `--no-fail-on-fallback`, or allow only versions that "
            "have a build for the target",
        )


def check_fallbacks(warnings: Iterable[_Warning], target: str) -> None:
    """Look whether anything falls short of the best.

    What a version policy takes on purpose does not.

    :raises FellBack: naming all that does
    """
    found = [warning.message for warning in warnings if warning.kind in FALLBACK_KINDS]
    if found:
        raise FellBack(dict.fromkeys(found), target)
