"""The functions of selector files whose values a provider knows under other names."""

import re
from collections.abc import Mapping
from dataclasses import field

from whichwheel.spec.properties import VariantFeature
from whichwheel.spec.values import dataclass

__all__ = ["KNOWN_FUNCTIONS", "KnownFunction", "function_for"]


@dataclass(frozen=True, slots=True)
class KnownFunction:
    """A function, and the feature that says the same.

    The values of the feature are levels: a machine that has one has all before it.

    :param name: ``module:function``
    :param requires: what it is installed from
    :param levels: the values that it returns, by that of the feature, lowest first
    :param same: other values that mean the same
    """

    name: str
    requires: tuple[str, ...]
    feature: VariantFeature
    levels: Mapping[str, str]
    same: Mapping[str, str] = field(default_factory=dict)

    def level(self, value: str) -> str | None:
        """Return the feature's value for one of the function, None if there is none."""
        # One name is written with hyphens or underscores, in either case.
        text = re.sub(r"[\s_-]+", "-", value.strip()).lower()
        by_text = {written: level for level, written in self.levels.items()} | dict(self.same)
        return by_text.get(text)


#: By name; the functions themselves are never run.
KNOWN_FUNCTIONS: Mapping[str, KnownFunction] = {
    function.name: function
    for function in (
        KnownFunction(
            "cpuversion:get_x86_64_psABI_version",
            ("cpuversion >= 1.0",),
            VariantFeature("x86_64", "level"),
            {"v1": "x86-64", "v2": "x86-64-v2", "v3": "x86-64-v3", "v4": "x86-64-v4"},
            {"x86-64-v1": "v1"},
        ),
    )
}


def function_for(feature: VariantFeature) -> KnownFunction | None:
    """Return the function whose values are those of a feature."""
    return next((each for each in KNOWN_FUNCTIONS.values() if each.feature == feature), None)
