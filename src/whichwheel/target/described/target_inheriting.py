"""Targets that are another target with changes: finding what ``extends`` names, and merging."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from whichwheel.spec.walking import shown
from whichwheel.target.described.known_targets import KnownTargets, TargetEntry, is_file_name
from whichwheel.target.described.target_faults import InvalidTargetFile, TargetFault, suggestion
from whichwheel.target.described.target_table import Place, TargetTable, read_target_table
from whichwheel.target.described.toml_file import InvalidToml, load_toml
from whichwheel.target.facts import Fact
from whichwheel.target.providers.provider import KnownProvider
from whichwheel.target.tags import IMPLEMENTATIONS, default_abi

__all__ = ["merged", "tables_of"]

#: Tables that one target may be made of.
_LONGEST_CHAIN = 16
_NEEDED = (
    ("python", "a version as `3.12`"),
    ("platform", "a tag as `manylinux_2_28_x86_64`"),
)


def tables_of(
    entry: TargetEntry, known: KnownTargets, rules: Mapping[str, KnownProvider]
) -> tuple[TargetTable, ...]:
    """Read a target and all that it extends, itself first.

    :param known: the targets that can be named
    :param rules: the providers that the user's rules make, by namespace
    :raises InvalidTargetFile: with the faults of all of them
    """
    tables: list[TargetTable] = []
    faults: list[TargetFault] = []
    entries = [entry]
    while True:
        asking = entries[-1]
        table, found = read_target_table(asking.table, asking.place, asking.name, rules)
        tables.append(table)
        faults += found
        if table.extends is None:
            break
        following = _extended(table.extends, entries, known)
        if isinstance(following, TargetFault):
            faults.append(following)
            break
        entries.append(following)
    # Whether the end was reached: what an unusable `extends` would have said is not missing.
    if "extends" not in tables[-1].said:
        faults += [
            entry.place.fault((key,), f"is missing, expected {expected}")
            for key, expected in _NEEDED
            if all(key not in table.said for table in tables)
        ]
    if not faults:
        faults += _contradictions(tables)
    if faults:
        name = ".".join(entry.place.keys[-1:])
        raise InvalidTargetFile(str(entry.place.path), tuple(faults), name)
    return tuple(tables)


def _extended(
    text: str, entries: Sequence[TargetEntry], known: KnownTargets
) -> TargetEntry | TargetFault:
    """Return what the last of several targets extends, or what is wrong with that."""
    asking = entries[-1]

    def fault(message: str) -> TargetFault:
        return asking.place.fault(("extends",), f"is `{shown(text)}`{message}")

    if is_file_name(text):
        path = asking.place.path.parent / text
        try:
            file = load_toml(path)
        except InvalidToml as error:
            at = "" if error.line is None else f" in line {error.line}"
            return fault(f", a file that cannot be used{at}: {error.why}")
        found = TargetEntry(path.stem, file.table, Place(file), asking.layer)
    else:
        named = known.find(text, asking)
        if named is None:
            hint = suggestion(text, known.names(asking.layer))
            more = hint or " (`whichwheel target list` tells the names)"
            return fault(f", expected the name of a target or a file{more}")
        found = named
    spots = [each.spot for each in entries]
    if found.spot in spots:
        circle = [each.name for each in entries[spots.index(found.spot) :]] + [found.name]
        return fault(f", which leads back to itself: {' -> '.join(f'`{name}`' for name in circle)}")
    if len(entries) == _LONGEST_CHAIN:
        return fault(f", and a target is made of {_LONGEST_CHAIN} tables at most")
    return found


def _contradictions(tables: Sequence[TargetTable]) -> Iterable[TargetFault]:
    """Find what single tables could say, and together they cannot."""
    for index, table in enumerate(tables):
        changed = [key for key in ("python", "implementation", "platform") if key in table.said]
        if table.tags is None and changed and any(each.tags for each in tables[index + 1 :]):
            message = "is changed, so that the `tags` of what is extended no longer hold; give them"
            yield table.place.fault((changed[0],), message)
            break
        if table.tags is not None:
            break
    whole = merged(tables)
    implementation = whole.implementation
    if implementation not in {None, *IMPLEMENTATIONS} and whole.tags is None:
        listed = " or ".join(f"`{known}`" for known in IMPLEMENTATIONS)
        message = f"is `{implementation}`, expected {listed}; others need `tags` beside it"
        said = next(table for table in tables if table.implementation is not None)
        yield said.place.fault(("implementation",), message)
    for topic, facts in whole.facts.items():
        provider = whole.providers[topic]
        for field in provider.fields:
            if field.needs is not None and field.name in facts and field.needs not in facts:
                said = next(each for each in tables if field.name in each.facts.get(topic, {}))
                keys = ("facts", topic, field.name)
                yield said.place.fault(keys, f"needs `{field.needs}` beside it")


def merged(tables: Sequence[TargetTable]) -> TargetTable:
    """Return one table that says what several say together, of which the first counts most.

    Markers, and the facts and properties of one namespace, are merged key by key; any other key
    replaces the one below. What tells about a table itself, as its description, is the first's.

    :param tables: a target, what it extends, what that extends
    """
    whole = tables[-1]
    for table in reversed(tables[:-1]):
        whole = _over(table, whole)
    return whole


def _over(table: TargetTable, below: TargetTable) -> TargetTable:
    facts = {name: each for name, each in below.facts.items() if name not in table.properties}
    for name, said in table.facts.items():
        facts[name] = said if _excludes(said, facts.get(name)) else {**facts[name], **said}
    properties = {
        name: features
        for name, features in below.properties.items()
        if name not in table.facts or name in table.properties
    }
    for name, features in table.properties.items():
        properties[name] = {**properties.get(name, {}), **features}
    return replace(
        table,
        python=table.python or below.python,
        implementation=table.implementation or below.implementation,
        abi=table.abi or _abi(table, below),
        platform=table.platform or below.platform,
        tags=table.tags or below.tags,
        enable=_switched(table.enable, below.enable, table.disable),
        disable=_switched(table.disable, below.disable, table.enable),
        gpus=table.gpus or below.gpus,
        gpus_from=table.gpus_from if table.gpus is not None else below.gpus_from,
        markers={**below.markers, **table.markers},
        properties=properties,
        facts=facts,
        providers={**below.providers, **table.providers},
    )


def _excludes(said: Mapping[str, Fact], below: Mapping[str, Fact] | None) -> bool:
    """Whether one of the two says that there is no such thing, or the lower says nothing."""
    if below is None:
        return True
    return any("present" in each and each["present"].value is False for each in (said, below))


def _abi(table: TargetTable, below: TargetTable) -> str | None:
    """Return the ABI below, of the Python that the table asks for: free-threaded stays so."""
    if below.abi is None or table.python is None or below.python is None:
        return below.abi
    implementation = below.implementation or "cpython"
    if table.implementation not in {None, implementation}:
        return None
    usual, other = (_usual_abi(each.python or "", implementation) for each in (below, table))
    return other + below.abi.removeprefix(usual) if below.abi.startswith(usual) else below.abi


def _usual_abi(version: str, implementation: str) -> str:
    major, minor = (int(part) for part in version.split(".")[:2])
    return default_abi((major, minor), implementation)


def _switched(
    own: tuple[str, ...] | None,
    below: tuple[str, ...] | None,
    opposite: tuple[str, ...] | None,
) -> tuple[str, ...] | None:
    if own is not None or below is None:
        return own
    return tuple(name for name in below if name not in (opposite or ()))
