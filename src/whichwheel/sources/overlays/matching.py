"""Which wheel is which build: pure functions from an overlay and a file's name."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

from packaging.tags import Tag
from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.sources.overlays.local_patterns import LONGEST_LOCAL
from whichwheel.sources.overlays.overlay import (
    Overlay,
    OverlayBuild,
    expand_template,
    grouped_properties,
)
from whichwheel.spec.abi_dependency import ABI_NAMESPACE
from whichwheel.spec.properties import (
    NULL_LABEL,
    InvalidLabel,
    InvalidProperty,
    VariantLabel,
    VariantProperties,
    VariantProperty,
    parse_label,
)
from whichwheel.spec.values import dataclass
from whichwheel.spec.wheel_name import WheelName

__all__ = ["Match", "could_take", "first_match", "match_build", "presented_name", "public_version"]


@dataclass(frozen=True, slots=True)
class Match:
    """A build that takes a wheel, with what its local version filled in."""

    build: OverlayBuild
    label: VariantLabel
    properties: VariantProperties


def public_version(version: Version) -> Version:
    """Return a version without its local part.

    >>> str(public_version(Version("2.9.0+cu128")))
    '2.9.0'
    """
    return version if version.local is None else Version(version.public)


def could_take(build: OverlayBuild, version: Version) -> bool:
    """Whether a build takes wheels of a version, whatever they are for."""
    return _groups(build, version) is not None


def match_build(
    build: OverlayBuild, project: NormalizedName, version: Version, tags: Iterable[Tag]
) -> Match | None:
    """Return what a build makes of a wheel, None if it does not take it.

    :param project: whose wheel it is
    :param version: its own one, a local part included
    """
    if project != build.project:
        return None
    groups = _groups(build, version)
    if groups is None:
        return None
    platforms = {tag.platform for tag in tags}
    if build.platforms and not any(
        _fits_platform(platform, build.platforms) for platform in platforms
    ):
        return None
    return _filled(build, groups)


def first_match(
    overlay: Overlay, project: NormalizedName, version: Version, tags: Iterable[Tag]
) -> Match | None:
    """Return the first build that takes a wheel of which no more is known than its name.

    Builds that are told by an extra are passed over: that is not to be seen in a name.
    """
    tags = tuple(tags)
    for build in overlay.builds:
        if not build.extras:
            match = match_build(build, project, version, tags)
            if match is not None:
                return match
    return None


def presented_name(own: WheelName, project: NormalizedName, label: VariantLabel) -> WheelName:
    """Return the name of a wheel as that of a variant of another project.

    >>> own = WheelName.parse("torch-2.9.0+cu128-cp312-cp312-linux_x86_64.whl")
    >>> presented_name(own, NormalizedName("torch"), VariantLabel("cu128")).filename
    'torch-2.9.0-cp312-cp312-linux_x86_64-cu128.whl'
    """
    version = public_version(own.version)
    _, _, rest = own.without_label.removesuffix(".whl").split("-", 2)
    filename = f"{project.replace('-', '_')}-{version}-{rest}-{label}.whl"
    return WheelName(filename, project, version, own.build, own.tags, label)


@lru_cache(maxsize=1024)
def _fits_platform(platform: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(platform, pattern) for pattern in patterns)


def _groups(build: OverlayBuild, version: Version) -> Mapping[str, str] | None:
    """Return what a version fills in, None if the build is not about it."""
    if build.versions is not None and not build.versions.contains(
        public_version(version), prereleases=True
    ):
        return None
    if build.local is None:
        # In the user's own sources a local version is somebody's own build.
        elsewhere = build.index is not None or build.page is not None
        return {} if version.local is None or elsewhere else None
    local = version.local or ""
    found = build.local.fullmatch(local) if len(local) <= LONGEST_LOCAL else None
    if found is None or None in found.groupdict().values():
        return None
    return found.groupdict()


def _filled(build: OverlayBuild, groups: Mapping[str, str]) -> Match | None:
    """Fill a build's templates in; None if that gives no label, or no properties, at all."""
    try:
        label = parse_label(expand_template(build.label, groups))
        texts = tuple(_checked(expand_template(text, groups)) for text in build.properties)
    except (InvalidLabel, InvalidProperty):
        return None
    if label == NULL_LABEL and texts:
        return None
    return Match(build, label, grouped_properties(texts))


def _checked(text: str) -> str:
    """Check a property that was filled in.

    :raises InvalidProperty: if it is none
    """
    is_abi = text.partition("::")[0].strip() == ABI_NAMESPACE
    VariantProperty.parse(text.replace("-", "_") if is_abi else text)
    return text
