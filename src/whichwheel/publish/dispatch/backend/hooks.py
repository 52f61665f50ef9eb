"""The hooks that build frontends call (PEP 517, PEP 660)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from whichwheel.publish.dispatch.backend.choosing import choice_lines, choose_wheel
from whichwheel.publish.dispatch.backend.fetching import WheelFinder
from whichwheel.publish.dispatch.backend.settings import BuildSettings, ConfigSettings
from whichwheel.publish.dispatch.document import (
    DISPATCH_JSON,
    DispatchDocument,
    DispatchWheel,
    read_document,
)
from whichwheel.publish.dispatch.sdist import copy_sdist
from whichwheel.publish.plain_wheel import resolved_metadata, write_plain
from whichwheel.sources.errors import BrokenWheel
from whichwheel.sources.own_variants import check_own_variants
from whichwheel.sources.wheel_archive import WheelArchive
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.markers import variant_context
from whichwheel.spec.properties import VariantProperties

__all__ = ["Backend"]

#: In the metadata folder: what was chosen, so that the build takes the very same.
_CHOSEN = "dispatch-chosen.txt"
_MAXIMUM = 32 * 1024 * 1024


class Backend:
    """Picks the wheel of this machine, fetches it and hands it over as the one that was built.

    A failure ends the process with one message and no traceback.

    :param root: the unpacked source distribution
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def get_requires_for_build_wheel(
        self, config_settings: ConfigSettings | None = None
    ) -> list[str]:
        """Return nothing: all that is needed came along."""
        del config_settings
        return []

    def get_requires_for_build_sdist(
        self, config_settings: ConfigSettings | None = None
    ) -> list[str]:
        """Return nothing: all that is needed came along."""
        del config_settings
        return []

    def prepare_metadata_for_build_wheel(
        self, metadata_directory: str, config_settings: ConfigSettings | None = None
    ) -> str:
        """Write the metadata of the wheel that would be built, and fetch nothing."""
        with _told():
            document = self._document()
            wheel, supported = self._choose(document, config_settings)
            folder = Path(metadata_directory, _dist_info(document))
            folder.mkdir(parents=True, exist_ok=True)
            content = _resolved(document, wheel, supported) or wheel.metadata.encode("utf-8")
            (folder / "METADATA").write_bytes(content)
            (folder / _CHOSEN).write_text(wheel.name.filename, "utf-8")
            return folder.name

    def build_wheel(
        self,
        wheel_directory: str,
        config_settings: ConfigSettings | None = None,
        metadata_directory: str | None = None,
    ) -> str:
        """Fetch the chosen wheel, check it, and write it under its plain name."""
        with _told():
            document = self._document()
            settings = BuildSettings.read(document.name, config_settings)
            prepared = _prepared(document, metadata_directory)
            if prepared is None:
                wheel, supported = self._choose(document, config_settings)
                metadata = _resolved(document, wheel, supported)
            else:
                wheel, metadata = prepared
            destination = Path(wheel_directory, wheel.name.without_label)
            finder = WheelFinder(self._root, settings.find_links, say=_say)
            with _scratch(Path(wheel_directory)) as scratch:
                path = finder.find(wheel, scratch)
                _check_inside(path, wheel, document)
                if metadata is None and path.parent == scratch:
                    path.replace(destination)  # gigabytes need not lie there twice
                else:
                    write_plain(path, destination, metadata=metadata, force=True)
            _say(f"`{wheel.name.filename}` is handed over as `{destination.name}`")
            return destination.name

    def build_sdist(
        self, sdist_directory: str, config_settings: ConfigSettings | None = None
    ) -> str:
        """Write this source distribution anew."""
        del config_settings
        with _told():
            document = self._document()
            return copy_sdist(self._root, document, Path(sdist_directory)).name

    def get_requires_for_build_editable(
        self, config_settings: ConfigSettings | None = None
    ) -> NoReturn:
        """Say that there is nothing to edit."""
        del config_settings
        sys.exit(_NOT_EDITABLE)

    def build_editable(
        self,
        wheel_directory: str,
        config_settings: ConfigSettings | None = None,
        metadata_directory: str | None = None,
    ) -> NoReturn:
        """Say that there is nothing to edit."""
        del wheel_directory, config_settings, metadata_directory
        sys.exit(_NOT_EDITABLE)

    def _document(self) -> DispatchDocument:
        path = self._root / DISPATCH_JSON
        with path.open("rb") as file:
            return read_document(file.read(_MAXIMUM), DISPATCH_JSON)

    def _choose(
        self, document: DispatchDocument, given: ConfigSettings | None
    ) -> tuple[DispatchWheel, VariantProperties]:
        """Choose a wheel, and return it with what the machine supports."""
        settings = BuildSettings.read(document.name, given)
        if settings.unknown:
            _say(
                f"no such config setting, and nothing is made of it: {', '.join(settings.unknown)}"
            )
        chosen = choose_wheel(document, settings, warn=_say)
        name = chosen.wheel.name
        label = name.label
        what = "its plain wheel" if label is None else f"the variant `{label}`"
        why = "; ".join(reason.message for reason in chosen.choice.judgements[0].reasons)
        _say(
            f"`{document.name}` {document.version}: {what} (`{chosen.wheel.name.filename}`): {why}"
        )
        if settings.log:
            for line in choice_lines(chosen.choice):
                _say(line)
        return chosen.wheel, chosen.choice.supported


