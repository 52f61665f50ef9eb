"""Targets as text: the list of names, one with what it extends, two side by side."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from whichwheel.report.platform_text import platform_lines
from whichwheel.report.style import PLAIN, Role, Style, counted, printable
from whichwheel.report.table import Column, render_table, wrapped
from whichwheel.target.described.comparing import Comparison, Given, PropertyDifference
from whichwheel.target.described.named import ListedTarget
from whichwheel.target.described.target_table import TargetTable
from whichwheel.target.facts import Fact
from whichwheel.target.target import Target

__all__ = ["comparison_lines", "list_lines", "target_lines"]

_SHOWN = 6
_NONE = "-"
_SWITCH = ("on",)


def list_lines(listed: Sequence[ListedTarget], *, width: int, style: Style = PLAIN) -> list[str]:
    """Return a table of the targets that have a name, and what to do with one.

    :param width: in terminal columns
    """
    columns = (
        Column("name"),
        Column("from", roles={"shipped": Role.FAINT}),
        Column("description"),
    )
    rows = [
        (
            each.name,
            each.layer.words,
            f"{each.description} (hidden by another of this name)"
            if each.hidden
            else each.description,
        )
        for each in listed
    ]
    told = "`whichwheel target show NAME` shows one, `--for NAME` chooses for it"
    return [*render_table(columns, rows, width=width, style=style), "", *wrapped(told, width)]


def target_lines(
    target: Target,
    tables: Sequence[TargetTable],
    *,
    width: int,
    style: Style = PLAIN,
    verbose: bool = False,
) -> list[str]:
    """Return the lines that show a target, and the tables that it is made of.

    :param tables: its own first; none for a machine that is not described
    :param width: in terminal columns
    :param verbose: whether long lists are shown whole
    """
    lines = platform_lines(target, width=width, style=style, verbose=verbose)
    if not tables:
        return lines
    rows = [row for index, table in enumerate(tables) for row in _origin(index, table)]
    columns = (Column("described by"), Column(""), Column(""))
    return [*lines, "", *render_table(columns, rows, width=width, style=style)]


def comparison_lines(
    names: tuple[str, str],
    comparison: Comparison,
    *,
    width: int,
    style: Style = PLAIN,
    verbose: bool = False,
) -> list[str]:
    """Return the lines that say what differs between two targets.

    :param names: of the two
    :param width: in terminal columns
    :param verbose: whether long lists are shown whole
    """
    first, second = (printable(name) for name in names)
    if comparison.same:
        return [f"{first} and {second} are the same to every choice"]
    tables = [
        (
            "differs",
            [*_values(comparison.values), *_tag_rows(comparison, verbose=verbose)],
        ),
        (
            "fact",
            [
                (
                    each.key,
                    _value(each.first, each.second, verbose=verbose),
                    _value(each.second, each.first, verbose=verbose),
                )
                for each in comparison.facts
            ],
        ),
        (
            "supported by one alone",
            _property_rows(comparison.properties, verbose=verbose),
        ),
        ("cannot be answered", _values(comparison.refusals)),
    ]
    lines: list[str] = []
    for header, rows in tables:
        if rows:
            lines += [""] if lines else []
            lines += _side_by_side((header, first, second), rows, width=width, style=style)
    return lines


def _side_by_side(
    headers: tuple[str, str, str],
    rows: Sequence[tuple[str, str, str]],
    *,
    width: int,
    style: Style,
) -> list[str]:
    """Return a table whose middle column is wrapped too, so that both values can be long."""
    key_width = max(len(row[0]) for row in (headers, *rows))
    middle = max((width - key_width - 4) // 2, 12)
    wrapped_rows: list[tuple[str, str, str]] = []
    for key, one, other in rows:
        parts = zip_longest(
            wrapped(printable(one), middle), wrapped(printable(other), middle), fillvalue=""
        )
        wrapped_rows += [(key if index == 0 else "", *pair) for index, pair in enumerate(parts)]
    columns = [Column(header) for header in headers]
    return render_table(columns, wrapped_rows, width=width, style=style)


def _values(values: Iterable[Given]) -> list[tuple[str, str, str]]:
    return [(each.key, each.first or _NONE, each.second or _NONE) for each in values]


def _tag_rows(comparison: Comparison, *, verbose: bool) -> list[tuple[str, str, str]]:
    rows = []
    if comparison.first_tags or comparison.second_tags:
        one = _tags(comparison.first_tags, verbose=verbose)
        other = _tags(comparison.second_tags, verbose=verbose)
        rows.append(("tags", one, other))
    if comparison.reordered_tags:
        rows.append(("tags", "in one order", "in another"))
    return rows


def _tags(tags: Sequence[str], *, verbose: bool) -> str:
    if not tags:
        return _NONE
    if verbose:
        return ", ".join(tags)
    return f"{counted(len(tags), 'tag')} of its own, best {tags[0]}"


def _property_rows(
    properties: Sequence[PropertyDifference], *, verbose: bool
) -> list[tuple[str, str, str]]:
    """Return a row for each feature, and one for all those that are merely on."""
    rows: dict[str, tuple[list[str], list[str]]] = {}
    for each in properties:
        pair = (each.first, each.second)
        if _SWITCH in pair and () in pair:
            key = f"{each.namespace} :: all of these: on"
            lists = rows.setdefault(key, ([], []))
            lists[pair.index(_SWITCH)].append(each.feature)
        else:
            own, others = rows.setdefault(f"{each.namespace} :: {each.feature}", ([], []))
            own += each.first
            others += [*each.second, *(["shared values in another order"] * each.reordered)]
    return [
        (key, _listed(own, verbose=verbose), _listed(others, verbose=verbose))
        for key, (own, others) in rows.items()
    ]


def _value(fact: Fact | None, other: Fact | None, *, verbose: bool) -> str:
    """Return the value of a fact; of a list, what the other target has not."""
    if fact is None:
        return _NONE
    if isinstance(fact.value, tuple):
        shared = set(other.value) if other is not None and isinstance(other.value, tuple) else set()
        shared &= set(fact.value)
        own = [_times(value, count) for value, count in Counter(fact.value).items()]
        if shared and not verbose:
            own = [value for value in dict.fromkeys(fact.value) if value not in shared]
            own.append(f"{len(shared)} shared")
        words = _listed(own, verbose=verbose)
    elif isinstance(fact.value, bool):
        words = "true" if fact.value else "false"
    else:
        words = str(fact.value)
    return f"{words} ({fact.origin})"


def _times(value: str, count: int) -> str:
    return value if count == 1 else f"{count} times {value}"


def _listed(values: Sequence[str], *, verbose: bool) -> str:
    cut = 0 if verbose else len(values) - _SHOWN
    if cut <= 0:
        return ", ".join(values) or _NONE
    return f"{', '.join(values[:_SHOWN])} and {cut} more"


def _origin(index: int, table: TargetTable) -> Iterable[tuple[str, str, str]]:
    """Say of one table where it stands, what it is, and what it was written from."""
    shown = table.place.words if index == 0 else f"extends {table.place.words}"
    said = [
        ("description", table.description),
        ("dated", None if table.dated is None else table.dated.isoformat()),
        *(("source", address) for address in table.source),
    ]
    rows = [(key, text) for key, text in said if text]
    for key, text in rows or [("", "")]:
        yield shown, key, text
        shown = ""
