"""Whether each installed build still fits: its variant, its platform and its Python."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from packaging.tags import Tag, parse_tag

from whichwheel.choose import reasons
from whichwheel.choose.choice import ReasonKind
from whichwheel.choose.wishes import NO_WISHES, Wishes
from whichwheel.environment.checking.bans import ban_findings
from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject, headers_of
from whichwheel.environment.distributions import read_package
from whichwheel.environment.plan import Installed
from whichwheel.resolve.installed import against_installed
from whichwheel.spec.specifiers import python_fits
from whichwheel.target.target import Target

__all__ = ["no_build_hint", "stranded_findings", "unfit_findings"]


def unfit_findings(subjects: Iterable[Subject], target: Target) -> Iterator[Finding]:
    """Yield every installed build that does not fit a target, with the fact that says so."""
    supported = frozenset(target.tags)
    for subject in subjects:
        yield from _against_variant(subject, target)
        yield from _against_platform(subject, target, supported)
        yield from _against_python(subject, target)


def stranded_findings(
    kept: Iterable[Installed], target: Target, wishes: Wishes = NO_WISHES
) -> Iterator[Finding]:
    """Yield those of some distributions, of which nothing better is to be had, that do not fit.

    :param wishes: what the user wants; a build that is banned does not do either
    """
    subjects = [Subject(each, read_package(each), ()) for each in kept]
    for subject in subjects:
        for finding in (*_against_variant(subject, target), *ban_findings([subject], wishes)):
            yield replace(finding, hint=no_build_hint(finding))


def no_build_hint(finding: Finding) -> str:
    """Say what to do about a build that does not fit, if no other of its version does."""
    if finding.facts.get("unclear"):
        return "the build is kept; when the machine answers, ask again, or say with `--set` what is"
    return (
        "no source has another build of this version that fits; "
        f"`whichwheel refresh --upgrade {finding.packages[0]}` looks at other versions"
    )


def _against_variant(subject: Subject, target: Target) -> Iterator[Finding]:
    against = against_installed(subject.package, target)
    if against:
        told = "; ".join(reason.message for reason in against)
        yield Finding(
            FindingKind.VARIANT_UNFIT,
            Severity.ERROR,
            (subject.name,),
            f"`{subject.title}` does not fit: {told}",
            hint=f"`whichwheel refresh {subject.name}` looks for a build that does",
            facts={
                "label": subject.installed.label,
                "unclear": any(reason.kind is ReasonKind.PROVIDER_FAILED for reason in against),
                "reasons": [
                    {"kind": reason.kind.value, "message": reason.message, **reason.facts}
                    for reason in against
                ],
            },
        )


def _against_platform(
    subject: Subject, target: Target, supported: frozenset[Tag]
) -> Iterator[Finding]:
    tags = _tags(subject)
    if tags and tags.isdisjoint(supported):
        yield Finding(
            FindingKind.PLATFORM_UNFIT,
            Severity.ERROR,
            (subject.name,),
            f"`{subject.title}` does not fit: {reasons.platform_tags(tags, target).message}",
            hint=f"`whichwheel install {subject.name} --reinstall` takes the wheel that does",
            facts={"tags": sorted(map(str, tags))},
        )


def _tags(subject: Subject) -> frozenset[Tag]:
    found: set[Tag] = set()
    for key, value in headers_of(subject.installed.metadata_directory / "WHEEL"):
        if key == "tag" and value.count("-") == 2:  # noqa: PLR2004 - python, ABI and platform
            found |= parse_tag(value)
    return frozenset(found)


def _against_python(subject: Subject, target: Target) -> Iterator[Finding]:
    metadata = subject.installed.metadata_directory / "METADATA"
    stated = (value for key, value in headers_of(metadata) if key == "requires-python")
    wanted = next(stated, None)
    if wanted is None:
        return
    if not python_fits(wanted, target.python_version):
        yield Finding(
            FindingKind.PYTHON_UNFIT,
            Severity.ERROR,
            (subject.name,),
            f"`{subject.title}` does not fit: {reasons.python_version(wanted, target).message}",
            hint=f"install a version of `{subject.name}` for it",
            facts={"wanted": wanted, "python": target.python_version},
        )
