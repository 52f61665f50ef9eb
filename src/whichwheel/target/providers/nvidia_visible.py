"""Which GPUs a CUDA program sees: ``CUDA_VISIBLE_DEVICES``, as far as NVIDIA documents it.

Source: CUDA Programming Guide, CUDA Environment Variables, Device Enumeration and Properties.
What is not documented there, only the CUDA driver itself can tell.
"""

from collections.abc import Iterator, Sequence

from whichwheel.spec.values import dataclass
from whichwheel.target.providers.nvidia_architectures import Capability

__all__ = ["DEVICE_ORDER", "VISIBLE_DEVICES", "Gpu", "hidden", "hides_all", "visible"]

VISIBLE_DEVICES = "CUDA_VISIBLE_DEVICES"
DEVICE_ORDER = "CUDA_DEVICE_ORDER"

_BY_BUS = "PCI_BUS_ID"


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU, or a MIG device, which is a part of one.

    :param name: the product's name
    :param uuid: as ``GPU-8932f937-...`` or ``MIG-...``; empty if it is not known
    :param memory_mib: in MiB; None if it is not known
    :param mig: ``on``, ``off``, or of a MIG device the profile, as ``1g.10gb``
    :param parts: the MIG devices of a GPU in MIG mode
    :param instance: the GPU instance and the compute instance of a MIG device
    """

    name: str
    capability: Capability
    uuid: str = ""
    memory_mib: int | None = None
    mig: str = "off"
    parts: tuple["Gpu", ...] = ()
    instance: tuple[int, int] | None = None


def hides_all(variable: str | None) -> bool:
    """Return whether the variable hides every GPU: if its first entry is empty or negative.

    >>> hides_all(""), hides_all("-1,0"), hides_all(None)
    (True, True, False)
    """
    if variable is None:
        return False
    first = variable.split(",", 1)[0].strip()
    return not first or first.startswith("-")


def visible(
    gpus: Sequence[Gpu], variable: str | None, order: str | None = None
) -> tuple[Gpu, ...] | None:
    """Return the GPUs that a CUDA program sees, or None where only the CUDA driver can tell.

    CUDA stops at the first entry that names no GPU. It numbers GPUs of several kinds by their
    speed unless it is told otherwise, while the list is in the order of the bus.

    :param gpus: all GPUs in the order of the PCI bus
    :param variable: the value of ``CUDA_VISIBLE_DEVICES``; None if it is not set
    :param order: the value of ``CUDA_DEVICE_ORDER``
    """
    if hides_all(variable):
        return ()
    certain = order == _BY_BUS or len({_kind(gpu) for gpu in gpus}) <= 1
    if variable is None:
        return tuple(gpus) if certain and all(gpu.mig == "off" for gpu in gpus) else None
    entries = [entry.strip() for entry in variable.split(",")]
    if all(entry.startswith("MIG-") for entry in entries):
        # "Only single MIG instance enumeration is supported."
        found = next(_named(gpus, entries[0]), None)
        return () if found is None else (found,)
    if all(entry.startswith("GPU-") for entry in entries):
        return _listed([list(_named(gpus, entry)) for entry in entries])
    if not certain or any(_is_odd(entry) for entry in entries):
        return None
    return _listed(
        [gpus[int(entry) : int(entry) + 1] if entry.isdigit() else () for entry in entries]
    )


def _kind(gpu: Gpu) -> tuple[object, ...]:
    return (gpu.name, gpu.capability, gpu.memory_mib)


def _is_odd(entry: str) -> bool:
    """Whether an entry is neither a number nor so wrong that it ends the list for certain."""
    return not (entry.isascii() and (entry.isdigit() or not entry or entry.startswith("-")))


def _listed(named: Sequence[Sequence[Gpu]]) -> tuple[Gpu, ...] | None:
    """Return the GPUs that a list names, up to an entry that names none.

    :param named: what each entry names
    """
    found: list[Gpu] = []
    for gpus in named:
        if not gpus:
            break
        if len(gpus) > 1 or gpus[0] in found or gpus[0].mig != "off":
            return None
        found.append(gpus[0])
    return tuple(found)


def _named(gpus: Sequence[Gpu], entry: str) -> Iterator[Gpu]:
    """Yield the GPUs and MIG devices whose UUID begins with an entry.

    MIG devices have an older name too: ``MIG-GPU-<UUID>/<GPU instance>/<compute instance>``.
    """
    if not entry.startswith("MIG-"):
        yield from (gpu for gpu in gpus if gpu.uuid.startswith(entry))
        return
    for gpu in gpus:
        for part in gpu.parts:
            instances = "" if part.instance is None else "{}/{}".format(*part.instance)
            older = f"MIG-{gpu.uuid}/{instances}"
            if part.uuid.startswith(entry) or older == entry:
                yield part


def hidden(gpus: Sequence[Gpu], seen: Sequence[Gpu]) -> tuple[str, ...]:
    """Return the GPUs of which a program sees nothing, as ``GPU 2 (NVIDIA L4)``."""
    names = {gpu.uuid for gpu in seen if gpu.uuid}
    return tuple(
        f"GPU {index} ({gpu.name})"
        for index, gpu in enumerate(gpus)
        if gpu.uuid and names.isdisjoint({gpu.uuid, *(part.uuid for part in gpu.parts)})
    )
