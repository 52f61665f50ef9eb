"""Plans as the document that `--json` prints, and as lines of text."""

from collections.abc import Mapping, Sequence

from whichwheel.environment.plan import Installed, Plan
from whichwheel.report.explanation import stand_in_document
from whichwheel.report.savings import Saving, saved_text
from whichwheel.report.style import PLAIN, Role, Style, counted, printable
from whichwheel.resolve.resolution import Pin, ResolutionWarning

__all__ = [
    "PLAN_FORMAT",
    "agreed_lines",
    "change_lines",
    "chosen_reasons",
    "installed_document",
    "listed_in_summary",
    "pin_source",
    "plan_document",
    "summary",
    "titles",
]

PLAN_FORMAT = "whichwheel-plan/1"
_IN_ONE_LINE = 6


def plan_document(
    plan: Plan,
    warnings: Sequence[ResolutionWarning] = (),
    target: Mapping[str, object] | None = None,
    savings: Mapping[str, Saving] | None = None,
) -> dict[str, object]:
    """Return a plan as ``install --json`` and ``uninstall --json`` print it.

    :param target: the description of the target that was chosen for, if anything was chosen
    :param warnings: of the resolution, where the plan does not hold them
    :param savings: what is smaller than what a plain installer would have taken, by name
    """
    saved = savings or {}
    every = dict.fromkeys([*plan.warnings, *warnings])
    return {
        "format": PLAN_FORMAT,
        "target": None if target is None else dict(target),
        "add": [_pin(pin, saved.get(pin.name)) for pin in plan.add],
        "remove": [installed_document(found) for found in plan.remove],
        "replace": [
            {
                "from": installed_document(change.old),
                "to": _pin(change.new, saved.get(change.new.name)),
            }
            for change in plan.replace
        ],
        "keep": [installed_document(found) for found in plan.keep],
        "agreed": [
            {
                "axis": each.axis,
                "feature": each.shown,
                "value": each.value,
                "by": list(each.by),
                "because": each.because,
            }
            for each in plan.agreed
        ],
        "warnings": [{"kind": warning.kind, "message": warning.message} for warning in every],
    }


def _pin(pin: Pin, saving: Saving | None) -> dict[str, object]:
    return {
        "name": pin.name,
        "version": str(pin.version),
        "label": pin.wheel.name.label,
        "filename": pin.wheel.file.filename,
        "url": pin.wheel.file.url,
        "source": pin_source(pin),
        "stands-in": stand_in_document(pin.wheel),
        "size": pin.wheel.file.size,
        "plain-size": None if saving is None else saving.plain_size,
    }


def pin_source(pin: Pin) -> str:
    """Return where a wheel comes from, for people."""
    presented = pin.wheel.presented
    return pin.choice.source if presented is None else presented.source


def installed_document(found: Installed) -> dict[str, object]:
    """Return what is installed as an entry of a plan."""
    return {
        "name": found.name,
        "version": str(found.version),
        "label": found.label,
        "filename": None,
        "url": found.url,
        "source": found.source,
        "stands-for": None if found.stand_in is None else found.stand_in.project,
    }


def change_lines(plan: Plan, *, style: Style = PLAIN, verbose: bool = False) -> list[str]:
    """Return one line for each change, and with ``verbose`` why each wheel was chosen."""
    changes: list[tuple[str, str, str, Role, Pin | None]] = [
        *((pin.name, "+", _title(pin), Role.GOOD, pin) for pin in plan.add),
        *((found.name, "-", _title(found), Role.BAD, None) for found in plan.remove),
        *(
            (
                change.new.name,
                "~",
                f"{_title(change.old)} -> {_title(change.new, named=False)}",
                Role.NOTE,
                change.new,
            )
            for change in plan.replace
        ),
    ]
    lines = []
    for _, sign, title, role, new in sorted(changes, key=lambda change: change[:3]):
        lines.append(f" {style.paint(sign, role)} {printable(title)}")
        if verbose and new is not None:
            lines.append(f"     {printable(new.wheel.file.filename)}, from {pin_source(new)}")
            lines += [f"     {printable(reason)}" for reason in chosen_reasons(new)]
    return lines


def agreed_lines(plan: Plan, *, style: Style = PLAIN) -> list[str]:
    """Return one line for each value that packages agree on, with who was built for it."""
    lines = []
    for each in plan.agreed:
        by = ", ".join(each.by[:_IN_ONE_LINE])
        more = f" and {len(each.by) - _IN_ONE_LINE} more" if len(each.by) > _IN_ONE_LINE else ""
        because = f"; {each.because}" if each.because is not None else ""
        value = style.paint(f"{each.shown} = {each.value}", Role.NOTE)
        lines.append(f" = {value}: {by}{more}{because}")
    return lines


def chosen_reasons(pin: Pin) -> list[str]:
    """Return why a wheel was chosen, each a sentence."""
    return [
        reason.message
        for judged in pin.choice.judgements
        if judged.wheel.name.filename == pin.wheel.name.filename
        for reason in judged.reasons
    ]


def titles(plan: Plan, *, done: bool = False) -> list[str]:
    """Return ``name version (label)`` of what a plan brings, what was asked for first.

    :param done: whether no line tells of each change, so that the version before is told here
    """
    before = {
        change.new.name: change.old
        for change in plan.replace
        if done and change.old.version != change.new.wheel.own.version
    }
    pins = [*plan.add, *(change.new for change in plan.replace)]
    return [
        _title(pin) + (f" (was {before[pin.name].version})" if pin.name in before else "")
        for pin in sorted(pins, key=lambda pin: (not pin.requested, pin.name))
    ]


def _title(package: Pin | Installed, *, named: bool = True) -> str:
    if isinstance(package, Pin):
        label: str | None = package.wheel.name.label
        own, version, plain = package.wheel.own.name, package.wheel.own.version, package.name
    else:
        label, own, version = package.label, package.name, package.version
        plain = package.known_as
    name = f"{own} " if named or own != plain else ""
    title = f"{name}{version}" + (f" ({label})" if label is not None else "")
    return title if own == plain else f"{title} for {plain}"


def summary(
    plan: Plan,
    *,
    done: bool,
    seconds: float | None = None,
    savings: Mapping[str, Saving] | None = None,
) -> str:
    """Return the one sentence that says what a plan does, or did.

    :param done: whether it was carried out
    :param seconds: how long that took
    :param savings: what is smaller than what a plain installer would have taken, by name
    """
    if plan.is_empty:
        are = "is" if len(plan.keep) == 1 else "are"
        kept = f": {counted(len(plan.keep), 'package')} {are} installed already"
        return "nothing to do" + (kept if plan.keep else "")
    brought = len(plan.add) + len(plan.replace)
    parts = []
    if brought:
        parts.append(f"{'installed' if done else 'would install'} {counted(brought, 'package')}")
    if plan.remove:
        verb = "uninstalled" if done else "uninstall" if parts else "would uninstall"
        parts.append(f"{verb} {counted(len(plan.remove), 'package')}")
    text = " and ".join(parts)
    if seconds is not None:
        text += f" in {seconds:.2f} s"
    if listed_in_summary(plan):
        gone = ", ".join(_title(found) for found in plan.remove)
        text += f": {', '.join(titles(plan, done=done)) or gone}"
        text += f", and no longer {gone}" if brought and gone else ""
    return f"{text}; {saved_text(savings.values())}" if savings else text


def listed_in_summary(plan: Plan) -> bool:
    """Whether a plan is small enough for the summary to name its packages."""
    return len(plan.add) + len(plan.replace) + len(plan.remove) <= _IN_ONE_LINE
