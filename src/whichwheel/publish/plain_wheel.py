"""A variant wheel under a plain name, for tools that know nothing of variants."""

import shutil
from pathlib import Path

from whichwheel.publish.archive import SIGNATURES, rewrite_wheel
from whichwheel.publish.atomic import write_atomically
from whichwheel.publish.errors import OutputExists
from whichwheel.sources.errors import BrokenWheel, SourceError
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.header_fields import header_parts
from whichwheel.spec.markers import (
    InvalidRequirement,
    InvalidVariantMarker,
    VariantContext,
    parse_requirement,
)

__all__ = ["has_variant_markers", "resolved_metadata", "write_plain"]

_FIELD = b"requires-dist:"


def has_variant_markers(metadata: bytes) -> bool:
    """Whether core metadata may have a variant marker; it has none if this says so."""
    return b"variant_" in metadata


def resolved_metadata(metadata: bytes, context: VariantContext, where: str) -> bytes | None:
    """Answer the variant markers in core metadata (PEP 825, Environment markers).

    A requirement that cannot hold for the wheel is left out; of the others only the variant
    part of the marker goes. All else stays, byte by byte.

    :param metadata: the ``METADATA`` of a wheel
    :param context: the wheel
    :param where: the wheel, for messages
    :returns: None if nothing has to change
    :raises BrokenWheel: if a requirement with such a marker cannot be read
    """
    resolved = []
    changed = False
    for part in header_parts(metadata):
        kept = _resolved(part, context, where)
        changed = changed or kept is not part
        if kept is not None:
            resolved.append(kept)
    return b"".join(resolved) if changed else None


def write_plain(
    wheel: Path, destination: Path, *, metadata: bytes | None, force: bool = False
) -> None:
    """Write a wheel under another name, and with other metadata if need be.

    Its ``variant.json`` stays in it, so that what it was chosen for stays known.

    :param destination: where to, named as the wheel is to be named
    :param metadata: what its ``METADATA`` becomes; None leaves the wheel as it is
    :param force: whether ``destination`` may exist
    :raises BrokenWheel: if the wheel has to be rewritten and is not as its ``RECORD`` says
    :raises OutputExists: if ``destination`` is the wheel itself, or exists without ``force``
    :raises PublishError: if it cannot be written
    """
    if destination.exists():
        if destination.samefile(wheel):
            raise OutputExists(destination, is_input=True)
        if not force:
            raise OutputExists(destination)
    if metadata is None:
        _copy(wheel, destination)
        return
    with WheelArchive(wheel) as archive:
        archive.verify()
        present = {info.filename for info in archive.members}
        signatures = (f"{archive.dist_info}/{name}" for name in SIGNATURES)
        # They sign a RECORD that is no longer the same.
        changes: dict[str, bytes | None] = dict.fromkeys(set(signatures) & present)
        changes[f"{archive.dist_info}/METADATA"] = metadata
        rewrite_wheel(archive, destination, changes, force=force)


def _resolved(part: bytes, context: VariantContext, where: str) -> bytes | None:
    """Return a header field as it holds for one wheel, None if it does not hold."""
    if b"variant_" not in part or part[: len(_FIELD)].lower() != _FIELD:
        return part
    name, _, value = part.partition(b":")
    text = b" ".join(line.strip() for line in value.splitlines()).decode("utf-8", "replace")
    try:
        requirement = parse_requirement(text.strip())
    except (InvalidRequirement, InvalidVariantMarker) as error:
        raise BrokenWheel(where, f"in its metadata, {error.message}") from None
    if not requirement.has_variant_markers:
        return part
    if not requirement.can_hold(context):
        return None
    ending = part[len(part.rstrip(b"\r\n")) :]
    return name + b": " + str(requirement.bind(context)).encode() + ending


def _copy(wheel: Path, destination: Path) -> None:
    try:
        source = wheel.open("rb")
    except OSError as error:
        raise SourceError(
            f"cannot read the wheel `{wheel}`: {error.strerror or error}", where=str(wheel)
        ) from None
    with source, write_atomically(destination) as target:
        shutil.copyfileobj(source, target, 1 << 20)
