"""The options that say what a command is asked for, and the files that they name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from packaging.utils import InvalidName, NormalizedName

from whichwheel.building.policy import Projects
from whichwheel.cli.asked import Asked
from whichwheel.cli.building import BuildOptions
from whichwheel.cli.console import Console
from whichwheel.cli.failures import WrongUse
from whichwheel.cli.options import FILE, field_names, is_configured, option, option_group
from whichwheel.cli.source_options import SourceOptions
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.requirements.hashed_sources import Digests
    from whichwheel.requirements.requirement_files import RequirementFiles
    from whichwheel.resolve.requested import Requested, RequestedSource

__all__ = [
    "AskOptions",
    "ask_options",
    "constraint_options",
    "group_option",
    "read_asked",
    "read_groups",
]


@dataclass(frozen=True, slots=True)
class AskOptions:
    """Where else it stands what is wanted.

    :param requirement: files of requirements, or one lock
    :param constraint: files of constraints
    :param editable: folders with a project to install as editable
    :param group: dependency groups, as `NAME` or `PATH:NAME`
    :param require_hashes: take nothing of which no digest is given
    """

    requirement: tuple[Path, ...]
    constraint: tuple[Path, ...]
    editable: tuple[str, ...]
    group: tuple[str, ...]
    require_hashes: bool


_constraint = option(
    "-c",
    "--constraint",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Take only versions that this file allows, of what is needed. Can be repeated.",
)
_require_hashes = option(
    "--require-hashes",
    is_flag=True,
    setting="install.require-hashes",
    help="Take nothing of which no file gives a digest (`--hash`).",
)

group_option = option(
    "--group",
    multiple=True,
    metavar="[PATH:]NAME",
    help="Take what a dependency group of a `pyproject.toml` says too. Can be repeated.",
)

ask_options = option_group(
    AskOptions,
    field_names(AskOptions),
    "asking",
    option(
        "-r",
        "--requirement",
        type=FILE,
        multiple=True,
        metavar="FILE",
        help="Install what a file of requirements says, or a lock. Can be repeated.",
    ),
    _constraint,
    option(
        "-e",
        "--editable",
        multiple=True,
        metavar="PATH",
        help="Install the project in this folder so that changes of it take effect. Can be "
        "repeated.",
    ),
    group_option,
    _require_hashes,
)


def _beside_files(**values: object) -> AskOptions:
    given: dict[str, Any] = dict(values)
    return AskOptions(**given, requirement=(), editable=(), group=())


#: For a command whose argument names the files.
constraint_options = option_group(
    _beside_files, ("constraint", "require_hashes"), "asking", _constraint, _require_hashes
)


def read_asked(
    texts: Sequence[str],
    options: AskOptions,
    source: SourceOptions,
    building: BuildOptions,
    console: Console,
) -> Asked:
    """Read what is wanted, on the command line and in the files that it names.

    Where files say where packages come from, options say it better.

    :param console: told of what a file says and nobody here heeds
    :raises RequirementFileError: if a file cannot be read, or says what nobody here understands
    :raises WrongUse: if a requirement is none
    """
    groups = read_groups(options.group)
    if not (options.requirement or options.constraint):
        found = [*_read((*texts, *groups)), *_read(options.editable, editable=True)]
        return _asked(found, source, building, require_hashes=options.require_hashes)
    from whichwheel.requirements.requirement_files import RequirementFiles  # noqa: PLC0415

    files = RequirementFiles()
    for path in options.requirement:
        files.read(str(path))
    for path in options.constraint:
        files.read(str(path), constraint=True)
    for name, where in files.unset.items():
        console.warning(
            f"the variable `{name}`, which `{where}` uses, is not set; `${{{name}}}` stays as it is"
        )
    _check_understood(files)
    builds = _building(building, files)
    if files.prefers_wheels and not builds.policy.builds_nothing:
        console.note(
            "`--prefer-binary` in a file of requirements is not heeded: the newest version is "
            "taken, and built where it may be and no wheel of it fits"
        )
    digests = _digests(files)
    constraints, located = _constraints(files.constraints, files.places)
    found = [
        *_read((*texts, *groups), files.hashes),
        *_read(files.requirements, files.hashes, places=files.places),
        *_read(options.editable, editable=True),
        *_read(files.editable, places=files.places, editable=True),
    ]
    asked = _asked(
        found,
        _source(source, files),
        builds,
        require_hashes=options.require_hashes or files.require_hashes or bool(files.hashes),
    )
    return replace(
        asked,
        constraints=tuple(constraints),
        located=tuple(located),
        digests=digests,
        prereleases=files.prereleases,
    )


def _constraints(
    texts: Sequence[str], places: Mapping[str, str]
) -> "tuple[list[str], list[Requested | RequestedSource]]":
    """Return constraints of versions, and those that say where a project comes from.

    :param places: the files that they are in
    :raises WrongUse: if one is no requirement
    :raises RequirementFileError: if one says more than a constraint can
    """
    from whichwheel.requirements.requirement_files import RequirementFileError  # noqa: PLC0415
    from whichwheel.resolve.requested import RequestedSource  # noqa: PLC0415 -- start-up time

    versions: list[str] = []
    located: list[Requested | RequestedSource] = []
    for found in _read(texts, places=places):
        if isinstance(found, RequestedSource):
            has_name, has_extras = found.location.name is not None, bool(found.extras)
        else:
            has_name = found.wheel is None or found.requirement.url is not None
            has_extras = bool(found.requirement.extras)
        if has_extras:
            raise RequirementFileError(found.text, "a constraint has no extras")
        if not has_name:
            why = "a constraint names its project, as `name @ URL`"
            raise RequirementFileError(found.text, why)
        if isinstance(found, RequestedSource) or found.wheel is not None:
            located.append(found)
        else:
            versions.append(str(found.requirement))
    return versions, located


def read_groups(groups: Sequence[str]) -> list[str]:
    """Return the requirements of the dependency groups that are wanted.

    :param groups: as ``NAME`` or ``PATH:NAME``
    :raises WrongUse: if there is none of that name
    """
    if not groups:
        return []
    from whichwheel.requirements.dependency_groups import (  # noqa: PLC0415 -- start-up time
        InvalidGroups,
        read_group,
    )

    try:
        return [text for group in groups for text in read_group(group)]
    except InvalidGroups as error:
        raise WrongUse(error) from None


def _read(
    texts: Sequence[str],
    digests: "Mapping[str, tuple[tuple[str, str], ...]] | None" = None,
    *,
    places: Mapping[str, str] | None = None,
    editable: bool = False,
) -> "Iterator[Requested | RequestedSource]":
    """Yield what texts ask for.

    :param digests: by text, those that its file may have
    :param places: by text, the file that it is in
    :raises WrongUse: if one cannot be read
    """
    from whichwheel.resolve.requested import RequestedSource, parse_asked  # noqa: PLC0415

    for text in texts:
        try:
            found = parse_asked(text, editable=editable)
        except WhichwheelError as error:
            raise WrongUse(_placed(error, (places or {}).get(text))) from None
        given = (digests or {}).get(text)
        if isinstance(found, RequestedSource) and given:
            if len(given) > 1:
                raise click.UsageError(f"of the sources `{found.text}`, give one digest alone")
            location = replace(found.location, hashes={**found.location.hashes, **dict(given)})
            found = replace(found, location=location)
        yield found


def _placed(error: WhichwheelError, place: str | None) -> WhichwheelError:
    """Return an error that says which file it is in, if it is in one."""
    if place is None:
        return error
    from whichwheel.requirements.requirement_files import RequirementFileError  # noqa: PLC0415

    return RequirementFileError(place, error.message, hint=error.hint)


def _asked(
    found: "Sequence[Requested | RequestedSource]",
    source: SourceOptions,
    building: BuildOptions,
    *,
    require_hashes: bool,
) -> Asked:
    from whichwheel.resolve.requested import RequestedSource  # noqa: PLC0415 -- start-up time

    requests, sources = [], []
    for each in found:
        if isinstance(each, RequestedSource):
            sources.append(each)
        else:
            requests.append(each)
    if require_hashes:
        _check_digests(sources)
    return Asked(tuple(requests), source, building, tuple(sources), require_hashes=require_hashes)


def _check_digests(sources: "Sequence[RequestedSource]") -> None:
    """Check that whatever is to be built has a digest to be checked against."""
    for each in sources:
        if each.location.hashes and each.location.kind == "archive":
            continue
        why = "no digest was given for it"
        if each.location.kind != "archive":
            why = f"a {_KINDS[each.location.kind]} has no digest to be checked"
        raise click.UsageError(
            f"`{each.text}` cannot be taken where everything needs a digest: {why}"
        )


_KINDS = {"folder": "folder", "git": "repository"}


def _check_understood(files: "RequirementFiles") -> None:
    from whichwheel.requirements.requirement_files import RequirementFileError  # noqa: PLC0415

    for where, why in (
        *((each, "only files on this machine are read") for each in files.elsewhere),
        *((each, "it is a lock, which is installed alone") for each in files.locks),
        *((each, "whichwheel knows no such option") for each in files.unknown),
    ):
        raise RequirementFileError(where, why)


def _digests(files: "RequirementFiles") -> "dict[NormalizedName, Digests]":
    from whichwheel.resolve.requested import RequestedSource  # noqa: PLC0415 -- start-up time

    digests: dict[NormalizedName, Digests] = {}
    for text, given in files.hashes.items():
        (request,) = _read([text])
        if isinstance(request, RequestedSource):
            continue  # they are checked by themselves
        digests[request.name] = digests.get(request.name, frozenset()) | frozenset(given)
    return digests


def _source(source: SourceOptions, files: "RequirementFiles") -> SourceOptions:
    said = files.from_files
    if said.index_url or said.no_index:
        # What the files of this run say is nearer than what is configured.
        none: dict[str, Any] = {"index_url": None, "no_index": False}
        none |= {"extra_index_url": (), "find_links": ()}
        source = replace(source, **{name: none[name] for name in none if is_configured(name)})
    return replace(
        source,
        index_url=source.index_url or said.index_url,
        extra_index_url=(*source.extra_index_url, *said.extra_index_urls),
        find_links=(*source.find_links, *said.find_links),
        trusted_host=(*source.trusted_host, *said.trusted_hosts),
        no_index=source.no_index or said.no_index,
    )


def _building(building: BuildOptions, files: "RequirementFiles") -> BuildOptions:
    try:
        always, never = (
            Projects.parse(files.builds.get(name, ())) for name in ("--no-binary", "--only-binary")
        )
    except InvalidName as error:
        raise click.UsageError(f"in a file of requirements: {error}") from None
    return replace(
        building,
        no_binary=building.no_binary | always,
        only_binary=building.only_binary | never,
    )
