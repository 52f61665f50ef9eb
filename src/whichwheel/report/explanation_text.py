"""Choices as text: which wheel, and a table of what became of every other."""

from collections.abc import Sequence

from whichwheel.choose.choice import Choice, Judgement, Reason, ReasonKind, Status
from whichwheel.report.style import PLAIN, Role, Style, counted, printable
from whichwheel.report.table import Column, render_table, wrapped
from whichwheel.sources.release import Wheel

__all__ = ["explanation_lines", "overview_lines", "short_names"]

_COLUMNS = (
    Column("place", right=True),
    Column("wheel"),
    Column(
        "status",
        roles={
            Status.CHOSEN.value: Role.GOOD,
            Status.OUTRANKED.value: Role.FAINT,
            Status.REFUSED.value: Role.BAD,
        },
    ),
    Column("why"),
)
_ELSEWHERE = frozenset({ReasonKind.PLATFORM_TAGS, ReasonKind.PYTHON_VERSION})
_SHOWN = 40


def explanation_lines(
    choice: Choice, *, width: int, style: Style = PLAIN, verbose: bool = False
) -> list[str]:
    """Return the lines that explain one choice.

    Wheels for other platforms or Pythons are counted rather than listed, and of a very long
    table only the first rows are shown, unless nothing fits or ``verbose`` asks for all.

    :param width: in terminal columns
    :param verbose: whether to list every wheel
    """
    lines = [*_heading(choice, style, width), ""]
    every = verbose or choice.chosen is None
    shown = [judged for judged in choice.judgements if every or not _is_elsewhere(judged)]
    elsewhere = len(choice.judgements) - len(shown)
    cut = 0 if every else max(0, len(shown) - _SHOWN)
    shown = shown[: len(shown) - cut]
    names = short_names([judged.wheel for judged in shown])
    by_file: dict[str, str] = {}
    for judged in shown:
        # The best comes first, should a file be several builds.
        by_file.setdefault(judged.wheel.file.filename, names[judged.wheel.name.filename])
    rows = [
        (
            "-" if judged.rank is None else str(judged.rank + 1),
            names[judged.wheel.name.filename],
            judged.status.value,
            "; ".join(_shortened(reason, by_file) for reason in judged.reasons),
        )
        for judged in shown
    ]
    if rows:
        lines += render_table(_COLUMNS, rows, width=width, style=style, indent="  ")
    if cut:
        lines.append(f"  and {counted(cut, 'more wheel')} (listed with `-v`)")
    if elsewhere:
        are = "is" if elsewhere == 1 else "are"
        lines.append(
            f"  {counted(elsewhere, 'wheel')} {are} for other platforms or Python versions"
            " (listed with `-v`)"
        )
    return lines


def overview_lines(
    chosen: Sequence[tuple[str, Choice]], *, width: int, style: Style = PLAIN
) -> list[str]:
    """Return a table of what each target gets of each package.

    :param chosen: names of targets, each with the choice made for it
    :param width: in terminal columns
    """
    columns = (
        Column("package"),
        Column("target"),
        Column("variant"),
        Column("status", roles={"chosen": Role.GOOD, "none fits": Role.BAD}),
        Column("why"),
    )
    rows = []
    shown = ""
    for target, choice in sorted(chosen, key=lambda pair: pair[1].name):
        title = f"{choice.name} {choice.version}"
        first = choice.judgements[0] if choice.judgements else None
        fits = choice.chosen is not None
        variant = "-" if choice.chosen is None else choice.chosen.name.label or "(plain)"
        reasons = first.reasons if first is not None else ()
        why = "; ".join(_decisive(reason) for reason in reasons) or "it has no wheels"
        status = "chosen" if fits else "none fits"
        rows.append((title if title != shown else "", printable(target), variant, status, why))
        shown = title
    return render_table(columns, rows, width=width, style=style)


def _decisive(reason: Reason) -> str:
    if reason.kind is ReasonKind.BEST:
        return reason.message.partition(": ")[2]
    return reason.message


def _heading(choice: Choice, style: Style, width: int) -> list[str]:
    title = f"{choice.name} {choice.version}"
    chosen = choice.chosen
    if chosen is None:
        verdict = "no wheel fits" if choice.judgements else "it has no wheels"
        where = f"{style.paint(title, Role.STRONG)} from {printable(choice.source)}"
        return [f"{where}: {style.paint(verdict, Role.BAD)}"]
    label = f" ({chosen.name.label})" if chosen.name.label is not None else ""
    source, own = choice.source, chosen.own
    if chosen.presented is not None:
        source = chosen.presented.source
        if own.name != choice.name:
            title, label = f"{own.name} {own.version}", f"{label} for {choice.name}"
    reasons = "; ".join(reason.message for reason in choice.judgements[0].reasons)
    return [
        f"{style.paint(title + label, Role.STRONG)} from {printable(source)}",
        f"  {style.paint(printable(chosen.file.filename), Role.GOOD)}",
        *(f"  {line}" for line in wrapped(printable(reasons), width - 2)),
    ]


def _is_elsewhere(judged: Judgement) -> bool:
    """Whether a wheel is for another platform or Python, whatever else speaks against it."""
    return judged.status is Status.REFUSED and any(
        reason.kind in _ELSEWHERE for reason in judged.reasons
    )


def _shortened(reason: Reason, names: dict[str, str]) -> str:
    if reason.kind is ReasonKind.BEST:
        return reason.message.partition(":")[0]
    by = reason.facts.get("by")
    if isinstance(by, str) and by in names:
        # The column beside it says `outranked` already.
        message = reason.message.removeprefix("outranked ")
        return message.replace(f"`{by}`", f"`{names[by]}`")
    return reason.message


def short_names(wheels: Sequence[Wheel]) -> dict[str, str]:
    """Return the parts of each wheel's name that tell it from the others, by the whole name.

    That is the label where no two wheels share one.

    :param wheels: wheels of one release
    """
    parts = {wheel.name.filename: _name_parts(wheel) for wheel in wheels}
    differing: list[int] = []
    if len({part[3] for part in parts.values()}) < len(parts):
        differing = [
            column for column in range(3) if len({part[column] for part in parts.values()}) > 1
        ]
    return {
        name: "-".join(part[column] for column in (*differing, 3) if part[column]) or "(plain)"
        for name, part in parts.items()
    }


def _name_parts(wheel: Wheel) -> tuple[str, str, str, str]:
    """Return build number, Python and ABI, platform, label."""
    *_, python, abi, platform = wheel.name.without_label.removesuffix(".whl").split("-")
    build = "".join(map(str, wheel.name.build))
    return build, f"{python}-{abi}", platform, wheel.name.label or ""
