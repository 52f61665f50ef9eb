"""The options that say what machine to choose for."""

from typing import TYPE_CHECKING

import click

from whichwheel.cli.common_options import PythonChoice, python_option
from whichwheel.cli.options import PropertyText, field_names, option, option_group
from whichwheel.spec.properties import NAME_PATTERN, InvalidProperty, VariantProperties
from whichwheel.spec.values import dataclass

if TYPE_CHECKING:
    from whichwheel.target.gpus import GpuPolicy

__all__ = ["TargetOptions", "switch_options", "target_options"]


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """What machine and Python to choose for.

    :param python: which interpreter; None if not said
    :param names: named targets and target files; then nothing is detected
    :param properties: exact properties, by namespace; they skip detection
    :param unset: namespaces that are turned off
    :param enable: namespaces whose optional provider is turned on
    :param gpus: which of several GPUs have to be served
    :param no_detect_cache: detect anew, and keep nothing of it
    """

    python: PythonChoice | None
    names: tuple[str, ...]
    properties: VariantProperties
    unset: tuple[str, ...]
    enable: tuple[str, ...]
    gpus: "GpuPolicy | None"
    no_detect_cache: bool

    @property
    def elsewhere(self) -> bool:
        """Whether it is another machine than this one."""
        return bool(self.names)


def _given_properties(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> VariantProperties:
    if not values:
        return {}
    from whichwheel.target.settings import parse_given  # noqa: PLC0415 -- start-up time

    try:
        return parse_given(values)
    except InvalidProperty as error:
        raise click.BadParameter(error.message) from None


def _namespaces(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    for value in values:
        if not NAME_PATTERN.fullmatch(value):
            raise click.BadParameter(
                f"`{value}` is not a namespace: only `a-z`, `0-9` and `_` may stand in it"
            )
    return values


def _gpu_policy(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> "GpuPolicy | None":
    if value is None:
        return None
    from whichwheel.target.gpus import GpuPolicy, InvalidGpuPolicy  # noqa: PLC0415

    try:
        return GpuPolicy.parse(value)
    except InvalidGpuPolicy as error:
        raise click.BadParameter(f"{error.message} ({error.hint})") from None


#: What turns providers off and on.
switch_options = (
    option(
        "--unset",
        metavar="NAMESPACE",
        multiple=True,
        callback=_namespaces,
        help="Turn the provider of a namespace off. Can be repeated.",
    ),
    option(
        "--enable",
        metavar="NAMESPACE",
        multiple=True,
        callback=_namespaces,
        help="Turn on the optional provider of a namespace. Can be repeated.",
    ),
)


target_options = option_group(
    TargetOptions,
    field_names(TargetOptions),
    "chosen_for",
    python_option,
    option(
        "--for",
        "names",
        metavar="NAME|FILE",
        multiple=True,
        help="Choose for another machine: a named target, or a target file; detect nothing. "
        "`whichwheel target list` tells the names.",
    ),
    option(
        "--set",
        "properties",
        metavar='"NS :: FEATURE :: V1, V2"',
        type=PropertyText(),
        multiple=True,
        callback=_given_properties,
        help="Take these values of a feature as supported, best first, and detect nothing of "
        "their namespace. Can be repeated.",
    ),
    *switch_options,
    option(
        "--gpus",
        metavar="all|any|0,2",
        callback=_gpu_policy,
        help="Which of several GPUs a wheel has to serve: all (the default), any, or those with "
        "these numbers.",
    ),
    option(
        "--no-detect-cache",
        is_flag=True,
        help="Detect this machine anew, and keep nothing of it.",
    ),
)
