"""A target as text: its Python and platform, its facts, and what follows from them."""

from collections.abc import Iterable, Mapping, Sequence

from whichwheel.report.style import PLAIN, Role, Style, counted, printable
from whichwheel.report.table import Column, render_table, wrapped
from whichwheel.spec.values import dataclass
from whichwheel.target.description import Verdict, described_namespaces
from whichwheel.target.facts import Fact, Facts, FactValue, Origin
from whichwheel.target.providers.catalogue import CATALOGUE, PROVIDERS, ProviderKind
from whichwheel.target.support import Refusal, RefusalKind, Support
from whichwheel.target.tags import described_platform
from whichwheel.target.target import Target

__all__ = ["platform_lines", "verdict_lines"]

_SHOWN = 12
_NAMES = {"cpython": "CPython", "pypy": "PyPy"}
_ORIGINS = {str(Origin.GIVEN): Role.NOTE, str(Origin.DEFAULT): Role.FAINT}


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of one namespace."""

    namespace: str
    answer: Support | Refusal
    facts: Facts

    @property
    def tells(self) -> bool:
        """Whether anything is known but that the machine has no such thing."""
        present = self.facts.get(f"{self.namespace}.present")
        told = len(self.facts) - (present is not None and present.value is False)
        return told > 0 or (isinstance(self.answer, Support) and bool(self.answer.features))


def platform_lines(
    target: Target, *, width: int, style: Style = PLAIN, verbose: bool = False
) -> list[str]:
    """Return the lines that describe a target, detecting what was not asked for yet.

    :param width: in terminal columns
    :param verbose: whether long lists are shown whole
    """
    facts = target.machine.facts()
    parts = [
        _Part(name, target.machine.support(name, None), facts.topic(name))
        for name in described_namespaces(target)
    ]
    lines = list(_heading(target, style))
    rows = [row for part in parts if part.tells for row in _fact_rows(part, verbose=verbose)]
    if rows:
        columns = [
            Column("facts"),
            Column(""),
            Column("origin", roles=_ORIGINS),
            Column("value, and where it comes from"),
        ]
        lines += ["", *render_table(columns, rows, width=width, style=style)]
    supported = [
        row
        for part in parts
        if isinstance(part.answer, Support)
        for row in _support_rows(part.namespace, part.answer, verbose=verbose)
    ]
    if supported:
        columns = [Column("supported"), Column("feature"), Column("values, best first")]
        lines += ["", *render_table(columns, supported, width=width, style=style)]
    unsaid = [part.namespace for part in parts if _is_unsaid(part) and not verbose]
    absent = [
        row
        for part in parts
        if part.namespace not in unsaid and (row := _absence(part, verbose=verbose)) is not None
    ]
    if absent:
        columns = [Column("not here"), Column("why")]
        lines += ["", *render_table(columns, absent, width=width, style=style)]
    if unsaid:
        words = f"nothing is said of {', '.join(unsaid)}, so there is none"
        lines += ["", *wrapped(words, width)]
    return lines


def verdict_lines(verdict: Verdict, *, width: int, style: Style = PLAIN) -> list[str]:
    """Return the lines that say whether one property is supported, and why.

    :param width: in terminal columns
    """
    name = style.paint(str(verdict.property), Role.STRONG)
    if verdict.rank is None:
        lines = [f"{name} is {style.paint('not supported', Role.BAD)}"]
    else:
        place = f"value {verdict.rank + 1} of {verdict.of}, best first"
        lines = [f"{name} is {style.paint('supported', Role.GOOD)} ({place})"]
    for sentence in _sentences(verdict):
        lines += [f"  {line}" for line in wrapped(printable(sentence), width - 2)]
    return lines


def _sentences(verdict: Verdict) -> list[str]:
    """Return why, and where that is known from; a source that is named already only once."""
    sources = dict.fromkeys((fact.source, fact.origin) for fact in verdict.evidence.values())
    listed = [f"{source} ({origin})" for source, origin in sources]
    if not listed:
        return [verdict.why]
    source, origin = next(iter(sources))
    if len(listed) == 1 and source in verdict.why:
        ending = f" ({origin})"
        return [verdict.why if verdict.why.endswith(ending) else verdict.why + ending]
    return [verdict.why, f"known from: {', '.join(listed)}"]


def _heading(target: Target, style: Style) -> Iterable[str]:
    implementation = _NAMES.get(target.implementation, target.implementation)
    platform = described_platform(target.tags)
    yield (
        f"{style.paint(printable(target.name), Role.STRONG)}: {implementation} "
        f"{target.python_version}" + (f" on {platform.text}" if platform is not None else "")
    )
    if target.tags:
        yield f"takes wheels of {counted(len(target.tags), 'tag')}, best {target.tags[0]}"


def _fact_rows(part: _Part, *, verbose: bool) -> Iterable[tuple[str, str, str, str]]:
    """Return a row for each fact; where several come from one place, the first says so."""
    shown = part.namespace
    said = ""
    for name, value, fact in _named_values(part, verbose=verbose):
        where = "" if fact.source == said else f" [{fact.source}]"
        yield shown, name, str(fact.origin), value + where
        shown, said = "", fact.source


def _named_values(part: _Part, *, verbose: bool) -> Iterable[tuple[str, str, Fact]]:
    if not part.facts and isinstance(part.answer, Support):
        words = part.answer.facts or "properties"
        origin = part.answer.origin
        yield "", words.removesuffix(f" ({origin})"), Fact(part.namespace, "", origin, "")
        return
    devices = _device_fields(part.namespace)
    for fact in part.facts.values():
        name = fact.key.partition(".")[2]
        # Evidence that is what the source says already is not worth a line.
        repeats = fact.value == (fact.source,) and not verbose
        # That a thing is there needs no line beside what else is known of it.
        needless = name == "present" and len(part.facts) > 1
        if not needless and name not in devices and not repeats:
            yield name, _listed(_texts(fact.value), verbose=verbose), fact
    yield from _devices(part, devices, verbose=verbose)


def _device_fields(namespace: str) -> tuple[str, ...]:
    if namespace not in PROVIDERS:
        return ()
    return tuple(field.name for field in PROVIDERS[namespace].fields if field.per_device)


def _devices(
    part: _Part, names: Sequence[str], *, verbose: bool
) -> Iterable[tuple[str, str, Fact]]:
    """Return the devices in words, equal neighbours as one, with the first fact about them."""
    lists = [
        (name, fact, fact.value)
        for name in sorted(names, key=lambda name: name not in _DEVICE_NAMES)
        if (fact := part.facts.get(f"{part.namespace}.{name}")) is not None
        and isinstance(fact.value, tuple)
        and (verbose or name != "uuids")
    ]
    count = max((len(values) for _, _, values in lists), default=0)
    described = [
        ", ".join(
            _WORDS.get(name, f"{name.replace('_', ' ')} {{}}").format(values[number])
            for name, _, values in lists
            if number < len(values) and values[number]
        )
        for number in range(count)
    ]
    first = 0
    for number in range(1, count + 1):
        if number == count or described[number] != described[first]:
            several = f"devices {first} to {number - 1}"
            numbers = several if number - first > 1 else f"device {first}"
            yield numbers, described[first], lists[0][1]
            first = number


_DEVICE_NAMES = frozenset({"gpus", "devices"})
_WORDS: Mapping[str, str] = {
    "gpus": "{}",
    "devices": "{}",
    "compute_capabilities": "compute capability {}",
    "gfx_archs": "{}",
    "device_ips": "device IP {}",
    "kinds": "{}",
    "memory_mib": "{} MiB",
    "mig": "MIG {}",
    "uuids": "{}",
}


def _support_rows(
    namespace: str, answer: Support, *, verbose: bool
) -> Iterable[tuple[str, str, str]]:
    shown = namespace
    switches: dict[str, list[str]] = {}
    for feature, values in answer.features.items():
        if len(values) == 1:
            switches.setdefault(values[0], []).append(feature)
        else:
            yield shown, feature, _listed(values, verbose=verbose)
            shown = ""
    for value, features in switches.items():
        if len(features) == 1:
            yield shown, features[0], value
        else:
            yield shown, f"all of these: {value}", _listed(tuple(features), verbose=verbose)
        shown = ""


def _is_unsaid(part: _Part) -> bool:
    """Whether a described target has none of it for the sole reason that it says nothing."""
    answer = part.answer
    return (
        isinstance(answer, Support)
        and answer.origin is Origin.DEFAULT
        and not answer.features
        and not _is_other_processor(part)
    )


def _is_other_processor(part: _Part) -> bool:
    entry = CATALOGUE.get(part.namespace)
    return entry is not None and entry.kind is ProviderKind.PROCESSOR


def _absence(part: _Part, *, verbose: bool) -> tuple[str, str] | None:
    """Say why a namespace has nothing, if it has not."""
    if isinstance(part.answer, Refusal):
        kinds = {RefusalKind.OFF: "off", RefusalKind.FAILED: "failed"}
        kind = kinds.get(part.answer.kind, "unknown")
        return part.namespace, f"{kind}: {part.answer.message}"
    if part.answer.features:
        return None
    # A machine has one kind of processor; that it has no other is no news.
    if not verbose and _is_other_processor(part):
        return None
    present = part.facts.get(f"{part.namespace}.present")
    sources = dict.fromkeys(fact.source for fact in part.facts.values())
    looked = present.source if present is not None else ", ".join(sources)
    words = part.answer.facts or "none"
    return part.namespace, f"{words}: {looked}" if looked else words


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
