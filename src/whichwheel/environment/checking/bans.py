"""Builds that the user does not want, installed all the same."""

from collections.abc import Iterable, Iterator

from whichwheel.choose.wishes import Wish, Wishes
from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject

__all__ = ["ban_findings"]


def ban_findings(subjects: Iterable[Subject], wishes: Wishes) -> Iterator[Finding]:
    """Yield every installed build that is banned, or not what its project has to be."""
    for subject in subjects:
        against = list(_against(subject, wishes))
        if against:
            told = "; ".join(
                f"`{wish.subject}` is {wish.kind.done} (`{wish.origin}`)" for wish in against
            )
            yield Finding(
                FindingKind.UNWANTED,
                Severity.ERROR,
                (subject.name,),
                f"`{subject.title}` is not what you want: {told}",
                hint=f"`whichwheel refresh {subject.name}` looks for another build",
                facts={"label": subject.installed.label, "by": [wish.origin for wish in against]},
            )


def _against(subject: Subject, wishes: Wishes) -> Iterator[Wish]:
    said = wishes.about(subject.name)
    if said is None:
        return
    build = subject.installed.label, subject.package.properties
    yield from (ban for ban in said.bans if ban.matches(*build))
    # What is required of all projects depends on what builds there are of each.
    yield from (
        wish for wish in said.requires if wish.project is not None and not wish.matches(*build)
    )
