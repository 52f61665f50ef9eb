"""One lock from what every target gets."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.lock.document import BY_VARIANT, Lock, LockedPackage, by_variant
from whichwheel.lock.gathering import Gathered, Gathering
from whichwheel.lock.surroundings import environments_of, marker_of, python_of, surroundings_of
from whichwheel.resolve.requested import Requested
from whichwheel.sources.hashes import strongest
from whichwheel.sources.ports import Sources
from whichwheel.sources.release import File, Wheel
from whichwheel.spec.markers import VariantRequirement
from whichwheel.target.target import Target

__all__ = ["merge"]

_SHA256 = "sha256"


def merge(  # noqa: PLR0913, PLR0917 -- all that a lock is made of
    gathering: Gathering,
    targets: Sequence[Target],
    requests: Sequence[Requested],
    sources: Sources,
    path: Path,
    previous: Lock | None,
) -> Lock:
    """Return the lock of all that was gathered, without what it was made from.

    :param previous: an earlier lock; what other tools wrote into it stays
    :raises SourceError: if a file of which no hash is known cannot be had
    """
    every = {surroundings_of(target) for target in targets}
    optional = _optional(gathering, targets, requests)
    versions: dict[NormalizedName, int] = {}
    for name, _ in gathering.releases:
        versions[name] = versions.get(name, 0) + 1
    packages = []
    for (name, version), gathered in sorted(gathering.releases.items()):
        if not gathered.wheels:
            continue
        marker = marker_of(gathered.users, every)
        if name in optional:
            marker = by_variant(marker)
        before = None if previous is None else previous.by_key.get((name, version))
        package = LockedPackage(
            name=name,
            version=version,
            marker=marker,
            requires_python=_requires_python(gathered),
            dependencies=_dependencies(gathered, gathering, versions),
            more={} if before is None else before.more,
        )
        packages.append(_with_files(package, gathered, sources))
    return Lock(
        path=path,
        packages=tuple(packages),
        requires_python=python_of(every),
        environments=() if gathering.everything else environments_of(every),
        default_groups=(BY_VARIANT,) if optional else (),
        tool={} if previous is None else previous.tool,
    )


def _optional(
    gathering: Gathering, targets: Sequence[Target], requests: Sequence[Requested]
) -> set[NormalizedName]:
    """Return the projects that some target, or some listed build, has no need of.

    Only targets count for which the marker of the project holds.
    """
    needed: dict[str, set[NormalizedName]] = {}
    for target in targets:
        roots = [each.name for each in requests if each.applies(target.environment)]
        needed[target.name] = gathering.common_names(target, roots)
    return {
        name
        for (name, _), gathered in gathering.releases.items()
        if any(
            name not in needed[target.name]
            for target in targets
            if surroundings_of(target) in gathered.users
        )
    }


def _requires_python(gathered: Gathered) -> str | None:
    found = {wheel.file.requires_python for wheel in gathered.wheels.values()}
    if len(found) != 1:
        return None
    text = found.pop()
    return text if text and _is_specifier(text) else None


def _is_specifier(text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier  # noqa: PLC0415 -- only here

    from whichwheel.spec.specifiers import parse_specifiers  # noqa: PLC0415 -- the same

    try:
        parse_specifiers(text)
    except InvalidSpecifier:
        return False
    return True


def _dependencies(
    gathered: Gathered, gathering: Gathering, versions: Mapping[NormalizedName, int]
) -> tuple[Mapping[str, object], ...]:
    """Return the entries that a release needs, with the markers under which it does.

    What only some builds need has a marker that names them.
    """
    by_text: dict[str, list[str | None]] = {}
    lines: dict[str, VariantRequirement] = {}
    for label, listed in gathered.lines.items():
        for line in listed:
            by_text.setdefault(str(line), []).append(label)
            lines.setdefault(str(line), line)
    found: list[Mapping[str, object]] = []
    for text, labels in sorted(by_text.items()):
        name = canonicalize_name(lines[text].requirement.name)
        if name not in versions:
            continue
        entry: dict[str, object] = {"name": name}
        allowed = _allowed(lines[text].requirement, name, gathering)
        if versions[name] > 1 and len(allowed) == 1:
            entry["version"] = allowed[0]
        only = labels if len(labels) < len(gathered.lines) else ()
        marker = _marker(text.partition(";")[2].strip(), only)
        if marker:
            entry["marker"] = marker
        if entry not in found:
            found.append(entry)
    return tuple(found)


def _allowed(requirement: Requirement, name: NormalizedName, gathering: Gathering) -> list[str]:
    return [
        str(version)
        for other, version in sorted(gathering.releases)
        if other == name and requirement.specifier.contains(version, prereleases=True)
    ]


def _marker(marker: str, labels: Sequence[str | None]) -> str:
    """Return the marker of a dependency, narrowed to some labels where it is theirs alone."""
    if "'" not in marker:
        marker = marker.replace('"', "'")
    if not labels:
        return marker
    told = sorted(f"variant_label == '{label or ''}'" for label in labels)
    only = told[0] if len(told) == 1 else f"({' or '.join(told)})"
    if not marker:
        return only
    return f"{f'({marker})' if ' or ' in marker else marker} and {only}"


def _with_files(package: LockedPackage, gathered: Gathered, sources: Sources) -> LockedPackage:
    wheels = tuple(
        Wheel(_hashed(wheel.file, sources), wheel.name)
        for _, wheel in sorted(gathered.wheels.items())
    )
    labels = {wheel.name.label for wheel in wheels} - {None}
    direct = any(pin.direct_url is not None for pin in gathered.pins.values())
    if direct and not labels:
        # A direct reference; one with a label needs the metadata that only wheels have.
        return replace(package, archive=wheels[0])
    index = gathered.release.source
    return replace(
        package,
        wheels=wheels,
        index=index if index.startswith(("https://", "http://")) and not direct else None,
        metadata=gathered.metadata if labels else None,
    )


def _hashed(file: File, sources: Sources) -> File:
    """Return a file with a hash and a size, which means to fetch it where the source tells none."""
    best = strongest(file.hashes)
    if best is not None and (file.size is not None or not file.url.startswith("file:")):
        return replace(file, hashes={best[0]: best[1]})
    path = sources.fetch(file)
    size = path.stat().st_size
    if best is not None:
        return replace(file, hashes={best[0]: best[1]}, size=size)
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, _SHA256).hexdigest()
    return replace(file, hashes={_SHA256: digest}, size=size)
