"""Values of macOS's ``sysctl``, read through the C library rather than by a command.

Never ran on real hardware: the tests cover the translation of the values, not the calls.
"""

__all__ = ["sysctl_bytes", "sysctl_number", "sysctl_text"]

_LARGEST = 64 * 1024


def sysctl_bytes(name: str) -> bytes | None:
    """Return the raw value of a ``sysctl`` name, or None if there is none."""
    import ctypes  # noqa: PLC0415 -- start-up speed

    library = ctypes.CDLL(None)
    size = ctypes.c_size_t(0)
    encoded = name.encode()
    if library.sysctlbyname(encoded, None, ctypes.byref(size), None, 0) != 0:
        return None
    if not 0 < size.value <= _LARGEST:
        return None
    buffer = ctypes.create_string_buffer(size.value)
    if library.sysctlbyname(encoded, buffer, ctypes.byref(size), None, 0) != 0:
        return None
    return buffer.raw[: size.value]


def sysctl_text(name: str) -> str:
    """Return a text value, empty if there is none."""
    return (sysctl_bytes(name) or b"").rstrip(b"\0").decode("ascii", "replace")


def sysctl_number(name: str) -> int:
    """Return a number, 0 if there is none; of several the first in the lowest bits."""
    return int.from_bytes(sysctl_bytes(name) or b"", "little")
