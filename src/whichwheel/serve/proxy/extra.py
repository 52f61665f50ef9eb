"""Whether what the server needs is installed: it comes with an extra."""

from importlib.util import find_spec

from whichwheel.spec.errors import WhichwheelError

__all__ = ["ServerNotInstalled", "check_installed"]

_NEEDED = ("starlette", "uvicorn")


class ServerNotInstalled(WhichwheelError):
    """The packages of the extra ``server`` are not there.

    :param missing: their names
    """

    def __init__(self, missing: tuple[str, ...]) -> None:
        listed = " and ".join(f"`{name}`" for name in missing)
        super().__init__(
            f"the proxy needs {listed}, not installed here",
            hint="install the extra: `pip install 'whichwheel[server]'`",
        )
        self.missing = missing


def check_installed() -> None:
    """Check that the server can be imported.

    :raises ServerNotInstalled: if it cannot
    """
    missing = tuple(name for name in _NEEDED if find_spec(name) is None)
    if missing:
        raise ServerNotInstalled(missing)
