"""What keeps a release from being dispatched."""

from whichwheel.publish.errors import PublishError

__all__ = ["CannotDispatch"]


class CannotDispatch(PublishError, ValueError):
    """No dispatch package can be made of a release.

    :param what: the project, with its version where that is known
    :param why: the reason
    """

    def __init__(self, what: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(f"cannot dispatch {what}: {why}", hint=hint)
        self.what = what
        self.why = why
