"""The rules that come with the package: data, as a person would write them."""

from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.rules.rule_file import read_rules
from whichwheel.target.rules.rule_provider import rule_provider

__all__ = ["shipped_provider", "shipped_rules"]

_FOLDER = Path(__file__).parent / "shipped"
_NAMES = ("blas_lapack", "openmp", "mpi")


def shipped_rules() -> Mapping[str, Path]:
    """Return the files of the shipped rules, by namespace."""
    return {name: _FOLDER / f"{name}.toml" for name in _NAMES}


def shipped_provider(namespace: str) -> KnownProvider:
    """Return the provider that the shipped rule of a namespace makes.

    :raises KeyError: if none is shipped
    """
    (rule,) = read_rules(shipped_rules()[namespace])
    return rule_provider(rule)
