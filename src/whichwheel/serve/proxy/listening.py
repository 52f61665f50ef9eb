"""A place to listen at, before the server that answers there is loaded."""

import socket
import sys

from whichwheel.spec.errors import WhichwheelError

__all__ = ["CannotListen", "listening_socket"]


class CannotListen(WhichwheelError):
    """An address cannot be listened on.

    :param host: as given
    :param port: as given
    """

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"cannot listen on `{host}` port {port}: {why}",
            hint="choose another port with `--port`; 0 takes any that is free",
        )
        self.host = host
        self.port = port


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that clients can connect to from now on.

    :param port: 0 for any that is free
    :raises CannotListen: if the address is in use, or not one of this machine
    """
    try:
        # With the protocol, as only a socket that has one gets its answers out without delay.
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
        try:
            if sys.platform != "win32":
                # There, it would let two programs share the port.
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(2048)
        except BaseException:
            opened.close()
            raise
    except (OSError, UnicodeError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CannotListen(host, port, why.lower()) from None
    return opened
