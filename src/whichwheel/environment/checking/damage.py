"""Distributions whose own accounts are missing, damaged or there twice."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.environment.checking.finding import Finding, FindingKind, Severity
from whichwheel.environment.checking.subject import Subject
from whichwheel.environment.plan import Installed
from whichwheel.environment.record import RECORD_NAME, parse_record
from whichwheel.environment.site import Environment
from whichwheel.spec.metadata import InvalidMetadata
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName

__all__ = ["damage_findings"]

_LIMIT = 16 * 1024 * 1024


def damage_findings(
    environment: Environment, subjects: Mapping[NormalizedName, Subject]
) -> Iterator[Finding]:
    """Yield what is wrong with the ``*.dist-info`` folders themselves."""
    for folder in environment.site_folders:
        yield from _folder_findings(folder)
    yield from _twice(environment.distributions())
    for subject in subjects.values():
        if subject.installed.metadata_directory.suffix == ".dist-info":
            yield from _record(subject)
            yield from _variant(subject)


def _folder_findings(folder: Path) -> Iterator[Finding]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - a path each would cost more
    except OSError:
        return
    for name in names:
        if not name.endswith(".dist-info"):
            continue
        project = canonicalize_name(name.partition("-")[0].lstrip("~"))
        if name.startswith("~"):
            yield Finding(
                FindingKind.LEFTOVER,
                Severity.WARNING,
                (project,),
                f"`{folder / name}` is left of a change by another tool that was cut off",
                hint="remove the folder",
            )
        elif not (folder / name / "METADATA").is_file():
            yield Finding(
                FindingKind.METADATA_UNREADABLE,
                Severity.ERROR,
                (project,),
                f"`{folder / name}` has no `METADATA`, so that nobody knows `{project}`",
                hint=f"`whichwheel install {project}` installs it anew",
            )
        elif _names_nothing(folder / name / "METADATA"):
            yield Finding(
                FindingKind.METADATA_UNREADABLE,
                Severity.ERROR,
                (project,),
                f"`{folder / name / 'METADATA'}` names no project, or cannot be read",
                hint=f"`whichwheel install {project} --reinstall` installs it anew",
            )


def _names_nothing(path: Path) -> bool:
    content = _read(path)
    return content is None or not any(
        line[:5].lower() == b"name:" for line in content.partition(b"\n\n")[0].splitlines()
    )


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT)
    except OSError:
        return None


def _twice(distributions: Iterable[Installed]) -> Iterator[Finding]:
    by_name: dict[NormalizedName, list[Installed]] = {}
    for each in distributions:
        by_name.setdefault(each.name, []).append(each)
    for name, several in by_name.items():
        if len(several) > 1:
            listed = ", ".join(f"`{each.metadata_directory}`" for each in several)
            yield Finding(
                FindingKind.INSTALLED_TWICE,
                Severity.ERROR,
                (name,),
                f"`{name}` is installed {len(several)} times: {listed}",
                hint=f"`whichwheel install {name} --reinstall` leaves one of them",
                facts={"versions": [str(each.version) for each in several]},
            )


def _record(subject: Subject) -> Iterator[Finding]:
    if subject.files is not None:
        return
    path = subject.installed.metadata_directory / "RECORD"
    what = "cannot be read" if os.path.lexists(path) else "is missing"
    yield Finding(
        FindingKind.RECORD_UNREADABLE,
        Severity.ERROR,
        (subject.name,),
        f"the `RECORD` of `{subject.title}` {what}, so that nobody knows its files",
        hint=f"`pip install --force-reinstall --no-deps {subject.name}` writes it anew",
    )


def _variant(subject: Subject) -> Iterator[Finding]:
    folder = subject.installed.metadata_directory
    path = folder / "variant.json"
    content = _read(path)
    if content is not None:
        try:
            read_metadata(content, where=str(path))
        except InvalidMetadata as error:
            yield _unreadable(subject, error.message)
    elif os.path.lexists(path):
        yield _unreadable(subject, f"`{path}` cannot be read")
    elif _is_variant(subject.installed) and not _has_none(folder):
        yield _unreadable(subject, f"`{path}` is missing")
    record = _read(folder / RECORD_NAME)
    if record is not None and not _is_json(record):
        why = f"`{folder / RECORD_NAME}` cannot be read"
        yield _unreadable(subject, why, severity=Severity.WARNING)


def _is_variant(installed: Installed) -> bool:
    # What an overlay says of a build stands in no file of the build.
    return installed.stand_in is None and installed.label not in (None, "null")


def _has_none(folder: Path) -> bool:
    """Whether what was installed is described beside the wheel, and not inside it."""
    record = parse_record(_read(folder / RECORD_NAME) or b"")
    try:
        return record is not None and bool(WheelName.parse(record.filename).suffix)
    except InvalidWheelName:
        return False


def _unreadable(subject: Subject, why: str, *, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        FindingKind.VARIANT_UNREADABLE,
        severity,
        (subject.name,),
        f"what variant `{subject.title}` is cannot be told for certain: {why}",
        hint=f"`whichwheel install {subject.name}=={subject.installed.version} --reinstall "
        "--no-deps` installs it anew",
    )


def _is_json(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False
