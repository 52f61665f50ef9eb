"""What is wrong with a target that somebody wrote down."""

from collections.abc import Iterable

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass

__all__ = ["InvalidTargetFile", "TargetFault", "kind_of", "listed_faults", "suggestion"]

_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class TargetFault:
    """One thing wrong in one place.

    :param path: the key, as ``facts.nvidia.driver_cuda_version``; empty for the whole file
    :param message: what was found and what was expected
    :param line: where it stands, from 1, if that is known
    :param where: the file
    """

    path: str
    message: str
    line: int | None = None
    where: str = ""

    @property
    def words(self) -> str:
        """What is wrong, without the line and the file."""
        return f"`{self.path}` {self.message}" if self.path else self.message

    def __str__(self) -> str:
        return self.words if self.line is None else f"line {self.line}: {self.words}"


class InvalidTargetFile(WhichwheelError, ValueError):
    """A target that cannot be used; holds every fault, not only the first.

    :param where: the file
    :param faults: all faults, in the order of the file
    :param name: the target, where the file holds several
    """

    def __init__(self, where: str, faults: tuple[TargetFault, ...], name: str = "") -> None:
        faults = _in_order(faults)
        subject = f"the target `{name}` in `{where}`" if name else f"the target file `{where}`"
        super().__init__(
            f"{subject} is not usable: {listed_faults(where, faults)}",
            hint=_hint(where, faults),
        )
        self.where = where
        self.faults = faults
        self.name = name


def _in_order(faults: tuple[TargetFault, ...]) -> tuple[TargetFault, ...]:
    """Return faults file by file and line by line; those of a whole file come last."""
    files = list(dict.fromkeys(fault.where for fault in faults))
    return tuple(
        sorted(
            faults,
            key=lambda fault: (files.index(fault.where), fault.line is None, fault.line or 0),
        )
    )


def _hint(where: str, faults: tuple[TargetFault, ...]) -> str:
    if len(faults) > 1:
        import shlex  # noqa: PLC0415 -- start-up speed

        return f"`whichwheel target check {shlex.quote(where)}` tells each on a line of its own"
    return "`whichwheel platform --toml` writes a target file to start from"


def listed_faults(where: str, faults: Iterable[TargetFault]) -> str:
    """Return faults in words, with their file where it is not the one spoken of."""
    texts = [
        f"`{fault.where}`, {fault}" if fault.where not in {"", where} else str(fault)
        for fault in faults
    ]
    if len(texts) > _MOST_LISTED:
        texts[_MOST_LISTED:] = [f"and {len(texts) - _MOST_LISTED} more"]
    return "; ".join(texts)


def suggestion(key: str, known: Iterable[str]) -> str:
    """Return a question for the known key that was perhaps meant, as the end of a sentence."""
    from difflib import get_close_matches  # noqa: PLC0415 -- start-up speed

    close = get_close_matches(key, list(known), n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def kind_of(value: object) -> str:
    """Return what a value of a TOML file is, in words."""
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")
