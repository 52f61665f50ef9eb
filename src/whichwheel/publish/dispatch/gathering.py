"""The wheels of the release that is to be dispatched, from a folder or from an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.publish.dispatch.document import DispatchWheel
from whichwheel.publish.dispatch.errors import CannotDispatch
from whichwheel.publish.dispatch.wheel_address import as_address
from whichwheel.publish.inspection import InspectedWheel, LeftOut, agreeing, inspect_wheels
from whichwheel.sources.ports import Progress, Sources
from whichwheel.sources.release import Release, Wheel
from whichwheel.spec.metadata import VariantMetadata

__all__ = ["Gathered", "gather_folder", "gather_index"]

_WORKERS = 8
_NO_VARIANTS = "it has no variants, so there is nothing to choose between"
_PLAIN_HINT = "upload its plain wheels as they are: every pip takes the right one"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The wheels of one release.

    :param files: by file name, the wheels that lie on this machine
    :param left_out: wheels that are not dispatched, with the reason
    :param warnings: what a publisher should know
    """

    name: NormalizedName
    version: Version
    wheels: tuple[DispatchWheel, ...]
    variants: VariantMetadata
    files: Mapping[str, Path] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()


def gather_folder(  # noqa: PLR0913 -- each is one option of the command
    folder: Path,
    project: NormalizedName | None,
    version: Version | None,
    *,
    base_url: str | None,
    include: bool,
    progress: Progress,
) -> Gathered:
    """Look into the wheels of a folder.

    :param project: which project, where the folder has several
    :param version: which version; None for the newest that has variants
    :param base_url: the address of the folder that the wheels will be in
    :param include: whether the wheels go into the source distribution
    :raises CannotDispatch: if there is nothing to dispatch
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".whl")
    except OSError as error:
        raise CannotDispatch(
            f"the wheels in `{folder}`", f"it cannot be read: {error.strerror or error}"
        ) from None
    what = "inspect wheels"
    progress.start(what, len(paths))
    found = inspect_wheels(paths, lambda _: progress.advance(what, 1))
    progress.finish(what)
    sound = [item for item in found if isinstance(item, InspectedWheel)]
    left_out = [item for item in found if isinstance(item, LeftOut)]
    name = project or _only_project(sound, folder)
    versions: dict[Version, list[InspectedWheel]] = {}
    for wheel in sound:
        if wheel.name.name == name:
            versions.setdefault(wheel.name.version, []).append(wheel)
    with_variants = [each for each, wheels in versions.items() if any(w.variant for w in wheels)]
    picked = version if version is not None else max(with_variants or versions, default=None)
    if picked is None or picked not in versions:
        raise _absent(name, version, str(folder))
    kept, contradicting, variants = agreeing(versions[picked])
    if variants is None:
        why = contradicting[0].why if contradicting else _NO_VARIANTS
        raise CannotDispatch(f"`{name}` {picked}", why, hint=_PLAIN_HINT)
    if base_url is None and not include:
        raise CannotDispatch(
            f"`{name}` {picked}",
            "a folder does not say where its wheels will be fetched from",
            hint="give the address of their folder with `--base-url`, or put them into the source"
            " distribution with `--include-wheels`",
        )
    base = None if base_url is None else base_url.rstrip("/")
    return Gathered(
        name,
        picked,
        tuple(
            DispatchWheel(
                wheel.name,
                wheel.sha256,
                wheel.size,
                _text(wheel.filename, wheel.metadata),
                None if base is None else f"{base}/{quote(wheel.filename)}",
                include,
                wheel.requires_python,
            )
            for wheel in kept
        ),
        variants,
        {wheel.filename: wheel.path for wheel in kept},
        (*left_out, *contradicting),
    )


def _only_project(wheels: Sequence[InspectedWheel], folder: Path) -> NormalizedName:
    names = sorted({wheel.name.name for wheel in wheels})
    if len(names) == 1:
        return names[0]
    where = f"the wheels in `{folder}`"
    if not names:
        raise CannotDispatch(where, "there are none that can be used")
    listed = ", ".join(f"`{name}`" for name in names[:5]) + (" and others" if names[5:] else "")
    raise CannotDispatch(
        where, f"they are of several projects: {listed}", hint="name the project after the folder"
    )


def _absent(name: NormalizedName, version: Version | None, where: str) -> CannotDispatch:
    what = f"`{name}`" if version is None else f"`{name}` {version}"
    return CannotDispatch(what, f"`{where}` has no wheels of it")


def _text(filename: str, metadata: bytes) -> str:
    try:
        return metadata.decode("utf-8")
    except UnicodeDecodeError:
        raise CannotDispatch(f"`{filename}`", "its `METADATA` is not UTF-8") from None


def gather_index(  # noqa: PLR0913 -- each is one option of the command
    sources: Sources,
    project: NormalizedName,
    version: Version | None,
    *,
    base_url: str | None,
    include: bool,
    progress: Progress,
) -> Gathered:
    """Look at the wheels of a release on an index, fetching as little of them as can be.

    :param version: which version; None for the newest that has variants
    :param base_url: an address of the wheels other than that on the index
    :param include: whether the wheels go into the source distribution; then they are fetched
    :raises CannotDispatch: if there is nothing to dispatch, or wheels have no hash
    :raises SourceError: if the index cannot be read
    """
    where = ", ".join(sources.names)
    found = sources.project(project)
    if found is None:
        raise _absent(project, None, where)
    release = _release(found.releases, version)
    if release is None or not release.wheels:
        raise _absent(project, version, where)
    what = f"`{project}` {release.version}"
    if not release.has_variants:
        raise CannotDispatch(what, _NO_VARIANTS, hint=_PLAIN_HINT)
    data = sources.variants(release)
    if data.metadata is None:
        why = data.unusable or "there is no variant metadata"
        raise CannotDispatch(what, f"its variants cannot be judged: {why}")
    wheels = [
        wheel for wheel in release.wheels if wheel.file.yanked is None and wheel.barred is None
    ]
    left_out = [
        LeftOut(wheel.file.filename, "it was yanked")
        for wheel in release.wheels
        if wheel.file.yanked is not None
    ]
    without = [wheel.file.filename for wheel in wheels if "sha256" not in wheel.file.hashes]
    if without:
        raise CannotDispatch(
            what,
            f"`{where}` gives no SHA-256 hash of `{without[0]}`"
            + (f" and {len(without) - 1} more" if len(without) > 1 else ""),
            hint="download the wheels, and dispatch the folder of them with `--base-url`",
        )
    if not wheels:
        raise CannotDispatch(what, "all its wheels were yanked")
    texts = _metadata(sources, wheels, progress)
    files = {wheel.file.filename: sources.fetch(wheel.file) for wheel in wheels if include}
    base = None if base_url is None else base_url.rstrip("/")
    return Gathered(
        project,
        release.version,
        tuple(
            DispatchWheel(
                wheel.name,
                wheel.file.hashes["sha256"].lower(),
                files[wheel.file.filename].stat().st_size if include else wheel.file.size,
                _text(wheel.file.filename, text),
                as_address(wheel.file.url)
                if base is None
                else f"{base}/{quote(wheel.file.filename)}",
                include,
                wheel.file.requires_python,
            )
            for wheel, text in zip(wheels, texts, strict=True)
        ),
        data.metadata,
        files,
        tuple(left_out),
        tuple(warning.message for warning in (*release.warnings, *data.warnings)),
    )


def _release(releases: Mapping[Version, Release], version: Version | None) -> Release | None:
    if version is not None:
        return releases.get(version)
    with_variants = [each for each in releases.values() if each.has_variants]
    return max(with_variants or releases.values(), key=lambda each: each.version, default=None)


def _metadata(sources: Sources, wheels: Sequence[Wheel], progress: Progress) -> list[bytes]:
    """Return the core metadata of wheels, asked for side by side."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- heavy, only used here

    what = "read metadata"
    progress.start(what, len(wheels))
    texts = []
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        for text in pool.map(sources.metadata, wheels):
            texts.append(text)
            progress.advance(what, 1)
    progress.finish(what)
    return texts
