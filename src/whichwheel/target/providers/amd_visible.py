"""Which AMD GPUs a HIP program sees on Linux: the runtimes' environment variables.

ROCm's runtime filters first; HIP then numbers what is left. Source: the runtimes themselves,
ROCR-Runtime (``amd_filter_device.cpp``) and CLR (``rocdevice.cpp``), which say more than ROCm's
page "GPU isolation techniques".
"""

from collections.abc import Mapping, Sequence

from whichwheel.spec.values import dataclass

__all__ = ["CUDA_VISIBLE", "HIP_VISIBLE", "ROCR_VISIBLE", "Visible", "visible"]

ROCR_VISIBLE = "ROCR_VISIBLE_DEVICES"
HIP_VISIBLE = "HIP_VISIBLE_DEVICES"
CUDA_VISIBLE = "CUDA_VISIBLE_DEVICES"

_UUID = "GPU-"
_NO_UUID = "GPU-XX"
_SHORTEST_UUID = len(_UUID) + 1


@dataclass(frozen=True, slots=True)
class Visible:
    """What the variables leave.

    :param indices: the places of the visible GPUs among all of them, in HIP's order
    :param by: the variables that bear on it
    """

    indices: tuple[int, ...]
    by: tuple[str, ...] = ()


def visible(uuids: Sequence[str], environ: Mapping[str, str]) -> Visible:
    """Return the GPUs that a HIP program sees.

    :param uuids: of all GPUs in the kernel's order, as ``GPU-1901fdd6adbc6fe6``; empty texts
        where there is none
    """
    indices = list(range(len(uuids)))
    by = []
    text = environ.get(ROCR_VISIBLE)
    if text is not None:
        indices = _by_rocr(uuids, text)
        by.append(ROCR_VISIBLE)
    # HIP takes an empty variable for one that is not set.
    name = HIP_VISIBLE if environ.get(HIP_VISIBLE) else CUDA_VISIBLE
    text = environ.get(name)
    if text:
        chosen = _by_hip([uuids[index] for index in indices], text)
        indices = [indices[place] for place in chosen]
        by.append(name)
    return Visible(tuple(indices), tuple(by))


def _by_rocr(uuids: Sequence[str], text: str) -> list[int]:
    """Read ``ROCR_VISIBLE_DEVICES``: it ends at the first entry that names no further GPU."""
    found: list[int] = []
    for entry in text.split(",")[: len(uuids)]:
        token = entry.strip().upper()
        index = _by_uuid(uuids, token) if token.startswith("G") else _number(token)
        if index is None or index >= len(uuids) or index in found:
            break
        found.append(index)
    return found


def _by_uuid(uuids: Sequence[str], token: str) -> int | None:
    """Return the one GPU whose UUID starts with a token in upper case."""
    matching = [place for place, uuid in enumerate(uuids) if uuid.upper().startswith(token)]
    return matching[0] if len(matching) == 1 and len(token) >= _SHORTEST_UUID else None


def _by_hip(uuids: Sequence[str], text: str) -> list[int]:
    """Read ``HIP_VISIBLE_DEVICES``: it ends at an entry that names no GPU; twice is once."""
    found: list[int] = []
    for entry in text.split(","):
        if _UUID in entry:
            matching = (place for place, uuid in enumerate(uuids) if entry in (uuid or _NO_UUID))
            index = next(matching, None)
        else:
            index = _number(entry)
            # Neither a blank nor a leading zero is taken.
            if str(index) != entry:
                break
        if index is None or index >= len(uuids):
            break
        if index not in found:
            found.append(index)
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(_NO_UUID) else None
