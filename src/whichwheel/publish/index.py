"""Turn a folder of wheels into a simple index that any web server, or none, can serve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from packaging.utils import InvalidSdistFilename, NormalizedName, parse_sdist_filename
from packaging.version import Version

from whichwheel.publish.errors import PublishError
from whichwheel.publish.inspection import InspectedWheel, LeftOut, agreeing, inspect_wheels
from whichwheel.publish.manifest import Artefact, synchronise
from whichwheel.publish.pages import IndexFile, project_html, project_json, root_html, root_json
from whichwheel.sources.ports import Progress
from whichwheel.spec.metadata import VariantMetadata
from whichwheel.spec.wheel_name import WheelName
from whichwheel.spec.writing import write_metadata

__all__ = ["IndexReport", "variants_filename", "write_index"]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What an index holds, and what it does not.

    :param folder: the index: its path is what ``--index-url`` and ``--find-links`` take
    :param projects: the versions of each project, oldest first
    :param files: how many wheels and source distributions the pages list
    :param left_out: files that are not listed, each with the reason
    :param written: files that were written, relative to the folder
    :param unchanged: files that were as they had to be
    :param removed: files of an earlier run that are of no more use
    """

    folder: Path
    projects: Mapping[NormalizedName, tuple[Version, ...]]
    files: int
    left_out: tuple[LeftOut, ...]
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every file of the folder is listed."""
        return not self.left_out


@dataclass(frozen=True, slots=True)
class _Sdist:
    path: Path
    name: NormalizedName
    version: Version
    artefact: Artefact
    size: int


def variants_filename(name: NormalizedName, version: Version) -> str:
    """Return ``{name}-{version}-variants.json`` (PEP 825, Index-level metadata).

    Both parts are normalised as in wheel file names.
    """
    return f"{name.replace('-', '_')}-{version}-variants.json"


def write_index(
    folder: Path, *, output: Path | None = None, progress: Progress | None = None
) -> IndexReport:
    """Write the pages, variant metadata and metadata files of a simple index.

    Wheels stay where they are; pages go to ``<project>/index.html`` and ``index.json``, all
    else beside the wheels. A broken wheel is left out, and so are wheels of one release that
    contradict each other. The result depends on the files alone, not on their order.

    :param folder: the folder with the wheels; its subfolders are not looked into
    :param output: where the index goes, if not to the same folder; the wheels are copied
    :raises ForeignFile: if a file stands in the way that was not written by an earlier run
    :raises PublishError: if the folder cannot be read or the index not written
    """
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise PublishError(
            f"cannot read the folder `{folder}`: {error.strerror or error}"
        ) from None
    wheels, left_out = _wheels([path for path in paths if path.suffix == ".whl"], progress)
    sdists, nameless = _sdists([path for path in paths if path.name.endswith(".tar.gz")])
    left_out += nameless
    releases: dict[tuple[NormalizedName, Version], list[InspectedWheel]] = {}
    for wheel in wheels:
        releases.setdefault((wheel.name.name, wheel.name.version), []).append(wheel)
    wanted: dict[str, Artefact] = {}
    projects: dict[NormalizedName, dict[Version, list[IndexFile]]] = {}
    for (name, version), found in sorted(releases.items()):
        kept, contradicting, combined = agreeing(found)
        left_out += contradicting
        files = [_add_wheel(wheel, wanted) for wheel in kept]
        if combined is not None:
            files.append(_add_variants(name, version, combined, wanted))
        if files:
            projects.setdefault(name, {}).setdefault(version, []).extend(files)
    for sdist in sdists:
        versions = projects.setdefault(sdist.name, {})
        versions.setdefault(sdist.version, []).append(_add_sdist(sdist, wanted))
    listed = sum(len(files) for versions in projects.values() for files in versions.values())
    listed -= sum(path.endswith("-variants.json") for path in wanted)
    _add_pages(projects, wanted)
    target = output if output is not None else folder
    if target.resolve() == folder.resolve():
        in_place = {path.name for path in paths}
        wanted = {
            path: artefact
            for path, artefact in wanted.items()
            if isinstance(artefact.content, bytes) or path not in in_place
        }
    done = synchronise(target, wanted)
    return IndexReport(
        folder=target,
        projects={name: tuple(sorted(versions)) for name, versions in sorted(projects.items())},
        files=listed,
        left_out=tuple(sorted(left_out, key=lambda item: item.filename)),
        written=done.written,
        unchanged=done.unchanged,
        removed=done.removed,
    )


def _wheels(
    paths: Sequence[Path], progress: Progress | None
) -> tuple[list[InspectedWheel], list[LeftOut]]:
    """Inspect all wheels; of two with the same parts only the well-spelt one stays."""
    what = "inspect wheels"
    if progress is not None:
        progress.start(what, len(paths))

    def done(_: Path) -> None:
        if progress is not None:
            progress.advance(what, 1)

    found = inspect_wheels(paths, done)
    if progress is not None:
        progress.finish(what)
    left_out = [item for item in found if isinstance(item, LeftOut)]
    first: dict[object, InspectedWheel] = {}
    # Names as the standard spells them come first; other spellings still install.
    sound = [item for item in found if isinstance(item, InspectedWheel)]
    for wheel in sorted(sound, key=lambda wheel: (not _is_normal(wheel.name), wheel.filename)):
        name = wheel.name
        key = name.name, name.version, name.build, name.tags, name.label
        other = first.setdefault(key, wheel)
        if other is not wheel:
            left_out.append(LeftOut(wheel.filename, f"it is the same wheel as `{other.filename}`"))
    return list(first.values()), left_out


def _is_normal(name: WheelName) -> bool:
    prefix = f"{name.name.replace('-', '_')}-{name.version}-"
    return name.filename.startswith(prefix)


def _sdists(paths: Sequence[Path]) -> tuple[list[_Sdist], list[LeftOut]]:
    """Return the source distributions; they are listed as they are, and not looked into."""
    import hashlib  # noqa: PLC0415 -- only here

    sdists = []
    left_out = []
    for path in paths:
        try:
            name, version = parse_sdist_filename(path.name)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                sdists.append(_Sdist(path, name, version, Artefact(path, digest), file.tell()))
        except InvalidSdistFilename:
            left_out.append(LeftOut(path.name, "it is not named as a source distribution"))
        except OSError as error:
            left_out.append(LeftOut(path.name, f"it cannot be read: {error.strerror or error}"))
    return sdists, left_out


def _add_wheel(wheel: InspectedWheel, wanted: dict[str, Artefact]) -> IndexFile:
    metadata = Artefact.of(wheel.metadata)
    wanted[wheel.filename] = Artefact(wheel.path, wheel.sha256)
    wanted[f"{wheel.filename}.metadata"] = metadata
    return _listed(
        wheel.filename,
        wheel.sha256,
        wheel.size,
        requires_python=wheel.requires_python,
        metadata_hashes={"sha256": metadata.sha256},
    )


def _add_sdist(sdist: _Sdist, wanted: dict[str, Artefact]) -> IndexFile:
    filename = sdist.path.name
    wanted[filename] = sdist.artefact
    return _listed(filename, sdist.artefact.sha256, sdist.size)


def _add_variants(
    name: NormalizedName,
    version: Version,
    metadata: VariantMetadata,
    wanted: dict[str, Artefact],
) -> IndexFile:
    filename = variants_filename(name, version)
    content = write_metadata(metadata)
    wanted[filename] = artefact = Artefact.of(content)
    return _listed(filename, artefact.sha256, len(content))


def _listed(
    filename: str,
    sha256: str,
    size: int,
    *,
    requires_python: str | None = None,
    metadata_hashes: Mapping[str, str] | None = None,
) -> IndexFile:
    """Return the entry of a file beside the folders of the projects."""
    return IndexFile(
        filename,
        f"../{quote(filename)}",
        {"sha256": sha256},
        size,
        requires_python=requires_python,
        metadata_hashes=metadata_hashes,
    )


def _add_pages(
    projects: Mapping[NormalizedName, Mapping[Version, Sequence[IndexFile]]],
    wanted: dict[str, Artefact],
) -> None:
    names = sorted(projects)
    wanted["index.html"] = Artefact.of(root_html(names))
    wanted["index.json"] = Artefact.of(root_json(names))
    for name in names:
        versions = sorted(projects[name])
        files = [
            file
            for version in versions
            for file in sorted(projects[name][version], key=lambda file: file.filename)
        ]
        wanted[f"{name}/index.html"] = Artefact.of(project_html(name, files))
        wanted[f"{name}/index.json"] = Artefact.of(project_json(name, versions, files))
