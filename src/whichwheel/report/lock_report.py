"""Locks as the documents that ``--json`` prints, and as lines of text."""

from collections.abc import Mapping, Sequence

from whichwheel.lock.changes import LockChange
from whichwheel.lock.locking import Locked
from whichwheel.lock.selecting import Selected
from whichwheel.report.style import PLAIN, Role, Style, counted, printable
from whichwheel.report.table import Column, render_table
from whichwheel.resolve.resolution import Pin

__all__ = ["LOCK_FORMAT", "change_lines", "lock_document", "lock_summary", "overview_lines"]

LOCK_FORMAT = "whichwheel-lock/1"
_ABSENT = "-"


def lock_document(
    path: str,
    selected: Mapping[str, Selected],
    changes: Sequence[LockChange] = (),
    *,
    changed: bool = False,
    warnings: Sequence[tuple[str, str, str]] = (),
) -> dict[str, object]:
    """Return what a lock gives each target, and what changed in it.

    :param changed: whether the file is, or would be, another one
    :param warnings: target, kind and message of each
    """
    return {
        "format": LOCK_FORMAT,
        "file": path,
        "changed": changed,
        "changes": [
            {"name": each.name, "from": list(each.old), "to": list(each.new)} for each in changes
        ],
        "targets": [
            {"name": name, "packages": [_pin(pin) for pin in each.resolution.pins]}
            for name, each in selected.items()
        ],
        "warnings": [
            {"target": target, "kind": kind, "message": message}
            for target, kind, message in warnings
        ],
    }


def _pin(pin: Pin) -> dict[str, object]:
    return {
        "name": pin.name,
        "version": str(pin.version),
        "label": pin.wheel.name.label,
        "filename": pin.wheel.file.filename,
        "url": pin.wheel.file.url,
        "requested": pin.requested,
    }


def overview_lines(
    selected: Mapping[str, Selected], *, width: int, style: Style = PLAIN
) -> list[str]:
    """Return a table of what each target gets; targets that get the same share a line."""
    names = sorted({pin.name for each in selected.values() for pin in each.resolution.pins})
    rows = []
    for name in names:
        by_build: dict[tuple[str, str], list[str]] = {}
        for target, each in selected.items():
            pin = next((pin for pin in each.resolution.pins if pin.name == name), None)
            if pin is not None:
                key = (str(pin.version), pin.wheel.name.label or _ABSENT)
                by_build.setdefault(key, []).append(target)
        for number, ((version, label), targets) in enumerate(by_build.items()):
            whose = "all" if len(targets) == len(selected) > 1 else ", ".join(targets)
            rows.append([name if number == 0 else "", version, label, whose])
    columns = [Column("name"), Column("version"), Column("variant"), Column("targets")]
    return render_table(columns, rows, width=width, style=style)


def change_lines(changes: Sequence[LockChange], *, style: Style = PLAIN) -> list[str]:
    """Return one line for each project of which something changed."""
    lines = []
    for each in changes:
        old, new = ", ".join(each.old), ", ".join(each.new)
        if not each.old:
            sign, role, text = "+", Role.GOOD, f"{each.name} {new}"
        elif not each.new:
            sign, role, text = "-", Role.BAD, f"{each.name} {old}"
        elif each.files_only:
            sign, role, text = "~", Role.NOTE, f"{each.name} {new} (files, or where they go)"
        else:
            sign, role, text = "~", Role.NOTE, f"{each.name} {old} -> {new}"
        lines.append(f" {style.paint(sign, role)} {printable(text)}")
    return lines


def lock_summary(locked: Locked, name: str, *, changed: bool, seconds: float) -> str:
    """Return the one sentence that says what was locked."""
    packages = counted(len(locked.lock.packages), "package")
    targets = counted(len(locked.targets), "target")
    if not changed:
        return f"nothing to do: `{name}` holds for {targets}, {packages}"
    return f"locked {packages} for {targets} in {seconds:.2f} s: {name}"
