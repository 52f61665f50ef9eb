"""What a check found, as lines of text and as the document that `--json` prints."""

from collections.abc import Iterable, Mapping

from whichwheel.environment.checking.checking import Checked
from whichwheel.environment.checking.finding import Finding, Severity
from whichwheel.report.style import PLAIN, Role, Style, counted, printable
from whichwheel.report.table import wrapped

__all__ = ["CHECK_FORMAT", "check_document", "check_summary", "finding_lines", "findings_json"]

CHECK_FORMAT = "whichwheel-check/1"

_ROLES = {Severity.ERROR: Role.BAD, Severity.WARNING: Role.NOTE, Severity.NOTE: Role.FAINT}
_NARROWEST = 40


def finding_lines(findings: Iterable[Finding], *, width: int, style: Style = PLAIN) -> list[str]:
    """Return findings as lines: what it is, and below it what to do.

    :param width: of the lines, in terminal columns
    """
    lines = []
    for finding in findings:
        word = style.paint(finding.severity.value, _ROLES[finding.severity])
        indent = " " * (len(finding.severity.value) + 2)
        rest = max(width - len(indent), _NARROWEST)
        first, *more = wrapped(printable(finding.message), rest)
        lines.append(f"{word}: {first}")
        lines += [f"{indent}{line}" for line in more]
        if finding.hint is not None:
            hint, *more = wrapped(printable(finding.hint), rest - len("hint: "))
            lines.append(f"{indent}{style.paint('hint', Role.STRONG)}: {hint}")
            lines += [f"{indent}      {line}" for line in more]
    return lines


def check_summary(checked: Checked, *, target: str, seconds: float) -> str:
    """Return the one line that says what was looked at and how it is.

    :param target: the name of the machine that was checked for
    """
    counts = [
        counted(checked.counts[severity], severity.value)
        for severity in Severity
        if checked.counts[severity]
    ]
    text = (
        f"checked {counted(checked.packages, 'package')} with {counted(checked.files, 'file')} "
        f"for {target} in {seconds:.2f} s: {', '.join(counts) or 'all is well'}"
    )
    left_out = []
    if not checked.asked_sources:
        left_out.append("no source was asked for other builds")
    if not checked.verified:
        left_out.append("no hash was compared")
    return f"{text} ({', '.join(left_out)})" if left_out else text


def check_document(
    checked: Checked, *, environment: str, target: Mapping[str, object]
) -> dict[str, object]:
    """Return a check as ``check --json`` prints it.

    :param environment: the folder of the environment
    :param target: the description of the target that was checked for
    """
    return {
        "format": CHECK_FORMAT,
        "environment": environment,
        "target": dict(target),
        "packages": checked.packages,
        "files": checked.files,
        "asked_sources": checked.asked_sources,
        "verified": checked.verified,
        "counts": {severity.value: number for severity, number in checked.counts.items()},
        "findings": findings_json(checked.findings),
    }


def findings_json(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """Return findings as JSON values."""
    return [
        {
            "kind": finding.kind.value,
            "severity": finding.severity.value,
            "packages": list(finding.packages),
            "message": finding.message,
            "hint": finding.hint,
            "facts": dict(finding.facts),
        }
        for finding in findings
    ]
