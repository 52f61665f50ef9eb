"""What came of trying an overlay on real sources, as text and as JSON."""

from whichwheel.report.overlay_text import places_of
from whichwheel.report.sizes import size_text
from whichwheel.report.style import PLAIN, Role, Style, counted
from whichwheel.report.table import Column, render_table
from whichwheel.resolve.overlay_trial import Chosen, Trial, Weighed
from whichwheel.sources.overlays.coverage import BuildCoverage, Coverage

__all__ = ["trial_document", "trial_faults", "trial_lines"]

_MOST_NAMED = 5


def trial_lines(trial: Trial, *, width: int, style: Style = PLAIN) -> list[str]:
    """Return what each build takes, and what each target gets.

    :param width: in terminal columns
    """
    columns = [
        Column("", right=True),
        Column("label"),
        Column("files", right=True),
        Column("releases", right=True),
        Column("newest"),
        Column("size", right=True),
        Column("example"),
    ]
    rows = [_build_row(each, trial.sizes.get(each.number)) for each in trial.coverage.builds]
    lines = render_table(columns, rows, width=width, style=style)
    if not trial.chosen:
        return lines
    columns = [
        Column("target"),
        Column("release"),
        Column("build", roles={"nothing fits": Role.BAD}),
        Column("size", right=True),
        Column("plain", right=True),
        Column("because"),
    ]
    rows = [
        (
            each.target,
            each.version or "-",
            _build_of(each),
            _size(each.best),
            _size(each.plain),
            each.why,
        )
        for each in trial.chosen
    ]
    return [*lines, "", *render_table(columns, rows, width=width, style=style)]


def _build_row(coverage: BuildCoverage, size: int | None) -> tuple[str, ...]:
    labels = ", ".join(coverage.labels[:_MOST_NAMED])
    more = len(coverage.labels) - _MOST_NAMED
    return (
        str(coverage.number),
        f"{labels} and {more} more" if more > 0 else labels or coverage.build.label,
        str(coverage.files),
        str(coverage.releases),
        str(coverage.newest or "-"),
        "-" if size is None else size_text(size),
        coverage.example.filename if coverage.example is not None else "-",
    )


def _build_of(chosen: Chosen) -> str:
    if chosen.best is None:
        return "nothing fits"
    wheel = chosen.best.wheel
    return "plain" if wheel.presented is None else f"{wheel.name.label} ({wheel.own.name})"


def _size(weighed: Weighed | None) -> str:
    return "-" if weighed is None or weighed.size is None else size_text(weighed.size)


def trial_faults(coverage: Coverage) -> list[str]:
    """Return one sentence for everything that is wrong with an overlay."""
    faults = []
    for each in coverage.empty:
        why = f": {each.failure}" if each.failure is not None else ""
        files = " ".join((places_of(each.build), *each.build.platforms))
        build = f"build {each.number} (`{each.build.label}`, {files})"
        faults.append(f"{build} takes no file{why}")
    for twice in coverage.twice[:_MOST_NAMED]:
        numbers = " and ".join(map(str, twice.builds))
        faults.append(f"`{twice.filename}` is taken by the builds {numbers}")
    more = len(coverage.twice) - _MOST_NAMED
    if more > 0:
        faults.append(f"{counted(more, 'more file')} taken by several builds")
    return faults


def trial_document(trial: Trial) -> dict[str, object]:
    """Return a trial as JSON."""
    return {
        "project": trial.project,
        "sound": trial.coverage.is_sound,
        "builds": [
            {
                "number": each.number,
                "label": each.build.label,
                "labels": list(each.labels),
                "project": each.build.project,
                "files": each.files,
                "releases": each.releases,
                "newest": None if each.newest is None else str(each.newest),
                "example": None if each.example is None else each.example.filename,
                "size": trial.sizes.get(each.number),
                "failure": each.failure,
            }
            for each in trial.coverage.builds
        ],
        "twice": [
            {"filename": each.filename, "builds": list(each.builds)}
            for each in trial.coverage.twice
        ],
        "targets": [
            {
                "target": each.target,
                "version": each.version,
                "chosen": _weighed(each.best),
                "plain": _weighed(each.plain),
                "why": each.why,
            }
            for each in trial.chosen
        ],
    }


def _weighed(weighed: Weighed | None) -> dict[str, object] | None:
    if weighed is None:
        return None
    wheel = weighed.wheel
    return {
        "project": wheel.own.name,
        "version": str(wheel.own.version),
        "filename": wheel.own.filename,
        "label": wheel.name.label,
        "size": weighed.size,
    }
