"""What has to change for an environment to hold a resolution, or to lose some packages."""

import hashlib
from collections.abc import Iterable, Mapping

from packaging.utils import NormalizedName

from whichwheel.environment.errors import NotInstalled
from whichwheel.environment.plan import Installed, Plan, Replacement
from whichwheel.environment.site import Environment
from whichwheel.resolve.resolution import DirectUrl, Pin, Resolution
from whichwheel.sources.addresses import file_path

__all__ = ["check_installed", "make_plan", "plan_removal"]


def make_plan(
    resolution: Resolution,
    environment: Environment,
    *,
    reinstall: frozenset[NormalizedName] = frozenset(),
    exact: bool = False,
) -> Plan:
    """Compare a resolution with what is installed.

    A package stays if its name, version and variant label are those of its pin; one that the
    user named by path or URL only if it also came from there and the file is still the same.

    :param reinstall: packages to put anew even so
    :param exact: remove what the resolution does not name; what a legacy tool installed
        (``*.egg-info``) stays, as nobody knows its files
    """
    installed = environment.installed()
    add: list[Pin] = []
    replace: list[Replacement] = []
    keep: dict[NormalizedName, Installed] = {
        kept.name: installed[kept.name] for kept in resolution.kept if kept.name in installed
    }
    for pin in resolution.pins:
        old = installed.get(pin.name)
        if old is None:
            add.append(pin)
        elif pin.name not in reinstall and _is_same(old, pin):
            keep[pin.name] = old
        else:
            replace.append(Replacement(old, pin))
    named = {pin.name for pin in resolution.pins} | keep.keys()
    remove = [
        each
        for each in installed.values()
        if each.name not in named and each.metadata_directory.suffix == ".dist-info"
    ]
    return Plan(
        add=tuple(sorted(add, key=lambda pin: pin.name)),
        remove=tuple(remove) if exact else (),
        replace=tuple(sorted(replace, key=lambda each: each.new.name)),
        keep=tuple(each for _, each in sorted(keep.items())),
        warnings=resolution.warnings,
        agreed=resolution.agreed,
    )


def _is_same(old: Installed, pin: Pin) -> bool:
    same = old.version == pin.version and old.label == pin.wheel.name.label
    return same and (pin.direct_url is None or _is_same_file(old, pin.direct_url))


def _is_same_file(old: Installed, direct: DirectUrl) -> bool:
    if old.url != direct.url:
        return False
    wanted = direct.hashes.get("sha256")
    path = file_path(direct.url)
    if wanted is None and path is not None:
        # Built anew since: what lies there now is what the user means.
        with path.open("rb") as file:
            wanted = hashlib.file_digest(file, "sha256").hexdigest()
    return wanted is None or wanted == old.archive_sha256


def plan_removal(names: Iterable[NormalizedName], environment: Environment) -> Plan:
    """Return the plan that removes some packages and touches nothing else.

    :param names: each may be named more than once
    :raises NotInstalled: naming every one that is not there, with names that look alike
    """
    installed = environment.installed()
    wanted = tuple(dict.fromkeys(names))
    check_installed(wanted, installed)
    return Plan(remove=tuple(installed[name] for name in sorted(wanted)))


def check_installed(
    names: Iterable[NormalizedName], installed: Mapping[NormalizedName, Installed]
) -> None:
    """Check that packages are there.

    :raises NotInstalled: naming every one that is not, with names that look alike
    """
    missing = tuple(name for name in names if name not in installed)
    if missing:
        from difflib import get_close_matches  # noqa: PLC0415 - only to be helpful

        raise NotInstalled(
            missing,
            {name: tuple(get_close_matches(name, installed, 3, 0.75)) for name in missing},
        )
