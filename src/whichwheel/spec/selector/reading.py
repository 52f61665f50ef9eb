"""Read a selector file, noting every fault with its place."""

import re
from collections.abc import Mapping

from packaging.requirements import InvalidRequirement, Requirement

from whichwheel.spec.abi_dependency import ABI_NAMESPACE
from whichwheel.spec.metadata import MetadataFault
from whichwheel.spec.properties import LABEL_PATTERN, NULL_LABEL
from whichwheel.spec.selector.lenient_toml import InvalidSelectorToml, parse_lenient_toml
from whichwheel.spec.selector.values import InvalidSelector, SelectorVariable, WheelSelector
from whichwheel.spec.walking import Walk, below, shown

__all__ = ["namespace_of", "read_selector"]

_ROOT = ("wheel-selector", "selector")
_KEYS = ("requires", "function", "wheel_tags")
_VARIABLES = "$.wheel-selector.variables"
_VARIABLE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]{0,200}:[A-Za-z_][\w.]{0,200}", re.ASCII)
#: Each combination of parts has to be tried.
_MOST_VARIABLES = 8
_LONGEST_SUFFIX = 100
_MOST_VALUES = 1000
_EMPTY: Mapping[str, object] = {}


def read_selector(data: bytes, *, where: str) -> WheelSelector:
    """Read a ``*-wheel-selector.toml``.

    :param data: the file's content
    :param where: the file or URL, for messages
    :raises InvalidSelector: with all faults
    """
    try:
        document = parse_lenient_toml(data)
    except InvalidSelectorToml as error:
        place = "$" if error.line is None else f"line {error.line}"
        raise InvalidSelector(where, (MetadataFault(place, error.why),)) from None
    walk = Walk()
    selector = _read(walk, document)
    if walk.faults:
        raise InvalidSelector(where, tuple(walk.faults))
    return selector


def namespace_of(name: str) -> str:
    """Return a text as a namespace or a property value may be written.

    >>> namespace_of("x86-64-v3")
    'x86_64_v3'
    """
    return re.sub(r"[\s-]+", "_", name.strip()).lower()


def _read(walk: Walk, document: Mapping[str, object]) -> WheelSelector:
    walk.only(document, _ROOT, "$")
    head = walk.table(document.get("wheel-selector"), "$.wheel-selector")
    walk.only(head, ("variables",), "$.wheel-selector")
    names = walk.strings(head.get("variables"), _VARIABLES, _VARIABLE) if head else ()
    if len(names) > _MOST_VARIABLES:
        walk.fault(_VARIABLES, f"found {len(names)}, and at most {_MOST_VARIABLES} are read")
    tables = walk.table(document.get("selector"), "$.selector")
    for name in tables:
        if name not in names:
            walk.fault(below("$.selector", name), f"is not listed in `{_VARIABLES}`")
    known: dict[str, str] = {}
    variables = []
    for name in names:
        namespace = namespace_of(name)
        if namespace in known:
            walk.fault(_VARIABLES, f"`{name}` and `{known[namespace]}` are one namespace")
        if namespace == ABI_NAMESPACE:
            walk.fault(_VARIABLES, f"`{name}` is a name that has another meaning")
        known[namespace] = name
        path = below("$.selector", name)
        if name not in tables:
            walk.fault(path, "is missing, and `variables` lists it")
            continue
        variables.append(_read_variable(walk, name, walk.table(tables[name], path), path))
    return WheelSelector(tuple(variables))


def _read_variable(
    walk: Walk, name: str, table: Mapping[str, object], path: str
) -> SelectorVariable:
    walk.only(table, _KEYS, path)
    requires = walk.strings(table.get("requires", []), f"{path}.requires", None, empty=True)
    for index, text in enumerate(requires):
        try:
            Requirement(text)
        except InvalidRequirement:
            walk.fault(
                f"{path}.requires[{index}]", f"`{shown(text)}` is not a dependency specifier"
            )
    listed = table.get("function", [])
    functions = walk.strings(
        [listed] if isinstance(listed, str) else listed, f"{path}.function", _FUNCTION, empty=True
    )
    if len(functions) > 1:
        walk.fault(f"{path}.function", f"found {len(functions)} functions, expected one")
    at = f"{path}.wheel_tags"
    rows = walk.table(table.get("wheel_tags"), at)
    if table.get("wheel_tags") == {}:
        walk.fault(at, "found an empty table, expected suffixes by value")
    if len(rows) > _MOST_VALUES:
        walk.fault(at, f"found {len(rows)} values, and at most {_MOST_VALUES} are read")
        rows = {}
    return SelectorVariable(
        name,
        functions[0] if functions else None,
        requires,
        {value: _read_suffixes(walk, listed, below(at, value)) for value, listed in rows.items()},
    )


def _read_suffixes(walk: Walk, document: object, path: str) -> tuple[str, ...]:
    suffixes = walk.strings(document, path, None, empty=True)
    for index, suffix in enumerate(suffixes):
        at = f"{path}[{index}]"
        if not suffix:
            continue
        if suffix.startswith("+"):
            walk.fault(at, f"`{shown(suffix)}` starts with `+`, which is not part of a suffix")
        elif not LABEL_PATTERN.fullmatch(suffix) or len(suffix) > _LONGEST_SUFFIX:
            walk.fault(at, f"`{shown(suffix)}` is not a suffix (`^[a-z0-9_.]+$`)")
        elif suffix == NULL_LABEL:
            walk.fault(at, f"`{suffix}` is reserved")
    return suffixes
