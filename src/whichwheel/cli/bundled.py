"""Tell, when an install is done, that it brought a second library of one kind."""

from dataclasses import replace
from typing import TYPE_CHECKING

from whichwheel.cli.console import Console

if TYPE_CHECKING:
    from whichwheel.environment.plan import Plan
    from whichwheel.environment.site import Environment

__all__ = ["tell_bundled"]


def tell_bundled(plan: "Plan", environment: "Environment", console: Console) -> "Plan":
    """Warn of two OpenMP runtimes, BLAS libraries and the like, of which one is new.

    :param plan: what was done
    :return: the plan with these warnings
    """
    if not (plan.add or plan.replace):
        return plan
    from whichwheel.cli.opening import open_configuration  # noqa: PLC0415 -- start-up time
    from whichwheel.environment.checking.runtimes import brought_runtimes  # noqa: PLC0415
    from whichwheel.resolve.axes.axis_reading import configured_axes  # noqa: PLC0415

    axes = configured_axes(open_configuration().sections("axes"))
    warnings = brought_runtimes(plan, environment, axes)
    for warning in warnings:
        console.warning(warning.message)
    return replace(plan, warnings=(*plan.warnings, *warnings))
