"""What is settled of the axes before a package is looked at alone: chosen, or installed already."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from packaging.utils import NormalizedName
from packaging.version import Version

from whichwheel.choose.choice import Reason, ReasonKind
from whichwheel.choose.choosing import Preferences
from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.bonds import BondReader
from whichwheel.resolve.resolution import InstalledPackage
from whichwheel.spec.abi_dependency import abi_specifier
from whichwheel.spec.properties import VariantProperties
from whichwheel.spec.values import dataclass

__all__ = ["narrowed"]


@dataclass(frozen=True, slots=True)
class _Settled:
    """The values that are left of an axis.

    :param why: as a clause
    :param facts: the same for programs
    """

    values: tuple[str, ...]
    why: str
    facts: dict[str, object]


def narrowed(
    preferences: Preferences, axes: Axes | None, installed: Iterable[InstalledPackage] = ()
) -> Preferences:
    """Return preferences under which no variant is chosen that goes against what is settled.

    What the user chose of an axis counts; else what is installed binds what comes, as far as
    its builds have values in common, and its versions bind builds that were made for one. A
    variant that cares for nothing of this is let through. Nothing is resolved: this is for
    judging each package alone.

    :param axes: with what the user chose; None for the shipped ones
    :param installed: what stays in the environment
    """
    installed = tuple(installed)
    reader = BondReader(axes)
    versions = {package.name: package.version for package in installed}
    settled = _installed(reader, installed)
    for name, choice in () if axes is None else axes.chosen.items():
        settled[name] = _Settled(
            (choice.value,),
            f"`{choice.value}` is chosen ({choice.origin})",
            {"chosen": choice.value, "origin": choice.origin.strip("`")},
        )
    if not settled and not versions:
        return preferences
    return replace(preferences, narrowing=_against(reader, settled, versions))


def _installed(reader: BondReader, installed: Iterable[InstalledPackage]) -> dict[str, _Settled]:
    """Return what installed builds leave of each axis that they are about."""
    stating: dict[str, list[tuple[InstalledPackage, tuple[str, ...]]]] = {}
    for package in installed:
        for axis, values in reader.read(package.properties).axes.items():
            stating.setdefault(axis, []).append((package, values))
    settled = {}
    for axis, listed in stating.items():
        (first, common), *others = listed
        for _, values in others:
            common = tuple(value for value in common if value in values)
        if not common:
            # A mixture that is there already: another value would make it no better.
            common = tuple(dict.fromkeys(value for _, values in listed for value in values))
        settled[axis] = _Settled(
            common,
            f"the installed `{first.name} {first.version}` is built for `{' or '.join(common)}`",
            {"installed": first.name, "installed-values": list(common)},
        )
    return settled


def _against(
    reader: BondReader,
    settled: Mapping[str, _Settled],
    versions: Mapping[NormalizedName, Version],
) -> Callable[[VariantProperties], Reason | None]:
    """Return what speaks against a variant by its properties."""

    def against(properties: VariantProperties) -> Reason | None:
        bonds = reader.read(properties)
        for name, values in bonds.axes.items():
            found = settled.get(name)
            if found is not None and not set(values) & set(found.values):
                return Reason(
                    ReasonKind.NOT_ALLOWED,
                    f"it is built for `{reader.axes.by_name[name]} = {' or '.join(values)}`, and "
                    f"{found.why}",
                    {"axis": name, "values": list(values), **found.facts},
                )
        for dependency, releases in bonds.abi.items():
            version = versions.get(dependency)
            if version is not None and not _any_has(releases, version):
                return Reason(
                    ReasonKind.NOT_ALLOWED,
                    f"it is built for `{dependency}` {' or '.join(releases)}, and {version} is "
                    "installed",
                    {
                        "dependency": dependency,
                        "releases": list(releases),
                        "installed-version": str(version),
                    },
                )
        return None

    return against


def _any_has(releases: Iterable[str], version: Version) -> bool:
    return any(
        specifier.contains(version, prereleases=True)
        for specifier in map(abi_specifier, releases)
        if specifier is not None
    )
