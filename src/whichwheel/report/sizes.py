"""Sizes of files, for people."""

__all__ = ["size_text"]

_STEP = 1000
_UNITS = ("kB", "MB", "GB", "TB")
_FEW = 10


def size_text(size: int) -> str:
    """Return a number of bytes in the unit that suits it, in powers of 1000.

    >>> size_text(17), size_text(5_240_000), size_text(253_900_000)
    ('17 bytes', '5.2 MB', '254 MB')
    """
    if size < _STEP:
        return f"{size} bytes" if size != 1 else "1 byte"
    amount, unit = size / _STEP, _UNITS[0]
    for bigger in _UNITS[1:]:
        # What would be rounded to 1000 is one of the next.
        if amount < _STEP - 0.5:
            break
        amount, unit = amount / _STEP, bigger
    return f"{amount:.1f} {unit}" if amount < _FEW - 0.05 else f"{amount:.0f} {unit}"