_NOT_EDITABLE = (
    "error: a dispatch package hands over wheels that were built before; there is nothing to edit\n"
    "hint: install it without `-e` or `--editable`"
)


@contextmanager
def _told() -> Iterator[None]:
    """End the process with one message where the work cannot be done."""
    try:
        yield
    except WhichwheelError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        sys.exit(f"error: {error.message}{hint}")
    except OSError as error:
        where = f"`{error.filename}`: " if error.filename else ""
        sys.exit(f"error: {where}{(error.strerror or str(error)).lower()}")


def _say(text: str) -> None:
    sys.stdout.write(f"whichwheel: {text}\n")
    sys.stdout.flush()


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Return a folder on the same disk as what is written at last."""
    from tempfile import TemporaryDirectory  # noqa: PLC0415 -- only where something is fetched

    with TemporaryDirectory(prefix=".fetched-", dir=folder, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _dist_info(document: DispatchDocument) -> str:
    return f"{document.name.replace('-', '_')}-{document.version}.dist-info"


def _resolved(
    document: DispatchDocument, wheel: DispatchWheel, supported: VariantProperties
) -> bytes | None:
    """Return the metadata with its variant markers answered, None where it has none."""
    label = wheel.name.label
    properties = {} if label is None else document.variants.variants.get(label, {})
    context = variant_context(label, properties, supported)
    return resolved_metadata(wheel.metadata.encode("utf-8"), context, wheel.name.filename)


def _prepared(
    document: DispatchDocument, metadata_directory: str | None
) -> tuple[DispatchWheel, bytes | None] | None:
    """Return what was chosen when the metadata was prepared, None if it was not."""
    if metadata_directory is None:
        return None
    folder = Path(metadata_directory)
    try:
        filename = (folder / _CHOSEN).read_text("utf-8")
        content = (folder / "METADATA").read_bytes()
    except (OSError, ValueError):
        return None
    for wheel in document.wheels:
        if wheel.name.filename == filename:
            return wheel, None if content == wheel.metadata.encode("utf-8") else content
    return None


def _check_inside(path: Path, wheel: DispatchWheel, document: DispatchDocument) -> None:
    """Check that a wheel says of itself what it was chosen for, and promised when prepared."""
    label = wheel.name.label
    promised = None if label is None else document.variants.variants.get(label)
    with WheelArchive(path) as archive:
        check_own_variants(wheel.name, archive.variant_json, promised, DISPATCH_JSON)
        if archive.metadata != wheel.metadata.encode("utf-8"):
            raise BrokenWheel(
                wheel.name.filename, f"its `METADATA` is not the one in `{DISPATCH_JSON}`"
            )
