"""What the user wants of a resolution: from the options, and from what is configured."""

from typing import TYPE_CHECKING

from whichwheel.cli.options import PreferenceOptions, SourceOptions

if TYPE_CHECKING:
    from whichwheel.resolve.options import ResolveOptions

__all__ = ["wanted_options"]


def wanted_options(preference: PreferenceOptions, source: SourceOptions) -> "ResolveOptions":
    """Return what holds for every package of an environment."""
    from whichwheel.cli.opening import open_configuration, preferences_of  # noqa: PLC0415
    from whichwheel.resolve.axes.axis_reading import configured_axes  # noqa: PLC0415
    from whichwheel.resolve.options import ResolveOptions  # noqa: PLC0415 -- start-up time

    return ResolveOptions(
        preferences=preferences_of(preference),
        prereleases=preference.pre,
        strict=source.strict,
        axes=configured_axes(open_configuration().sections("axes")),
    )
