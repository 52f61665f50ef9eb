"""What tells that the Vulkan loader or one of its drivers was exchanged; only files are looked at.

The folders are those of the loader's documentation, "Driver Discovery".
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from whichwheel.target.providers.driver_files import (
    file_text,
    library_folders,
    names_in,
    stamps,
    stamps_in,
)

__all__ = ["VARIABLES", "identity"]

_FILES = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES")
_FOLDERS = ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS")

#: The environment variables that bear on which devices the loader shows, and with what version.
VARIABLES = (
    *_FILES,
    *("VK_LOADER_DRIVERS_SELECT", "VK_LOADER_DRIVERS_DISABLE", "VK_LOADER_DEVICE_SELECT"),
    *("VK_LOADER_DISABLE_SELECT", "VK_LOADER_LAYERS_DISABLE", "VK_INSTANCE_LAYERS"),
    *("MESA_VK_DEVICE_SELECT", "MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE", "DRI_PRIME"),
    *("MESA_VK_VERSION_OVERRIDE", "MVK_CONFIG_API_VERSION_TO_ADVERTISE"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME"),
    *_FOLDERS,
)

_ROOT = Path("/")
_SYSTEM_FOLDERS = (
    *("etc", "usr/share", "usr/local/etc", "usr/local/share"),
    *("opt/homebrew/etc", "opt/homebrew/share"),
)
_HOME_FOLDERS = (".config", ".local/share")
# Implicit layers may hide devices.
_MANIFESTS = ("vulkan/icd.d", "vulkan/implicit_layer.d")
_LIBRARIES = ("libvulkan.so.1", "libvulkan.1.dylib", "libMoltenVK.dylib")
_KERNEL_MODULES = ("sys/module/nvidia/version",)
_DEVICES = ("nvidia", "dxg", "kfd", "mali")


def identity(environ: Mapping[str, str], root: Path = _ROOT) -> tuple[str, ...]:
    """Return what changes when the loader, a driver, or the devices may have changed.

    :param root: the root of the file system
    """
    listed = [
        Path(part)
        for variable in _FILES
        for part in environ.get(variable, "").split(os.pathsep)
        if part
    ]
    if sys.platform == "win32":
        system = Path(environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
        # The drivers are in the registry; each one that is installed adds to the second.
        own = [system / "vulkan-1.dll", system / "DriverStore" / "FileRepository"]
        return tuple(stamps([*own, *listed]))
    libraries = (*library_folders(root, environ), root / "opt/homebrew/lib")
    return (
        *(file_text(root / module) for module in _KERNEL_MODULES),
        " ".join(names_in(root / "dev/dri")),
        " ".join(name for name in names_in(root / "dev") if name.startswith(_DEVICES)),
        *stamps_in(libraries, _LIBRARIES),
        *stamps([root / "etc/ld.so.cache", *_manifests(environ, root), *listed]),
    )


def _manifests(environ: Mapping[str, str], root: Path) -> Iterator[str]:
    folders = [os.path.join(root, folder) for folder in _SYSTEM_FOLDERS]  # noqa: PTH118
    for variable in _FOLDERS:
        folders += [part for part in environ.get(variable, "").split(os.pathsep) if part]
    if environ.get("HOME"):
        folders += [f"{environ['HOME']}/{folder}" for folder in _HOME_FOLDERS]
    # Joined as texts: a path for each would cost more than the look.
    for folder in dict.fromkeys(folders):
        for kind in _MANIFESTS:
            for name in names_in(f"{folder}/{kind}"):
                yield f"{folder}/{kind}/{name}"
