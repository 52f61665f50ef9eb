"""What has to change for an environment to be exactly what a lock, or a file, says."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.environment.applying import UNPACKED_FOLDER
from whichwheel.environment.plan import Plan
from whichwheel.environment.planning import make_plan
from whichwheel.environment.site import Environment
from whichwheel.environment.wheel_cache import WheelCache
from whichwheel.lock.locked_sources import UnpackedMetadata
from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.installed import InstalledRequirements
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["plan_sync", "staying", "unpacked_metadata"]

#: What installs packages stays, whether it is locked or not.
_INSTALLERS = ("pip", "setuptools", "wheel")
_OURSELVES = canonicalize_name("whichwheel")


def plan_sync(
    resolution: Resolution,
    environment: Environment,
    target: Target,
    overlays: "ActiveOverlays | None" = None,
) -> Plan:
    """Plan an environment that holds what was chosen, and nothing else but :func:`staying`.

    :param overlays: those that are on
    """
    plan = make_plan(resolution, environment, exact=True, overlays=overlays)
    if not plan.remove:
        return plan
    stays = staying(environment.installed_packages(), target)
    return replace(plan, remove=tuple(each for each in plan.remove if each.name not in stays))


def staying(
    installed: Mapping[NormalizedName, InstalledPackage], target: Target
) -> set[NormalizedName]:
    """Return what stays whatever is asked for: what installs, and whichwheel with what it needs."""
    stays = {canonicalize_name(name) for name in _INSTALLERS}
    requirements = InstalledRequirements(target)
    pending = [_OURSELVES]
    seen: set[NormalizedName] = set()
    while pending:
        name = pending.pop()
        package = installed.get(name)
        if name in seen or package is None:
            continue
        seen.add(name)
        pending += [
            canonicalize_name(line.name)
            for line in requirements.of(package)
            if holds(line, target.environment)
        ]
    return stays | seen


def unpacked_metadata(cache: Path) -> UnpackedMetadata:
    """Return what reads the core metadata of wheels that lie unpacked in the cache.

    :param cache: the folder of all caches
    """
    wheels = WheelCache(cache / UNPACKED_FOLDER)

    def read(sha256: str) -> bytes | None:
        wheel = wheels.find(sha256)
        if wheel is None:
            return None
        try:
            return (wheel.folder / wheel.dist_info / "METADATA").read_bytes()
        except OSError:
            return None

    return read
