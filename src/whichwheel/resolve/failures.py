"""What a resolution can fail with; each error keeps its facts."""

from collections.abc import Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.choose.choice import Choice, ReasonKind
from whichwheel.resolve.refusals import refusals_by_label
from whichwheel.spec.errors import WhichwheelError

__all__ = [
    "AxisNotChosen",
    "Conflict",
    "NoSuchVersion",
    "NothingFits",
    "ProjectNotFound",
    "ResolutionFailed",
    "SearchTooLong",
    "UnusableMetadata",
]

_LINES = 12
_VERSIONS = 5


class ResolutionFailed(WhichwheelError):
    """There is no set of packages as the user wants it.

    :param names: the projects it failed over
    """

    def __init__(
        self, message: str, *, names: Sequence[NormalizedName], hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.names = tuple(names)


class ProjectNotFound(ResolutionFailed):
    """No source has a project that was asked for.

    :param sources: the sources that were asked
    :param near: projects with similar names that there are
    """

    def __init__(
        self,
        name: NormalizedName,
        *,
        sources: Sequence[str] = (),
        needed_by: str | None = None,
        near: Sequence[NormalizedName] = (),
    ) -> None:
        needed = f", which {needed_by} needs," if needed_by is not None else ""
        where = f" in {_listed(sources)}" if sources else ""
        spelling = f"did you mean {_listed(near)}? Otherwise" if near else "check the spelling, or"
        super().__init__(
            f"there is no project `{name}`{needed}{where or ' in any source'}",
            names=(name,),
            hint=f"{spelling} name the index that has it with `--index-url`, "
            "`--extra-index-url` or `--find-links`",
        )
        self.near = tuple(near)
        self.sources = tuple(sources)


class NoSuchVersion(ResolutionFailed):
    """A project has no version that the user's requirement allows.

    :param specifier: what was asked for
    :param versions: all there are, newest first
    :param hidden: what hides others, for people; empty if nothing
    """

    def __init__(
        self,
        name: NormalizedName,
        specifier: SpecifierSet,
        versions: Sequence[Version],
        source: str,
        hidden: str = "",
    ) -> None:
        shown = _listed([str(version) for version in versions[:_VERSIONS]])
        more = f" and {len(versions) - _VERSIONS} older" if len(versions) > _VERSIONS else ""
        number = "newest are" if len(versions) > 1 else "only one is"
        allowing = " and ".join(filter(None, (str(specifier) and f"`{specifier}`", hidden)))
        verb = "allow" if hidden and str(specifier) else "allows"
        super().__init__(
            f"`{source}` has no version of `{name}` that {allowing} {verb}"
            + (f": the {number} {shown}{more}" if versions else ""),
            names=(name,),
            hint=f"relax {hidden}, or ask for another version"
            if hidden
            else "ask for another version, or name an index that has it with `--extra-index-url`",
        )
        self.specifier = specifier
        self.versions = tuple(versions)


class NothingFits(ResolutionFailed):
    """No wheel of any version that is allowed fits the target.

    :param choices: the judged releases, newest first, each with the reasons per wheel
    :param needed_by: the package that needs it, if the user did not ask for it
    :param unusable: by version, why wheels that fit cannot be used all the same
    :param has_sources: whether the newest could be built, if the user allowed it
    """

    def __init__(  # noqa: PLR0913 -- each is a part of what there is to tell
        self,
        name: NormalizedName,
        choices: Sequence[Choice],
        *,
        target: str,
        needed_by: str | None = None,
        unusable: Mapping[Version, Sequence[str]] | None = None,
        has_sources: bool = False,
    ) -> None:
        needed = f", which {needed_by} needs," if needed_by is not None else ""
        newest, versions = choices[0], len(choices)
        self.unusable = dict(unusable or {})
        lines = [f"no wheel of `{name}`{needed} fits {target}; of version {newest.version}:"]
        found = [f"  {refused}" for refused in refusals_by_label(newest)]
        found += [f"  {why}" for why in self.unusable.get(newest.version, ())]
        nothing = "  there are only sources" if has_sources else "  there is no wheel at all"
        lines += found[:_LINES] or [nothing]
        if len(found) > _LINES:
            lines.append(f"  and {len(found) - _LINES} more reasons")
        if versions > 1:
            older = f"{versions - 1} older version{'s' * (versions > 2)}"  # noqa: PLR2004
            lines.append(f"and nothing of {older} either")
        hint = _to_lift(newest) or _hint(name, newest, has_sources=has_sources)
        super().__init__("\n".join(lines), names=(name,), hint=hint)
        self.choices = tuple(choices)
        self.needed_by = needed_by


class Conflict(ResolutionFailed):
    """The requirements contradict one another, or packages do not agree on an axis.

    :param causes: the requirements that contradict one another, in order
    :param proof: the sentences that show it, in order
    :param axes: the axes that it is about, as a user names them
    :param hint: what to do, beside choosing other values of the axes
    """

    def __init__(
        self,
        names: Sequence[NormalizedName],
        causes: Sequence[str],
        *,
        proof: Sequence[str] = (),
        axes: Sequence[str] = (),
        hint: str = "relax one of the requirements named above",
    ) -> None:
        if axes:
            hint += f', or choose another value as with `--axis "{axes[0]} = VALUE"`'
        super().__init__(
            "\n".join(["these requirements contradict one another:", *(f"  {x}" for x in causes)]),
            names=names,
            hint=hint,
        )
        self.causes = tuple(causes)
        self.proof = tuple(proof or causes)
        self.axes = tuple(axes)
        if len(self.proof) > 1:
            self.details = ("step by step:", *(f"  {line}" for line in self.proof))


class AxisNotChosen(ResolutionFailed):
    """Packages were built for values of an axis of which the user has to choose one.

    :param axis: as it is shown to people
    :param name: its name in configuration
    :param offers: the values on offer, each with the projects that have a build for it
    """

    def __init__(
        self,
        axis: str,
        name: str,
        description: str,
        offers: Mapping[str, Sequence[NormalizedName]],
    ) -> None:
        told = "; ".join(f"`{value}`: {_listed(names)}" for value, names in offers.items())
        names = list(dict.fromkeys(each for projects in offers.values() for each in projects))
        what = f" ({description})" if description else ""
        first = next(iter(offers), "VALUE")
        super().__init__(
            f"`{axis}`{what} has to be chosen, and nothing says which; builds are on offer for "
            f"{told}",
            names=names,
            hint=f'choose with `--axis "{axis} = {first}"`, or for good with `value` in '
            f"`[axes.{name}]` of `whichwheel.toml`",
        )
        self.axis = axis
        self.offers = dict(offers)


class SearchTooLong(ResolutionFailed):
    """The search reached its limit before it found a set or proved that there is none.

    :param contested: the projects over which most attempts failed, the first of all first
    :param seconds: the limit
    """

    def __init__(self, contested: Sequence[NormalizedName], seconds: float) -> None:
        shown = _listed(contested[:_VERSIONS]) or "the packages"
        super().__init__(
            f"no set of packages that go together was found in {seconds:g} s, nor a proof that "
            f"there is none; most attempts failed over {shown}",
            names=contested,
            hint="pin some of these versions, so that there is less to try",
        )
        self.seconds = seconds


class UnusableMetadata(ResolutionFailed):
    """Variant metadata has faults, and the user wants none tolerated.

    :param faults: every fault, as the source tells it
    """

    def __init__(self, name: NormalizedName, version: Version, faults: Sequence[str]) -> None:
        super().__init__(
            f"the variant metadata of `{name} {version}` cannot be used: {'; '.join(faults)}",
            names=(name,),
            hint="without `--strict` the `null` variant and plain wheels would serve",
        )
        self.version = version
        self.faults = tuple(faults)


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)


