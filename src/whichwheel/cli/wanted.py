"""What the user wants of a resolution: from the options, and from what is configured."""

from dataclasses import replace
from typing import TYPE_CHECKING

from whichwheel.cli.failures import WrongUse
from whichwheel.cli.preference_options import PreferenceOptions
from whichwheel.cli.source_options import SourceOptions
from whichwheel.spec.errors import WhichwheelError

if TYPE_CHECKING:
    from whichwheel.resolve.axes.axes import Axes
    from whichwheel.resolve.options import ResolveOptions
    from whichwheel.target.described.configuration import Configuration

__all__ = ["tell_all_faults", "wanted_options"]


def wanted_options(preference: PreferenceOptions, source: SourceOptions) -> "ResolveOptions":
    """Return what holds for every package of an environment.

    :raises InvalidConfiguration: with all faults of a file
    :raises WrongUse: if an option cannot be granted
    """
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- start-up time

    configuration = open_configuration()
    try:
        return _wanted(preference, source, configuration)
    except WhichwheelError:
        tell_all_faults(configuration)
        raise


def _wanted(
    preference: PreferenceOptions, source: SourceOptions, configuration: "Configuration"
) -> "ResolveOptions":
    from whichwheel.cli.opening import preferences_of  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.options import ResolveOptions, VersionPolicy  # noqa: PLC0415
    from whichwheel.resolve.policy_reading import configured_policies  # noqa: PLC0415

    configured = configured_policies(configuration)
    version, failing = preference.version_policy, preference.fail_on_fallback
    return ResolveOptions(
        preferences=preferences_of(preference, configuration),
        prereleases=preference.pre,
        strict=source.strict,
        uploaded_before=source.uploaded_before,
        axes=_axes(preference, configuration),
        version_policy=configured.version if version is None else VersionPolicy(version.word),
        version_policy_from=configured.version_from if version is None else version.origin,
        fail_on_fallback=configured.fail_on_fallback if failing is None else failing,
    )


def tell_all_faults(configuration: "Configuration") -> None:
    """Look for the faults of a file under all keys: what reads one key knows only its own.

    :raises InvalidConfiguration: if there are any
    """
    from whichwheel.choose.overlay_reading import configured_overlays  # noqa: PLC0415
    from whichwheel.choose.wish_reading import configured_wishes  # noqa: PLC0415 -- start-up time
    from whichwheel.cli.settings import configured_settings  # noqa: PLC0415 -- start-up time
    from whichwheel.resolve.axes.axis_reading import configured_axes  # noqa: PLC0415
    from whichwheel.resolve.policy_reading import configured_policies  # noqa: PLC0415
    from whichwheel.target.described.configuration_file import InvalidConfiguration  # noqa: PLC0415

    found = []
    for read in (
        lambda: configured_policies(configuration),
        lambda: list(configured_wishes(configuration)),
        lambda: configured_axes(configuration.sections("axes")),
        lambda: configured_overlays(configuration),
        lambda: configured_settings(configuration),
    ):
        try:
            read()
        except InvalidConfiguration as error:
            found.append(error)
    if found:
        where = found[0].where
        faults = (fault for error in found if error.where == where for fault in error.faults)
        raise InvalidConfiguration(where, tuple(sorted(faults, key=lambda each: each.line or 0)))


def _axes(preference: PreferenceOptions, configuration: "Configuration") -> "Axes | None":
    """Return the axes as options and configuration have them; None for the shipped ones.

    :raises WrongUse: if an option names no axis, or no value of one
    """
    sections = configuration.sections("axes")
    if not (sections or preference.axis or preference.axis_strategy):
        return None
    from whichwheel.resolve.axes.axes import AxisStrategy, InvalidAxis  # noqa: PLC0415
    from whichwheel.resolve.axes.axis_reading import configured_axes  # noqa: PLC0415

    axes = configured_axes(sections)
    if preference.axis_strategy is not None:
        axes = replace(axes, strategy=AxisStrategy(preference.axis_strategy))
    try:
        # All of one option come from one place.
        origin = next((f"`{said.origin}`" for said in preference.axis), "")
        return axes.choosing([said.word for said in preference.axis], origin)
    except InvalidAxis as error:
        raise WrongUse(error) from None
