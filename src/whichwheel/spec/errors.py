"""The base of every error, and what an error owes its reader."""

__all__ = ["WhichwheelError"]


def _rebuild(
    kind: "type[WhichwheelError]", arguments: tuple[object, ...], facts: dict[str, object]
) -> "WhichwheelError":
    error = kind.__new__(kind)
    error.args = arguments
    error.__dict__.update(facts)
    return error


class WhichwheelError(Exception):
    """A failure that a user can cause, or meet, and be told about.

    Subclasses keep their facts as attributes, so that a program need not read
    the sentence.

    :param message: what is wrong and where, in one sentence without full stop
    :param hint: what to do about it
    """

    hint: str | None
    #: More about it, line by line, for those who want to know.
    details: tuple[str, ...] = ()

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def message(self) -> str:
        """The sentence, without the hint."""
        return str(self.args[0])

    def __reduce__(
        self,
    ) -> tuple[object, tuple[type["WhichwheelError"], tuple[object, ...], dict[str, object]]]:
        # Subclasses take keyword facts, which the default of Exception would lose.
        return _rebuild, (type(self), self.args, self.__dict__)
