"""What tells this machine, since this start of it and in this container, from every other.

A copied home folder, an image made from a running machine, a container that shares the cache
folder of its host, and the same machine after a restart all have another identity.
"""

import os
import platform
import sys
from functools import lru_cache
from pathlib import Path

from whichwheel.target.providers.sysctl import sysctl_text

__all__ = ["JOB_VARIABLES", "linux_identity", "machine_identity"]

_BOOT = "proc/sys/kernel/random/boot_id"
_MACHINE = "etc/machine-id"
_NAMESPACE = "proc/self/ns/mnt"

_SESSION_MANAGER = r"SYSTEM\CurrentControlSet\Control\Session Manager"
_BOOT_KEY = (rf"{_SESSION_MANAGER}\Memory Management\PrefetchParameters", "BootId")
_MACHINE_KEY = (r"SOFTWARE\Microsoft\Cryptography", "MachineGuid")

#: Schedulers give the jobs of one user, on one machine, different devices.
JOB_VARIABLES = (
    *("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "PBS_JOBID"),
    *("LSB_JOBID", "JOB_ID", "FLUX_JOB_ID", "NVIDIA_VISIBLE_DEVICES"),
)


@lru_cache(maxsize=1)
def machine_identity() -> tuple[str, ...] | None:
    """Return the identity as texts, or None where the system does not tell when it started."""
    boot = _boot()
    if boot is None:
        return None
    return (*boot, platform.node(), platform.machine(), platform.release(), *_user())


def _user() -> tuple[str, ...]:
    if sys.platform == "win32":
        return ()  # the cache lies in the user's own folder
    # Devices are open to some users and groups alone.
    return (str(os.geteuid()), " ".join(map(str, sorted(os.getgroups()))))


def _boot() -> tuple[str, ...] | None:
    boot: tuple[str, ...] | None = None
    if sys.platform == "linux":
        boot = linux_identity(Path("/"))
    elif sys.platform == "darwin":
        session = sysctl_text("kern.bootsessionuuid")
        boot = (session, sysctl_text("kern.uuid")) if session else None
    elif sys.platform == "win32":
        boot = _windows()
    return boot


def linux_identity(root: Path) -> tuple[str, ...] | None:
    """Return what Linux says of the machine, its start and the container.

    :param root: the root of the file system
    """
    try:
        boot = (root / _BOOT).read_text(encoding="ascii").strip()
        status = root.stat()
    except (OSError, ValueError):
        return None
    try:
        machine = (root / _MACHINE).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = ""
    try:
        # Every container has its own, and the number of its root's file system besides.
        namespace = str((root / _NAMESPACE).readlink())
    except OSError:
        namespace = ""
    return (boot, machine, namespace, f"{status.st_dev}:{status.st_ino}")


def _windows() -> tuple[str, ...] | None:
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 -- only Windows has it

        found = []
        for path, name in (_BOOT_KEY, _MACHINE_KEY):
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                    found.append(str(winreg.QueryValueEx(key, name)[0]))
            except OSError:
                return None
        return tuple(found)
    return None
