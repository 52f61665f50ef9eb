"""What Windows' registry says of the processors.

Never ran on Windows: the tests cover the translation of the values, not the calls.
"""

import sys
from collections.abc import Iterable, Mapping

__all__ = ["processor_values"]

_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor"
_MOST = 4096


def processor_values(names: Iterable[str], *, first: bool = True) -> list[Mapping[str, str | int]]:
    """Return values by their names, for each processor; those missing are left out.

    :param names: as ``ProcessorNameString`` or, for an ARM register, ``CP 4000``
    :param first: for the first processor alone
    """
    found: list[Mapping[str, str | int]] = []
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 -- only Windows has it

        wanted = tuple(names)
        for number in range(1 if first else _MOST):
            try:
                key = winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{_KEY}\{number}")
            except FileNotFoundError:
                break
            values: dict[str, str | int] = {}
            with key:
                for name in wanted:
                    try:
                        value, _ = winreg.QueryValueEx(key, name)
                    except FileNotFoundError:
                        continue
                    if isinstance(value, str | int):
                        values[name] = value
            found.append(values)
    return found