def _hint(  # noqa: PLR0911 -- one for each reason
    name: NormalizedName, choice: Choice, *, has_sources: bool
) -> str:
    kinds = {reason.kind for judged in choice.judgements for reason in judged.reasons}
    barred = (
        str(reason.facts["hint"])
        for judged in choice.judgements
        for reason in judged.reasons
        if reason.kind is ReasonKind.NOT_ALLOWED and "hint" in reason.facts
    )
    if (hint := next(barred, None)) is not None:
        return hint
    if ReasonKind.NOT_ALLOWED in kinds:
        return "allow other variants: leave out `--variant` or `--no-variants`"
    if ReasonKind.YANKED in kinds:
        return f"to take it all the same, pin it: `{name}=={choice.version}`"
    if kinds & {ReasonKind.PROVIDER_UNKNOWN, ReasonKind.PROVIDER_OFF, ReasonKind.PROVIDER_FAILED}:
        return "say what the machine has in a target file and give it with `--for`"
    if ReasonKind.PROPERTY in kinds:
        return (
            "a plain or `null` wheel would fit: ask its publisher for one, or allow older versions"
        )
    if has_sources and not any(judged.wheel.is_built for judged in choice.judgements):
        return (
            f"`--allow-build {name}` builds it from its sources, which runs their code; or allow "
            "another version"
        )
    if not choice.judgements:
        return "ask its publisher for wheels, or allow another version"
    return "allow another version, or use a Python that it has wheels for"


def _to_lift(choice: Choice) -> str | None:
    """Say how to lift what the user said, if a wheel might fit without; None if it would not."""
    wishes = {ReasonKind.BANNED, ReasonKind.NOT_AS_REQUIRED}
    facts = next(
        (
            judged.reasons[0].facts
            for judged in choice.judgements
            if judged.reasons
            and all(reason.kind in wishes or "axis" in reason.facts for reason in judged.reasons)
        ),
        None,
    )
    if facts is None:
        return None
    if "axis" in facts:
        return "choose another value with `--axis`, or allow another version"
    origin = str(facts["origin"])
    if origin.startswith("--"):
        return f"leave out `{origin}`, or allow another version"
    project = f"{facts['project']} = " if "project" in facts else ""
    return (
        f'`--prefer "{project}{facts["subject"]}"` takes the place of what `{origin}` says, for '
        "one run; or allow another version"
    )
