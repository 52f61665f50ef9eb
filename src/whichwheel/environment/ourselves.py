"""What whichwheel needs of the environment that it runs in itself."""

import os
import sys
from collections.abc import Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.environment.plan import Plan
from whichwheel.environment.site import Environment
from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.markers import (
    InvalidRequirement,
    InvalidVariantMarker,
    VariantContext,
    parse_requirement,
)

__all__ = ["StopsOurselves", "check_ourselves", "is_our_own"]

_OURSELVES = canonicalize_name("whichwheel")


class StopsOurselves(WhichwheelError):
    """A change after which whichwheel would not run any more.

    :param needs: what it needs, as a requirement
    :param by: the package that says so, whichwheel or one that it needs
    :param becomes: the version that there would be; None if there would be none
    """

    def __init__(self, needs: str, by: NormalizedName, becomes: Version | None) -> None:
        name = canonicalize_name(Requirement(needs).name)
        whose = "whichwheel" if by == _OURSELVES else f"`{by}`, which whichwheel needs,"
        change = f"without `{name}`" if becomes is None else f"with `{name} {becomes}`"
        super().__init__(
            f"whichwheel runs in this environment itself, and would not run {change}: {whose} "
            f"needs `{needs}`",
            hint="name another environment with `--python`; `python -m venv .venv` makes one here",
        )
        self.needs = needs
        self.by = by
        self.becomes = becomes


def is_our_own(environment: Environment) -> bool:
    """Whether an environment is the one that whichwheel runs in."""
    return os.path.realpath(environment.interpreter.prefix) == os.path.realpath(sys.prefix)


def check_ourselves(plan: Plan, environment: Environment) -> None:
    """Check that whichwheel runs after a change, if it is installed where it runs.

    To remove or replace whichwheel itself is nobody's mistake. What was missing before is none
    of the change's.

    :raises StopsOurselves: if something that it needs would be gone, or of a wrong version
    """
    if plan.is_empty or not is_our_own(environment):
        return
    installed = environment.installed_packages()
    after = _after(plan, {name: each.version for name, each in installed.items()})
    pending = [_OURSELVES]
    seen: set[NormalizedName] = set()
    while pending:
        package = installed.get(pending.pop())
        if package is None or package.name in seen:
            continue
        seen.add(package.name)
        if after.get(package.name) != package.version:
            continue  # what comes instead says itself what it needs
        for line in _needs(package, environment.interpreter.environment):
            needed = canonicalize_name(line.name)
            before = installed.get(needed)
            if before is None or not _will_do(line, before.version):
                continue
            becomes = after.get(needed)
            if becomes is None or not _will_do(line, becomes):
                from whichwheel.resolve.rules import without_marker  # noqa: PLC0415 -- start-up time

                raise StopsOurselves(without_marker(line), package.name, becomes)
            pending.append(needed)


def _after(
    plan: Plan, versions: Mapping[NormalizedName, Version]
) -> Mapping[NormalizedName, Version]:
    """Return the versions that there are after a change."""
    after = dict(versions)
    for each in (*plan.remove, *(replaced.old for replaced in plan.replace)):
        after.pop(each.name, None)
        after.pop(each.known_as, None)
    for pin in (*plan.add, *(replaced.new for replaced in plan.replace)):
        after[pin.name] = pin.version
    return after


def _needs(package: InstalledPackage, environment: Mapping[str, str]) -> Iterator[Requirement]:
    for text in package.requires:
        try:
            line = parse_requirement(text).bind(VariantContext.none())
        except (InvalidRequirement, InvalidVariantMarker):
            continue
        if holds(line, environment):
            yield line


def _will_do(line: Requirement, version: Version) -> bool:
    return line.url is not None or line.specifier.contains(version, prereleases=True)
