"""Ask an environment whether all is well with it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from whichwheel.environment.checking.abis import abi_findings
from whichwheel.environment.checking.agreement import axis_findings
from whichwheel.environment.checking.bans import ban_findings
from whichwheel.environment.checking.builds import build_findings, told_once
from whichwheel.environment.checking.damage import damage_findings
from whichwheel.environment.checking.dependencies import dependency_findings
from whichwheel.environment.checking.finding import Finding, Severity
from whichwheel.environment.checking.fits import unfit_findings
from whichwheel.environment.checking.integrity import integrity_findings
from whichwheel.environment.checking.overlaps import contested_places, overlap_findings
from whichwheel.environment.checking.runtimes import runtime_findings
from whichwheel.environment.checking.subject import subjects_of
from whichwheel.environment.planning import check_installed
from whichwheel.environment.site import Environment
from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.options import ResolveOptions
from whichwheel.sources.ports import Sources
from whichwheel.spec.values import dataclass
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["Checked", "check_environment"]

_ORDER = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    :param packages: how many were looked at
    :param files: how many files were looked at
    :param asked_sources: whether the sources were asked for other builds
    :param verified: whether hashes were compared, not only sizes
    """

    findings: tuple[Finding, ...]
    packages: int
    files: int
    asked_sources: bool
    verified: bool
    counts: Mapping[Severity, int] = field(default_factory=dict)

    def is_well(self, *, strict: bool = False) -> bool:
        """Whether there is no error and, if ``strict``, no warning."""
        return not self.counts[Severity.ERROR] and not (strict and self.counts[Severity.WARNING])


def check_environment(  # noqa: PLR0913 - each says one thing that only the caller knows
    environment: Environment,
    target: Target,
    *,
    options: ResolveOptions,
    sources: Sources | None = None,
    names: frozenset[NormalizedName] = frozenset(),
    verify: bool = True,
    overlays: "ActiveOverlays | None" = None,
) -> Checked:
    """Look for everything that is wrong with an environment.

    :param options: what the user prefers; the axes of the environment are those it has
    :param sources: None to leave out whether other builds would be better
    :param names: packages to look at; empty for all
    :param verify: whether to compare the hashes of files, not only their sizes
    :param overlays: those that are on, which know for what installed packages stand
    :raises NotInstalled: if one of ``names`` is not there
    """
    subjects = subjects_of(environment, overlays)
    plain = {each.installed.known_as: name for name, each in subjects.items()}
    names = frozenset(name if name in subjects else plain.get(name, name) for name in names)
    check_installed(sorted(names), {name: each.installed for name, each in subjects.items()})
    axes = options.axes or Axes.shipped()
    looked_at = [each for name, each in subjects.items() if not names or name in names]
    contested = contested_places(subjects.values())
    found = [
        *damage_findings(environment, subjects),
        *unfit_findings(looked_at, target),
        *ban_findings(looked_at, options.preferences.wishes),
        *axis_findings(subjects.values(), axes),
        *abi_findings(subjects),
        *dependency_findings(subjects, target),
        *overlap_findings(contested),
        *runtime_findings(subjects.values(), axes),
        *integrity_findings(looked_at, contested=frozenset(contested), verify=verify),
    ]
    if sources is not None:
        found += build_findings(
            environment,
            subjects,
            target=target,
            sources=sources,
            options=options,
            overlays=overlays,
        )
        found = told_once(found)
    found = [each for each in found if not names or not each.packages or each.concerns(names)]
    found.sort(key=lambda each: (_ORDER[each.severity], each.packages, each.kind))
    counted = Counter(each.severity for each in found)
    return Checked(
        findings=tuple(found),
        packages=len(looked_at),
        files=sum(len(each.files or ()) for each in looked_at),
        asked_sources=sources is not None,
        verified=verify,
        counts={severity: counted[severity] for severity in Severity},
    )
