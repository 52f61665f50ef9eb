"""Providers, what trusting one would mean, and what it answers, as text and as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from whichwheel.plugins.answers import Answer
from whichwheel.plugins.pinning import Proposal
from whichwheel.plugins.trust import PinnedWheel
from whichwheel.plugins.ways import Way, WayKind, WayState
from whichwheel.report.style import PLAIN, Role, Style, printable
from whichwheel.report.table import Column, render_table, wrapped

__all__ = [
    "answer_lines",
    "executable_lines",
    "proposal_lines",
    "way_document",
    "ways_lines",
    "wheel_documents",
]

_ROLES = {
    str(WayState.ON): Role.GOOD,
    str(WayState.TRUSTED): Role.GOOD,
    str(WayState.OFF): Role.FAINT,
    str(WayState.UNUSED): Role.FAINT,
    str(WayState.NOT_TRUSTED): Role.NOTE,
    str(WayState.CHANGED): Role.BAD,
    str(WayState.GONE): Role.BAD,
}
_INDENT = "  "
_BELOW = "a command below"
_MAY_DO = (
    "anything that this user may do: it is run on this machine, without asking again, whenever "
    "the metadata of a package names it"
)
_EXECUTABLE_MAY_DO = (
    "anything that this user may do: it is run on this machine, without asking again, whenever "
    "a package has variants in its namespaces"
)


def ways_lines(
    ways: Sequence[Way], *, width: int, style: Style = PLAIN, verbose: bool = False
) -> list[str]:
    """Return the lines that list who answers for which namespace.

    :param width: in terminal columns
    :param verbose: whether pins and origins are shown too
    """
    rows = [
        (
            ", ".join(way.namespaces) or "as metadata says",
            way.state,
            _by(way),
            _BELOW if _is_command(way) else way.change,
        )
        for way in ways
    ]
    columns = [
        Column("namespace"),
        Column("state", roles=_ROLES),
        Column("answered by"),
        Column("to change that"),
    ]
    lines = render_table(columns, rows, width=width, style=style)
    lines += [
        "",
        *wrapped(
            "What the metadata of a package lists itself (static properties) comes first; then "
            "given properties (`--set`), rules, what is built in, plugin packages and executables. "
            "`--unset` and `--enable` hold for one run, the configuration for all.",
            width,
        ),
    ]
    # A command is copied from the screen, so it is never broken into lines.
    commands = [printable(way.change).strip("`") for way in ways if _is_command(way)]
    if commands:
        lines += [
            "",
            "commands that change the state:",
            *(f"{_INDENT}{command}" for command in commands),
        ]
    if verbose:
        for way in ways:
            lines += _detail_lines(way)
    return lines


def _is_command(way: Way) -> bool:
    return way.change.startswith("`whichwheel ")


def _by(way: Way) -> str:
    if way.kind in {WayKind.BUILT_IN, WayKind.OPTIONAL}:
        return way.name
    if way.kind is WayKind.EXECUTABLE:
        return str(way.kind)
    if way.kind is WayKind.RULE:
        return f"rule in {Path(str(way.details['file'])).name}"
    return str(way.kind) if way.name in way.namespaces else f"{way.kind} {way.name}"


def _detail_lines(way: Way) -> list[str]:
    if way.kind is WayKind.EXECUTABLE:
        told = {key: way.details.get(key) for key in ("sha256", "trusted_at")}
    elif way.kind is WayKind.RULE:
        told = {"file": way.details["file"]}
    elif way.kind is WayKind.PACKAGE:
        told = {key: way.details[key] for key in ("trusted", "source", "trusted_at", "installed")}
        wheels = way.details["wheels"]
        assert isinstance(wheels, list)  # noqa: S101 -- for the type checker
        told |= {f"sha256 of {wheel['filename']}": wheel["sha256"] for wheel in wheels}
    else:
        return []
    listed = [f"{_INDENT}{key}: {value}" for key, value in told.items() if value is not None]
    return [printable(line) for line in ["", way.name, *listed]]


def way_document(way: Way) -> dict[str, object]:
    """Return one way as JSON."""
    return {
        "namespaces": list(way.namespaces),
        "kind": str(way.kind),
        "name": way.name,
        "state": str(way.state),
        "change": way.change.replace("`", ""),
        "details": dict(way.details),
    }


def proposal_lines(
    proposal: Proposal, *, before: str | None, width: int, style: Style = PLAIN
) -> list[str]:
    """Return what a person has to know before trusting a package.

    :param before: the version that is trusted now, if any
    """
    first, *others = proposal.wheels
    rows = [("publisher", f"{proposal.publisher or 'not named'} (as the package says of itself)")]
    if proposal.summary:
        rows.append(("about", proposal.summary))
    rows.append(("from", proposal.source))
    if before is not None:
        rows.append(("trusted now", before))
    rows.append(("sha256", first.sha256))
    rows += [("needs", f"{wheel.name} {wheel.version}, sha256 {wheel.sha256}") for wheel in others]
    rows.append(("may do", _MAY_DO))
    return _card(f"{proposal.name} {proposal.version}", rows, width, style)


def executable_lines(
    path: Path, sha256: str, namespaces: Sequence[str], *, width: int, style: Style = PLAIN
) -> list[str]:
    """Return what a person has to know before trusting an executable."""
    rows = [
        ("answers for", ", ".join(namespaces)),
        ("sha256", sha256),
        ("may do", _EXECUTABLE_MAY_DO),
    ]
    return _card(str(path), rows, width, style)


def _card(title: str, rows: Sequence[tuple[str, str]], width: int, style: Style) -> list[str]:
    labels = max(len(label) for label, _ in rows)
    lines = [style.paint(printable(title), Role.STRONG)]
    for label, text in rows:
        start = f"{_INDENT}{label:{labels}}{_INDENT}"
        first, *more = wrapped(printable(text), max(24, width - len(start)))
        lines += [start + first, *(" " * len(start) + line for line in more)]
    return lines


def answer_lines(answers: Mapping[str, Answer], *, width: int, style: Style = PLAIN) -> list[str]:
    """Return what providers answered.

    :param answers: by namespace; ``(any)`` where only metadata tells it
    """
    rows = [
        (namespace, feature, ", ".join(values))
        for namespace, answer in answers.items()
        for feature, values in answer.features.items()
    ]
    if not rows:
        return ["it answers that this machine supports nothing of its kind"]
    columns = [Column("supported"), Column("feature"), Column("values, best first")]
    return render_table(columns, rows, width=width, style=style)


def wheel_documents(wheels: Sequence[PinnedWheel]) -> list[dict[str, object]]:
    """Return pinned wheels as JSON."""
    return [
        {
            "name": wheel.name,
            "version": wheel.version,
            "filename": wheel.filename,
            "url": wheel.url,
            "sha256": wheel.sha256,
        }
        for wheel in wheels
    ]
