"""Put requirements into an environment: resolved, planned and carried out in one go."""

from collections.abc import Sequence
from pathlib import Path

from whichwheel.environment.applying import apply_plan
from whichwheel.environment.planning import make_plan
from whichwheel.environment.site import Environment
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import Requested
from whichwheel.resolve.resolving import resolve
from whichwheel.sources.ports import Progress, Sources
from whichwheel.target.target import Target

__all__ = ["fill"]


def fill(  # noqa: PLR0913 -- all that an install needs to know
    environment: Environment,
    requests: Sequence[Requested],
    *,
    target: Target,
    sources: Sources,
    cache_directory: Path,
    progress: Progress,
) -> None:
    """Install what is asked for, the way it comes where nobody says more.

    :param target: this machine, with the environment's interpreter
    :param cache_directory: the folder of all caches
    :raises ResolutionFailed: if there is no consistent set
    :raises WhichwheelError: as :func:`apply_plan`
    """
    resolution = resolve(
        requests,
        target=target,
        sources=sources,
        options=ResolveOptions(),
        installed=environment.installed_packages(),
    )
    plan = make_plan(resolution, environment)
    apply_plan(plan, environment, sources, cache_directory=cache_directory, progress=progress)
