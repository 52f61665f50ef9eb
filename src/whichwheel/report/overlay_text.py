"""Overlays as text and as JSON: the list of them, and one with its builds."""

from collections.abc import Sequence

from packaging.specifiers import SpecifierSet

from whichwheel.report.style import PLAIN, Role, Style, printable
from whichwheel.report.table import Column, render_table, wrapped
from whichwheel.sources.overlays.overlay import InvalidOverlay, Overlay, OverlayBuild
from whichwheel.spec.values import dataclass

__all__ = [
    "ListedOverlay",
    "listed_document",
    "listed_lines",
    "overlay_document",
    "overlay_lines",
    "places_of",
]

_ROLES = {"on": Role.GOOD, "off": Role.FAINT, "unusable": Role.BAD}
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class ListedOverlay:
    """An overlay that there is, and whether it is on.

    :param name: of the project that it is about
    :param origin: ``shipped`` or ``user``, or the file's path if it was named by it
    :param on: whether installs use it
    :param why: what turned it on or off
    :param overlay: what it says, or all that is wrong with it
    """

    name: str
    origin: str
    on: bool
    why: str
    overlay: Overlay | InvalidOverlay

    @property
    def state(self) -> str:
        """One word for both."""
        if isinstance(self.overlay, InvalidOverlay):
            return "unusable"
        return "on" if self.on else "off"


def listed_lines(listed: Sequence[ListedOverlay], *, width: int, style: Style = PLAIN) -> list[str]:
    """Return a table of the overlays that there are, and what to do with one.

    :param width: in terminal columns
    """
    columns = (
        Column("project"),
        Column("state", roles=_ROLES),
        Column("dated"),
        Column("from", roles={"shipped": Role.FAINT}),
        Column("builds, and why it is on or off"),
    )
    rows = [(each.name, each.state, _dated(each), each.origin, _told(each)) for each in listed]
    told = (
        "`whichwheel overlay show NAME` shows one; `--overlay NAME` turns it on for one run, "
        "`enable` and `disable` below `[overlays]` in the configuration for all"
    )
    return [*render_table(columns, rows, width=width, style=style), "", *wrapped(told, width)]


def _dated(listed: ListedOverlay) -> str:
    overlay = listed.overlay
    return "-" if isinstance(overlay, InvalidOverlay) else overlay.dated.isoformat()


def _told(listed: ListedOverlay) -> str:
    if isinstance(listed.overlay, InvalidOverlay):
        return listed.overlay.message
    return f"{', '.join(_labels(listed.overlay))}; {listed.why}"


def _labels(overlay: Overlay) -> list[str]:
    """Return the labels of the builds that can be chosen, or the names of the others."""
    labels = dict.fromkeys(build.label for build in overlay.builds if not build.by_hand)
    by_hand = dict.fromkeys(f"{build.project} by hand" for build in overlay.builds if build.by_hand)
    return [*labels, *by_hand]


def listed_document(listed: ListedOverlay) -> dict[str, object]:
    """Return one of the list as JSON."""
    overlay = listed.overlay
    if isinstance(overlay, InvalidOverlay):
        return {
            "project": listed.name,
            "from": listed.origin,
            "file": overlay.where,
            "state": listed.state,
            "why": overlay.message,
        }
    return {
        "project": listed.name,
        "from": listed.origin,
        "file": str(overlay.where),
        "state": listed.state,
        "why": listed.why,
        "summary": overlay.summary,
        "dated": overlay.dated.isoformat(),
        "safe": overlay.safe,
        "builds": _labels(overlay),
    }


def overlay_lines(
    overlay: Overlay, state: str, *, width: int, style: Style = PLAIN, verbose: bool = False
) -> list[str]:
    """Return the lines that show one overlay.

    :param state: whether it is on, and why
    :param width: in terminal columns
    :param verbose: whether long lists of properties are shown whole
    """
    facts = [
        ("state", state),
        ("dated", overlay.dated.isoformat()),
        ("file", str(overlay.where)),
        *(("source" if not number else "", text) for number, text in enumerate(overlay.sources)),
    ]
    labels = max(len(label) for label, _ in facts)
    lines = [
        style.paint(printable(f"{overlay.project}: {overlay.summary}"), Role.STRONG),
        # An address is copied from the screen, so it is never broken into lines.
        *(printable(f"{_INDENT}{label:{labels}}{_INDENT}{text}") for label, text in facts),
        "",
    ]
    columns = (Column("", right=True), Column("label"), Column("files"), Column("needs"))
    rows = [
        (str(number), build.label, places_of(build), "; ".join(_needs(build, verbose=verbose)))
        for number, build in enumerate(overlay.builds, 1)
    ]
    lines += render_table(columns, rows, width=width, style=style)
    told = "of each file the first build that takes it counts; what none takes stays as it is"
    return [*lines, "", *wrapped(told, width)]


def places_of(build: OverlayBuild) -> str:
    """Say which files a build takes."""
    parts = [str(build.project)]
    if build.versions is not None:
        parts.append(_ordered(build.versions))
    if build.local is not None:
        parts.append(f"+{build.local.pattern}" if build.local.pattern else "no local version")
    return " ".join(parts)


def _ordered(versions: SpecifierSet) -> str:
    """Write a range as people do, from its lower end: ``>=3.1,<3.4``."""
    return ",".join(sorted(map(str, versions), key=lambda text: (text[:1] != ">", text)))


def _needs(build: OverlayBuild, *, verbose: bool) -> list[str]:
    """Say what a build wants of a machine, and what else holds for it."""
    values: dict[str, list[str]] = {}
    for text in build.properties:
        namespace, feature, value = (part.strip() for part in text.split("::"))
        values.setdefault(f"{namespace} :: {feature}", []).append(value)
    needs = [
        f"`{feature} :: {_some(each) if not verbose else ', '.join(each)}`"
        for feature, each in values.items()
    ] or ["nothing"]
    if build.platforms:
        needs.append(f"only {', '.join(build.platforms)}")
    if build.extras:
        needs.append(f"has the extra {', '.join(build.extras)}")
    if build.index is not None:
        needs.append(f"from {build.index}")
    if build.page is not None:
        needs.append(f"from {build.page}")
    if build.also_plain:
        needs.append("stays a plain wheel too")
    if build.by_hand:
        needs.append("only if asked for by its own name")
    return needs


def _some(values: Sequence[str], most: int = 3) -> str:
    more = len(values) - most
    shown = ", ".join(values[:most])
    return f"{shown} and {more} more" if more > 1 else ", ".join(values)


def overlay_document(overlay: Overlay) -> dict[str, object]:
    """Return an overlay as JSON, by the keys of its file."""
    return {
        "project": overlay.project,
        "summary": overlay.summary,
        "dated": overlay.dated.isoformat(),
        "sources": list(overlay.sources),
        "safe": overlay.safe,
        "namespaces": list(overlay.namespaces),
        "twins": list(overlay.twins),
        "builds": [_build_document(build) for build in overlay.builds],
    }


def _build_document(build: OverlayBuild) -> dict[str, object]:
    """Return a build as JSON, by the keys of its file."""
    return {
        "label": build.label,
        "project": build.project,
        "versions": None if build.versions is None else str(build.versions),
        "local": None if build.local is None else build.local.pattern,
        "index": build.index,
        "page": build.page,
        "platforms": list(build.platforms),
        "extras": list(build.extras),
        "properties": list(build.properties),
        "also-plain": build.also_plain,
        "by-hand": build.by_hand,
    }
