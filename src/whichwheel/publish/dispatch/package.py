"""A dispatch package: the source distribution itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from whichwheel.publish.dispatch.document import (
    DISPATCH_JSON,
    INCLUDED_WHEELS,
    DispatchDocument,
    write_document,
)
from whichwheel.publish.dispatch.gathering import Gathered
from whichwheel.publish.dispatch.pkg_info import pkg_info
from whichwheel.publish.dispatch.readme import readme
from whichwheel.publish.dispatch.sdist import (
    BACKEND_FOLDER,
    sdist_name,
    with_list,
    write_sdist,
)
from whichwheel.publish.dispatch.vendoring import licence_files, module_closure
from whichwheel.publish.errors import PublishError
from whichwheel.sources.wheel_archive import WheelArchive, check_member
from whichwheel.spec.abi_dependency import is_abi_namespace
from whichwheel.spec.markers import InvalidRequirement, parse_requirement
from whichwheel.spec.metadata import Provider, VariantMetadata
from whichwheel.target.providers.catalogue import by_namespace, by_package

__all__ = ["Package", "make_package", "write_package"]

_HOOKS = "whichwheel.publish.dispatch.backend.hooks"
_MODULE = "whichwheel_dispatch"
_VENDORED = f"{BACKEND_FOLDER}/vendored"
_PROVIDERS = "whichwheel.target.providers"
_PYPROJECT = f"""\
[build-system]
requires = []
build-backend = "{_MODULE}"
backend-path = ["{BACKEND_FOLDER}"]
"""
#: What asks a processor itself, which only Windows needs; with its tables, and a licence.
_ARCHSPEC = {
    "archspec": (
        "json/cpu/cpuid.json",
        "json/cpu/microarchitectures.json",
        "vendor/cpuid/LICENSE",
    )
}
#: Imported by what comes along, and never by what is asked of it: pip alone knows its own index,
#: and no index is read; without wheels for Windows nobody asks for CPUID.
_NOT_ASKED = frozenset({"pip", "archspec"})
_OURS = frozenset({"PKG-INFO", "README.md", "pyproject.toml", DISPATCH_JSON})


@dataclass(frozen=True, slots=True)
class Package:
    """What a dispatch package consists of.

    :param filename: of the source distribution
    :param files: content, or the file that holds it, by path
    :param warnings: what a publisher should know
    """

    filename: str
    document: DispatchDocument
    files: Mapping[str, bytes | Path]
    warnings: tuple[str, ...] = ()


def make_package(gathered: Gathered) -> Package:
    """Put a dispatch package together.

    :raises PublishError: if what comes along cannot be found as files
    :raises CannotDispatch: if metadata of the release cannot be read
    """
    providers, warnings = _providers(gathered.variants)
    document = DispatchDocument(
        gathered.name, gathered.version, gathered.wheels, gathered.variants, providers
    )
    licences = _licences(gathered)
    files: dict[str, bytes | Path] = {
        **licences,
        "PKG-INFO": pkg_info(
            gathered.name,
            gathered.version,
            [wheel.metadata for wheel in gathered.wheels],
            [wheel.requires_python for wheel in gathered.wheels],
            licences=licences,
        ),
        "pyproject.toml": _PYPROJECT.encode("utf-8"),
        "README.md": readme(document).encode("utf-8"),
        DISPATCH_JSON: write_document(document),
        f"{BACKEND_FOLDER}/{_MODULE}.py": Path(__file__).with_name("bootstrap.py").read_bytes(),
        **_vendored(document),
    }
    for wheel in gathered.wheels:
        if wheel.included:
            filename = wheel.name.filename
            files[f"{INCLUDED_WHEELS}/{filename}"] = gathered.files[filename]
    filename = f"{sdist_name(gathered.name, gathered.version)}.tar.gz"
    return Package(filename, document, with_list(files), (*gathered.warnings, *warnings))


def write_package(package: Package, folder: Path, *, force: bool = False) -> Path:
    """Write the source distribution and return its path.

    :param force: whether it may exist
    :raises OutputExists: if it exists without ``force``
    :raises PublishError: if it cannot be written
    """
    destination = folder / package.filename
    write_sdist(destination, package.files, force=force)
    return destination


def _providers(variants: VariantMetadata) -> tuple[tuple[str, ...], list[str]]:
    """Return the built-in providers that the release asks, and what else it asks."""
    used = {name for properties in variants.variants.values() for name in properties}
    providers: dict[str, None] = {}
    warnings = []
    for namespace in sorted(used):
        if is_abi_namespace(namespace, variants.providers):
            warnings.append(
                f"the variants with `{namespace}` are taken only where the config setting `set`"
                " says what they are bound to: a build does not see what else is installed"
            )
            continue
        provider = variants.providers.get(namespace)
        if provider is not None and provider.static_properties is not None:
            continue
        found = _built_in(namespace, provider)
        if not found:
            warnings.append(
                f"no built-in provider answers for `{namespace}`: its variants are taken only"
                " where the config setting `set` says what the machine supports"
            )
        providers.update(dict.fromkeys(found))
    return tuple(sorted(providers)), warnings


def _built_in(namespace: str, provider: Provider | None) -> list[str]:
    if provider is None:
        known = by_namespace(namespace)
        return [] if known is None else [known.name]
    names = []
    for text in provider.requires:
        try:
            known = by_package(canonicalize_name(parse_requirement(text).requirement.name))
        except InvalidRequirement:
            continue
        if known is not None:
            names.append(known.name)
    return names


def _vendored(document: DispatchDocument) -> dict[str, bytes]:
    """Return the modules that the backend needs, with the licences of all of them."""
    roots = [_HOOKS, *(f"{_PROVIDERS}.{name}" for name in document.providers)]
    packages: dict[str, tuple[str, ...]] = {"whichwheel": (), "packaging": ()}
    if _may_be_windows(document):
        packages |= _ARCHSPEC
    closure = module_closure(roots, packages)
    missing = closure.left_out.keys() - _NOT_ASKED
    if missing:
        name = min(missing)
        raise PublishError(f"`{closure.left_out[name]}` needs `{name}`, which cannot come along")
    files = {f"{_VENDORED}/{path}": content for path, content in closure.files.items()}
    for package in sorted({path.partition("/")[0] for path in closure.files}):
        for filename, content in licence_files(package).items():
            files[f"{_VENDORED}/{package}/{filename}"] = content
    return files


def _may_be_windows(document: DispatchDocument) -> bool:
    return any(
        tag.platform == "any" or tag.platform.startswith("win")
        for wheel in document.wheels
        for tag in wheel.name.tags
    )


def _licences(gathered: Gathered) -> dict[str, bytes | Path]:
    """Return the licence files of the release, where its wheels lie on this machine."""
    found: dict[str, bytes | Path] = {}
    for path in list(gathered.files.values())[:1]:
        with WheelArchive(path) as archive:
            prefix = f"{archive.dist_info}/licenses/"
            for info in archive.members:
                name = info.filename.removeprefix(prefix)
                if name == info.filename or info.is_dir() or check_member(name) is not None:
                    continue
                if name not in _OURS and name.partition("/")[0] not in {
                    BACKEND_FOLDER,
                    INCLUDED_WHEELS,
                }:
                    found[name] = archive.read(info.filename)
    return found
