"""Whether builds match the versions of what they were built against."""

from collections.abc import Iterator, Mapping

from packaging.utils import NormalizedName

from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject
from whichwheel.spec.abi_dependency import abi_dependencies, abi_specifier

__all__ = ["abi_findings"]


def abi_findings(subjects: Mapping[NormalizedName, Subject]) -> Iterator[Finding]:
    """Yield every build that was made for another version of an installed dependency."""
    for subject in subjects.values():
        package = subject.package
        providers = {} if package.metadata is None else package.metadata.providers
        for name, releases in abi_dependencies(package.properties, providers).items():
            there = subjects.get(name)
            wanted = " or ".join(f"`{name}=={release}.*`" for release in releases)
            facts = {"dependency": name, "releases": list(releases)}
            if there is None:
                yield Finding(
                    FindingKind.ABI,
                    Severity.ERROR,
                    (subject.name, name),
                    f"`{subject.title}` was built for {wanted}, which is not installed",
                    hint=f"`whichwheel install {subject.name} {name}`",
                    facts={**facts, "installed": None},
                )
                continue
            version = there.installed.version
            specifiers = [abi_specifier(release) for release in releases]
            if not any(each and each.contains(version, prereleases=True) for each in specifiers):
                yield Finding(
                    FindingKind.ABI,
                    Severity.ERROR,
                    (subject.name, name),
                    f"`{subject.title}` was built for {wanted}, and `{name} {version}` is "
                    "installed",
                    hint=f"`whichwheel refresh {subject.name}` looks for a build for it",
                    facts={**facts, "installed": str(version)},
                )
