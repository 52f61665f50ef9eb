"""Write a wheel anew as a variant wheel of another project."""

from collections.abc import Callable
from pathlib import Path

from whichwheel.publish.archive import SIGNATURES, rewrite_wheel
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.wheel_name import WheelName
from whichwheel.spec.writing import write_metadata

__all__ = ["write_presented"]


def write_presented(
    wheel: Path,
    destination: Path,
    *,
    metadata: Callable[[bytes], bytes],
    variants: VariantMetadata,
) -> None:
    """Write a wheel under another name, version and label.

    What names the project or its version changes: ``METADATA``, the folders ``*.dist-info`` and
    ``*.data``, and with them ``RECORD``. All other files stay as they are, byte by byte. The
    same input gives the same bytes.

    :param destination: named as the new wheel
    :param metadata: makes the new core metadata of the old one
    :param variants: the content of its ``variant.json``
    :raises BrokenWheel: if the wheel is not as its ``RECORD`` says
    :raises PublishError: if the new one cannot be written
    """
    with WheelArchive(wheel) as archive:
        archive.verify()
        name = WheelName.parse(destination.name)
        stem = f"{name.name.replace('-', '_')}-{name.version}"
        old = archive.dist_info.removesuffix(".dist-info")
        changes: dict[str, bytes | None] = {
            f"{archive.dist_info}/METADATA": metadata(archive.metadata),
            f"{archive.dist_info}/variant.json": write_metadata(variants),
        }
        present = {info.filename for info in archive.members}
        for signature in SIGNATURES:
            if f"{archive.dist_info}/{signature}" in present:
                changes[f"{archive.dist_info}/{signature}"] = None
        folders = {f"{old}{end}": f"{stem}{end}" for end in (".dist-info", ".data")}
        rewrite_wheel(archive, destination, changes, force=True, folders=folders)
