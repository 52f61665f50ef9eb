"""A target as text: its Python and platform, its facts, and what follows from them."""

from collections.abc import Iterable

from whichwheel.report.style import PLAIN, Role, Style, counted, printable
from whichwheel.report.table import Column, render_table
from whichwheel.target.description import described_namespaces
from whichwheel.target.facts import FactValue, Origin
from whichwheel.target.support import Refusal
from whichwheel.target.tags import described_platform
from whichwheel.target.target import Target

__all__ = ["platform_lines"]

_SHOWN = 12
_NAMES = {"cpython": "CPython", "pypy": "PyPy"}


def platform_lines(
    target: Target, *, width: int, style: Style = PLAIN, verbose: bool = False
) -> list[str]:
    """Return the lines that describe a target, detecting what was not asked for yet.

    :param width: in terminal columns
    :param verbose: whether long lists are shown whole
    """
    lines = [*_heading(target, style), ""]
    facts = [
        (fact.key, _listed(_texts(fact.value), verbose=verbose), str(fact.origin), fact.source)
        for fact in target.machine.facts().values()
    ]
    roles = {str(Origin.GIVEN): Role.NOTE, str(Origin.DEFAULT): Role.FAINT}
    columns = [Column("fact"), Column("origin", roles=roles), Column("from"), Column("value")]
    rows = [(key, origin, source, value) for key, value, origin, source in facts]
    lines += render_table(columns, rows, width=width, style=style) if rows else ["no facts"]
    supported = [
        row
        for namespace in described_namespaces(target)
        for row in _rows(namespace, target, verbose=verbose)
    ]
    columns = [Column("namespace"), Column("feature"), Column("supported values, best first")]
    return [*lines, "", *render_table(columns, supported, width=width, style=style)]


def _heading(target: Target, style: Style) -> Iterable[str]:
    implementation = _NAMES.get(target.implementation, target.implementation)
    platform = described_platform(target.tags)
    yield (
        f"{style.paint(printable(target.name), Role.STRONG)}: {implementation} "
        f"{target.python_version}" + (f" on {platform.text}" if platform is not None else "")
    )
    if target.tags:
        yield f"takes wheels of {counted(len(target.tags), 'tag')}, best {target.tags[0]}"


def _rows(namespace: str, target: Target, *, verbose: bool) -> Iterable[tuple[str, str, str]]:
    answer = target.machine.support(namespace, None)
    if isinstance(answer, Refusal):
        yield namespace, "-", f"unknown: {answer.message}"
        return
    if not answer.features:
        yield namespace, "-", f"none ({answer.facts})" if answer.facts else "none"
    switches: dict[str, list[str]] = {}
    for feature, values in answer.features.items():
        if len(values) == 1:
            switches.setdefault(values[0], []).append(feature)
        else:
            yield namespace, feature, _listed(values, verbose=verbose)
    for value, features in switches.items():
        if len(features) == 1:
            yield namespace, features[0], value
        else:
            yield namespace, f"all of these: {value}", _listed(tuple(features), verbose=verbose)


def _texts(value: FactValue) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return (str(value),)


def _listed(values: tuple[str, ...], *, verbose: bool) -> str:
    cut = 0 if verbose else len(values) - _SHOWN
    if cut <= 0:
        return ", ".join(values) or "none"
    return f"{', '.join(values[:_SHOWN])} and {cut} more"
