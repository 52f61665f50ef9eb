"""Whether what packages need is there, in a version that will do."""

from collections.abc import Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject
from whichwheel.resolve.core_metadata import holds
from whichwheel.resolve.installed import InstalledRequirements
from whichwheel.spec.markers import InvalidRequirement, InvalidVariantMarker, parse_requirement
from whichwheel.target.target import Target

__all__ = ["dependency_findings"]


def dependency_findings(
    subjects: Mapping[NormalizedName, Subject], target: Target
) -> Iterator[Finding]:
    """Yield every dependency that is missing or of a version that will not do.

    Markers are answered for the target, those about variants with the properties of the build
    that is installed. Extras count where they are recorded or where another package needs them.
    """
    requirements = InstalledRequirements(target)
    lines: dict[NormalizedName, tuple[Requirement, ...]] = {}
    # What stands for a plain name is what a dependency on that name means.
    plain = {each.installed.known_as: each for each in subjects.values()}
    subjects = {**plain, **subjects}
    for name, subject in subjects.items():
        lines[name] = tuple(requirements.of(subject.package))
        if name == subject.name:
            yield from _unreadable(subject)
    for name, extras in _extras(subjects, lines, target).items():
        subject = subjects[name]
        if name != subject.installed.known_as:
            continue
        for line in dict.fromkeys(_holding(lines[name], extras, target)):
            finding = _unmet(subject, line, subjects)
            if finding is not None:
                yield finding


def _unreadable(subject: Subject) -> Iterator[Finding]:
    for text in subject.package.requires:
        try:
            parse_requirement(text)
        except (InvalidRequirement, InvalidVariantMarker) as error:
            yield Finding(
                FindingKind.METADATA_UNREADABLE,
                Severity.WARNING,
                (subject.name,),
                f"in the metadata of `{subject.title}`, {error.message}",
                facts={"requirement": text},
            )


def _extras(
    subjects: Mapping[NormalizedName, Subject],
    lines: Mapping[NormalizedName, tuple[Requirement, ...]],
    target: Target,
) -> Mapping[NormalizedName, frozenset[str]]:
    """Return the extras of each package that count, followed through those who need them."""
    found: dict[NormalizedName, frozenset[str]] = {
        name: subject.package.extras for name, subject in subjects.items()
    }
    waiting = list(subjects)
    while waiting:
        name = waiting.pop()
        for line in _holding(lines[name], found[name], target):
            needed = canonicalize_name(line.name)
            if needed in found:
                extras = found[needed] | {canonicalize_name(extra) for extra in line.extras}
                if extras != found[needed]:
                    found[needed] = extras
                    waiting.append(needed)
    return found


def _holding(
    lines: tuple[Requirement, ...], extras: frozenset[str], target: Target
) -> Iterator[Requirement]:
    for line in lines:
        try:
            if any(holds(line, target.environment, extra) for extra in ("", *sorted(extras))):
                yield line
        except InvalidRequirement:
            continue


def _unmet(
    subject: Subject, line: Requirement, subjects: Mapping[NormalizedName, Subject]
) -> Finding | None:
    needed = canonicalize_name(line.name)
    wanted = str(line).partition(";")[0].strip()
    there = subjects.get(needed)
    if there is None:
        return Finding(
            FindingKind.MISSING,
            Severity.ERROR,
            (subject.name, needed),
            f"`{subject.title}` needs `{wanted}`, which is not installed",
            hint=f"`whichwheel install {subject.name}` brings it",
            facts={"requirement": wanted},
        )
    version = there.installed.version
    if needed != there.name:
        version = there.installed.known_version
    if line.url is not None or line.specifier.contains(version, prereleases=True):
        return None
    return Finding(
        FindingKind.WRONG_VERSION,
        Severity.ERROR,
        (subject.name, needed),
        f"`{subject.title}` needs `{wanted}`, and `{needed} {version}` is installed",
        hint=f"`whichwheel install {subject.name}` brings one that will do",
        facts={"requirement": wanted, "installed": str(version)},
    )
