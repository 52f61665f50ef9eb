"""Convert one file, and the wheels beside it, from selector to variants or back."""

from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from whichwheel.publish.atomic import write_atomically
from whichwheel.publish.converting import Loss, selector_of, variants_of
from whichwheel.publish.errors import OutputExists, PublishError
from whichwheel.publish.relabel import relabel
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.properties import VariantLabel
from whichwheel.spec.reading import read_metadata
from whichwheel.spec.selector.lenient_toml import LARGEST
from whichwheel.spec.selector.meaning import label_of
from whichwheel.spec.selector.reading import read_selector
from whichwheel.spec.selector.values import SELECTOR_SUFFIX
from whichwheel.spec.selector.writing import write_selector
from whichwheel.spec.strict_json import MAXIMUM_SIZE
from whichwheel.spec.wheel_name import InvalidWheelName, WheelName
from whichwheel.spec.writing import write_metadata

__all__ = ["Conversion", "RenamedWheel", "carry_out", "plan_conversion"]

_VARIANTS_SUFFIX = "-variants.json"


@dataclass(frozen=True, slots=True)
class RenamedWheel:
    """A wheel with a suffix, and the variant wheel that takes its place."""

    old: Path
    new: Path
    label: VariantLabel


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is to be written.

    :param content: of ``path``
    :param losses: what the new format cannot say
    :param wheels: those to rename
    :param metadata: what their labels stand for
    """

    path: Path
    content: bytes
    losses: tuple[Loss, ...]
    wheels: tuple[RenamedWheel, ...] = ()
    metadata: VariantMetadata | None = field(default=None, repr=False)


def plan_conversion(file: Path, output: Path | None, wheels: Path | None = None) -> Conversion:
    """Read a file and say what it becomes; nothing is written.

    :param file: ``*.toml`` is a selector file, ``*.json`` is variant metadata
    :param output: the file to write, or a folder for it; None for the folder of ``file``
    :param wheels: the folder whose wheels with suffixes become variant wheels
    :raises PublishError: if the file cannot be read, is of no such kind, or the name of the
        new one cannot be told
    :raises InvalidSelector: if it is a selector file with faults
    :raises InvalidMetadata: if it is variant metadata with faults
    """
    if file.name.endswith(".toml"):
        metadata, losses = variants_of(read_selector(_read(file, LARGEST), where=str(file)))
        path = _output(file, output, SELECTOR_SUFFIX, _VARIANTS_SUFFIX)
        content = write_metadata(metadata)
        if wheels is None:
            return Conversion(path, content, losses)
        renamed, lost = _wheels_to_rename(wheels, path, metadata)
        return Conversion(path, content, (*losses, *lost), renamed, metadata)
    if not file.name.endswith(".json"):
        raise PublishError(
            f"`{file}` is neither a selector file (`*.toml`) nor variant metadata (`*.json`)",
            hint=f"name a `*{SELECTOR_SUFFIX}` or a `*{_VARIANTS_SUFFIX}`",
        )
    if wheels is not None:
        raise PublishError(
            "only a selector file has wheels that can be renamed",
            hint="`whichwheel relabel --plain` makes plain wheels of variant wheels",
        )
    selector, losses = selector_of(read_metadata(_read(file, MAXIMUM_SIZE), where=str(file)))
    if not selector.variables:
        raise PublishError(
            f"nothing of `{file}` can be said in a selector file: "
            + ("; ".join(loss.message for loss in losses) or "it has no variants")
        )
    path = _output(file, output, _VARIANTS_SUFFIX, SELECTOR_SUFFIX)
    return Conversion(path, write_selector(selector), losses)


def carry_out(conversion: Conversion, *, force: bool = False) -> None:
    """Write what was planned; the old wheels go when all new ones are there.

    :param force: whether files that exist may be replaced
    :raises OutputExists: if one exists, before anything is written
    :raises BrokenWheel: if a wheel cannot be relabelled; then the old ones stay
    """
    if not force:
        for path in (conversion.path, *(wheel.new for wheel in conversion.wheels)):
            if path.exists():
                raise OutputExists(path)
    for wheel in conversion.wheels:
        relabel(
            wheel.old,
            label=wheel.label,
            table=conversion.metadata,
            output_directory=wheel.new.parent,
            force=force,
        )
    with write_atomically(conversion.path) as file:
        file.write(conversion.content)
    for wheel in conversion.wheels:
        try:
            wheel.old.unlink()
        except OSError as error:
            why = error.strerror or error
            raise PublishError(f"cannot remove `{wheel.old}`: {why}") from None


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise PublishError(f"cannot read `{file}`: {error.strerror or error}") from None


def _output(file: Path, output: Path | None, old: str, new: str) -> Path:
    """Return the file to write."""
    if output is not None and not output.is_dir():
        if output.exists() and output.samefile(file):
            raise OutputExists(output, is_input=True)
        return output
    if not file.name.endswith(old):
        raise PublishError(
            f"`{file.name}` does not end in `{old}`, so the name of the new file is not known",
            hint="name it with `-o`",
        )
    return (output or file.parent) / (file.name.removesuffix(old) + new)


def _wheels_to_rename(
    folder: Path, path: Path, metadata: VariantMetadata
) -> tuple[tuple[RenamedWheel, ...], tuple[Loss, ...]]:
    """Return the wheels of the same release that have suffixes, and those that cannot be named."""
    release = _release_of(path)
    renamed: list[RenamedWheel] = []
    losses: list[Loss] = []
    try:
        names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".whl"))
    except OSError as error:
        raise PublishError(f"cannot read `{folder}`: {error.strerror or error}") from None
    taken: dict[str, str] = {}
    for filename in names:
        try:
            name = WheelName.parse(filename)
        except InvalidWheelName as error:
            if "+" in filename:
                losses.append(Loss("label", f"`{filename}` stays: {error.why}"))
            continue
        if not name.suffix or (name.name, name.version) != release:
            continue
        label = VariantLabel(label_of(name.suffix.split("+")))
        new = name.with_label(label).filename
        if label not in metadata.variants:
            why = f"the selector file says nothing of `+{name.suffix}`"
            losses.append(Loss("label", f"`{filename}` stays: {why}"))
        elif taken.setdefault(new, filename) != filename:
            losses.append(Loss("label", f"`{filename}` stays: `{taken[new]}` has the same label"))
        else:
            renamed.append(RenamedWheel(folder / filename, folder / new, label))
    _check_release(renamed)
    return tuple(renamed), tuple(losses)


def _check_release(wheels: list[RenamedWheel]) -> None:
    """Open each wheel once, so that one that is broken is found before anything is written."""
    for wheel in wheels:
        with WheelArchive(wheel.old):
            pass


def _release_of(path: Path) -> tuple[str, Version]:
    name, _, version = path.name.removesuffix(_VARIANTS_SUFFIX).rpartition("-")
    try:
        return canonicalize_name(name), Version(version)
    except InvalidVersion:
        raise PublishError(
            f"`{path.name}` does not tell whose wheels are meant",
            hint=f"the file to write has to be named `NAME-VERSION{_VARIANTS_SUFFIX}`",
        ) from None
