"""What can go wrong when a project's own code builds a wheel."""

from collections.abc import Sequence

from whichwheel.spec.errors import WhichwheelError

__all__ = ["BrokenSource", "BuildFailed"]


class BuildFailed(WhichwheelError):
    """A wheel could not be built.

    :param what: the project and label
    :param why: what failed
    :param output: the last lines that the build printed
    """

    def __init__(
        self, what: str, why: str, *, output: Sequence[str] = (), hint: str | None = None
    ) -> None:
        printed = "".join(f"\n    {line}" for line in output)
        super().__init__(f"building {what} failed: {why}{printed}", hint=hint)
        self.what = what
        self.why = why
        self.output = tuple(output)


class BrokenSource(WhichwheelError, ValueError):
    """A source distribution cannot be used.

    :param filename: its name
    :param why: what is wrong with it
    """

    def __init__(self, filename: str, why: str) -> None:
        super().__init__(
            f"the source distribution `{filename}` cannot be used: {why}",
            hint="fetch it again, or tell its publisher",
        )
        self.filename = filename
        self.why = why
