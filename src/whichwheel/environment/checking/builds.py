"""Whether other builds of the installed versions would now be better."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.fits import no_build_hint
from whichwheel.environment.checking.subject import Subject
from whichwheel.environment.plan import Installed, Plan
from whichwheel.environment.refreshing import RefreshImpossible, plan_refresh
from whichwheel.environment.site import Environment
from whichwheel.resolve.fallback_failure import FALLBACK_KINDS
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.resolution import Pin
from whichwheel.sources.errors import SourceError
from whichwheel.sources.ports import Sources
from whichwheel.target.target import Target

if TYPE_CHECKING:
    from whichwheel.sources.overlays.active import ActiveOverlays

__all__ = ["build_findings", "told_once"]


def build_findings(  # noqa: PLR0913 - each says one thing that only the caller knows
    environment: Environment,
    subjects: Mapping[NormalizedName, Subject],
    *,
    target: Target,
    sources: Sources,
    options: ResolveOptions,
    overlays: "ActiveOverlays | None" = None,
) -> Iterator[Finding]:
    """Yield what ``whichwheel refresh`` would change, and what no source has any more.

    That less than the best serves is an error if the user wants it to be, else only a note.
    """
    severity = Severity.ERROR if options.fail_on_fallback else Severity.NOTE
    options = replace(options, fail_on_fallback=False)
    try:
        plan = plan_refresh(
            environment, target=target, sources=sources, options=options, overlays=overlays
        )
        yield from _changes(plan)
        yield from _fallbacks(plan, severity)
        for subject in subjects.values():
            yield from _gone(subject, sources)
    except RefreshImpossible as error:
        yield Finding(
            FindingKind.UNRESOLVABLE,
            Severity.WARNING,
            (),
            error.message,
            hint=error.hint,
        )
    except SourceError as error:
        yield Finding(
            FindingKind.SOURCE_FAILED,
            Severity.WARNING,
            (),
            f"whether other builds would be better is not known: {error.message}",
            hint=error.hint or "`--offline` leaves the sources out",
        )


def _changes(plan: Plan) -> Iterator[Finding]:
    for change in plan.replace:
        old, new = change.old, change.new
        before = old.label or "the plain wheel"
        if old.version != new.version:
            before = str(old.version)
        yield Finding(
            FindingKind.BETTER_BUILD,
            Severity.WARNING,
            (old.name,),
            f"`{old.name} {old.version}`: {_shown(new)} would now be taken instead of "
            f"`{before}`: {_why(new)}".replace("`the plain wheel`", "the plain wheel"),
            hint=f"`whichwheel refresh {old.name}` swaps it",
            facts={"from": old.label, "to": new.wheel.name.label, "version": str(new.version)},
        )


def _fallbacks(plan: Plan, severity: Severity) -> Iterator[Finding]:
    # What is not there yet is a better build, whatever it falls short of.
    kept = {each.name for each in plan.keep}
    for warning in plan.warnings:
        if warning.kind in FALLBACK_KINDS and warning.package in kept:
            yield Finding(
                FindingKind.FALLBACK,
                severity,
                (warning.package,),
                warning.message,
                facts={"fallback": warning.kind},
            )


def _shown(pin: Pin) -> str:
    label = pin.wheel.name.label
    return "the plain wheel" if label is None else f"`{label}`"


def _why(pin: Pin) -> str:
    return next(
        (
            reason.message
            for judged in pin.choice.judgements
            if judged.wheel.name.filename == pin.wheel.name.filename
            for reason in judged.reasons
        ),
        "it fits",
    )


def _gone(subject: Subject, sources: Sources) -> Iterator[Finding]:
    installed = subject.installed
    if installed.url is not None or installed.editable:
        return
    project = sources.project(installed.known_as)
    release = None if project is None else project.releases.get(installed.known_version)
    if release is None:
        if installed.stand_in is not None and _is_offered(installed, sources):
            return
        what = f"`{subject.name} {installed.version}`"
    elif all(wheel.name.label != installed.label for wheel in release.wheels):
        if installed.stand_in is not None and _is_offered(installed, sources):
            return  # the overlay that told what it is, is off
        what = f"`{subject.title}`"
    else:
        return
    yield Finding(
        FindingKind.NOT_AT_SOURCE,
        Severity.NOTE,
        (subject.name,),
        f"{what} is at no source (any more); it is judged by itself alone",
        facts={"sources": list(sources.names)},
    )


def _is_offered(installed: Installed, sources: Sources) -> bool:
    project = sources.project(installed.name)
    return project is not None and installed.version in project.releases


def told_once(found: Sequence[Finding]) -> list[Finding]:
    """Say of a build that will not do what will be taken instead, in one finding.

    :param found: with all that :func:`build_findings` yields
    """
    better = {each.packages: each for each in found if each.kind is FindingKind.BETTER_BUILD}
    unknown = {FindingKind.SOURCE_FAILED, FindingKind.UNRESOLVABLE}
    is_known = all(each.kind not in unknown for each in found)
    result = []
    swapped = set()
    for each in found:
        if each.kind in {FindingKind.VARIANT_UNFIT, FindingKind.UNWANTED} and is_known:
            swap = better.get(each.packages)
            swapped.add(each.packages)
            name = each.packages[0]
            hint = no_build_hint(each)
            if swap is not None:
                label = swap.facts["to"]
                what = "the plain wheel" if label is None else f"`{label}`"
                hint = f"`whichwheel refresh {name}` swaps it for {what}"
            result.append(replace(each, hint=hint))
        else:
            result.append(each)
    return [
        each
        for each in result
        if each.kind is not FindingKind.BETTER_BUILD or each.packages not in swapped
    ]
