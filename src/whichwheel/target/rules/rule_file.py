"""Rules as TOML: read from a file or from a table of a larger document."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from whichwheel.spec.key_lines import (
    MOST_KEY_PARTS,
    KeyPath,
    lines_of_keys,
    long_key_line,
)
from whichwheel.spec.properties import NAME_PATTERN, VALUE_PATTERN
from whichwheel.spec.walking import shown
from whichwheel.target.regular_file import open_regular_file
from whichwheel.target.rules.check_reading import read_check
from whichwheel.target.rules.faults import (
    Faults,
    InvalidRuleFile,
    RuleFault,
    kind_of,
    suggestion,
)
from whichwheel.target.rules.rule import Rule, RuleFeature, RuleValue

__all__ = ["InvalidRuleFile", "read_rules", "rules_from_table"]

_LARGEST = 1024 * 1024
_KEYS = ("namespace", "description", "first", "values")
_MOST_FEATURES = 64
_MOST_VALUES = 256
_LONGEST_NAME = 100
_LINE = re.compile(r"\(at line (\d+), column \d+\)")
# The facts of a feature have its name and these, so no other feature may.
_RESERVED = ("_found", "_versions")


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Read a file of rules. Nothing is looked at yet, on this machine or another.

    :raises InvalidRuleFile: if it cannot be read or holds any fault
    """
    where = str(path)
    try:
        with open_regular_file(path) as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise _whole(where, f"the file cannot be read: {error.strerror or error}") from None
    if len(content) > _LARGEST:
        raise _whole(where, f"the file is larger than {_LARGEST} bytes")
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    line = long_key_line(text)
    if line is not None:
        raise _whole(where, f"a key has more than {MOST_KEY_PARTS} parts", line)
    try:
        content.decode("utf-8-sig")
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _whole(where, "not TOML: it is not UTF-8", line) from None
    except tomllib.TOMLDecodeError as error:
        raise _whole(where, *_not_toml(str(error), text)) from None
    except RecursionError:
        raise _whole(where, "not TOML: it is nested too deep") from None
    except ValueError:
        # The parser's own limit, told without the line.
        raise _whole(where, "not TOML: a number has thousands of digits") from None
    return _read(table, where, Faults(lines_of_keys(text)))


def rules_from_table(table: Mapping[str, object], where: str) -> tuple[Rule, ...]:
    """Read rules from parsed TOML: one rule, or several under ``rule``.

    :param where: the document and the key, for messages
    :raises InvalidRuleFile: if it holds any fault
    """
    return _read(table, where, Faults())


def _whole(where: str, message: str, line: int | None = None) -> InvalidRuleFile:
    return InvalidRuleFile(where, [RuleFault("", line, message)])


def _not_toml(said: str, text: str) -> tuple[str, int]:
    """Return what the parser said, and the line that it names as a number or as the end."""
    line = _LINE.search(said)
    last = text.rstrip("\n").count("\n") + 1
    what = _LINE.sub("", said).removesuffix("(at end of document)").strip()
    return f"not TOML: {what}", int(line[1]) if line else last


def _read(table: Mapping[str, object], where: str, faults: Faults) -> tuple[Rule, ...]:
    if "rule" not in table:
        rules = [_rule(table, (), where, faults)]
    else:
        faults.only(table, ("rule",), ())
        rules = _several(table["rule"], where, faults)
    if faults.found:
        raise InvalidRuleFile(where, sorted(faults.found, key=lambda fault: fault.line or 0))
    return tuple(rule for rule in rules if rule is not None)


def _several(listed: object, where: str, faults: Faults) -> list[Rule | None]:
    if not isinstance(listed, list) or not listed:
        found = "an empty list" if listed == [] else kind_of(listed)
        faults.note(("rule",), f"is {found}, expected tables as `[[rule]]` begins them")
        return []
    rules: list[Rule | None] = []
    seen: set[str] = set()
    for index, item in enumerate(listed):
        path = ("rule", index)
        if not isinstance(item, dict):
            faults.note(path, f"is {kind_of(item)}, expected a table")
            continue
        rule = _rule(item, path, where, faults)
        if rule is not None and rule.namespace in seen:
            faults.note((*path, "namespace"), f"is `{shown(rule.namespace)}` again")
        elif rule is not None:
            seen.add(rule.namespace)
        rules.append(rule)
    return rules


def _rule(table: Mapping[str, object], path: KeyPath, where: str, faults: Faults) -> Rule | None:
    faults.only(table, _KEYS, path)
    namespace = table.get("namespace")
    if namespace is None:
        faults.note((*path, "namespace"), "is missing, expected the namespace of the properties")
    elif not isinstance(namespace, str):
        faults.note((*path, "namespace"), f"is {kind_of(namespace)}, expected a text")
    else:
        _checked_name(namespace, (*path, "namespace"), NAME_PATTERN, "a namespace", faults)
    description = table.get("description", "")
    if not isinstance(description, str) or len(description.splitlines()) > 1:
        faults.note((*path, "description"), "is not one line of text")
        description = ""
    features = _features(table, path, faults)
    first = _first(table.get("first", []), (*path, "first"), [name for name, _ in features], faults)
    if not isinstance(namespace, str):
        return None
    return Rule(
        namespace,
        tuple(RuleFeature(name, values, name in first) for name, values in features),
        description,
        where,
    )


def _features(
    table: Mapping[str, object], path: KeyPath, faults: Faults
) -> list[tuple[str, tuple[RuleValue, ...]]]:
    path = (*path, "values")
    listed = table.get("values")
    if not isinstance(listed, dict) or not listed:
        found = "missing" if listed is None else "empty" if listed == {} else kind_of(listed)
        faults.note(path, f"is {found}, expected a table of values for each feature")
        return []
    if len(listed) > _MOST_FEATURES:
        faults.note(path, f"has {len(listed)} features, expected at most {_MOST_FEATURES}")
        return []
    features = []
    for name, values in listed.items():
        _checked_name(name, (*path, name), NAME_PATTERN, "a feature", faults)
        for ending in _RESERVED:
            if name.endswith(ending) and name.removesuffix(ending) in listed:
                faults.note(
                    (*path, name), f"is what a fact of `{name.removesuffix(ending)}` is called"
                )
        features.append((name, _values(values, (*path, name), faults)))
    return features


def _values(listed: object, path: KeyPath, faults: Faults) -> tuple[RuleValue, ...]:
    if not isinstance(listed, dict) or not listed:
        found = "empty" if listed == {} else kind_of(listed)
        faults.note(path, f"is {found}, expected a table of values, best first")
        return ()
    if len(listed) > _MOST_VALUES:
        faults.note(path, f"has {len(listed)} values, expected at most {_MOST_VALUES}")
        return ()
    values = []
    for value, checks in listed.items():
        _checked_name(value, (*path, value), VALUE_PATTERN, "a value", faults)
        check = read_check(checks, (*path, value), faults)
        if check is not None:
            values.append(RuleValue(value, check))
    return tuple(values)


def _first(value: object, path: KeyPath, known: list[str], faults: Faults) -> frozenset[str]:
    if not isinstance(value, list):
        faults.note(path, f"is {kind_of(value)}, expected a list of features")
        return frozenset()
    names = set()
    for index, item in enumerate(value):
        at = (*path, index)
        if not isinstance(item, str):
            faults.note(at, f"is {kind_of(item)}, expected a feature")
        elif item not in known:
            faults.note(at, f"is `{shown(item)}`, no feature here{suggestion(item, known)}")
        elif item in names:
            faults.note(at, f"is `{item}` again")
        else:
            names.add(item)
    return frozenset(names)


def _checked_name(
    text: str, path: KeyPath, pattern: re.Pattern[str], noun: str, faults: Faults
) -> None:
    if pattern.fullmatch(text) and len(text) <= _LONGEST_NAME:
        return
    allowed = "`a-z`, `0-9`, `_` and `.`" if pattern is VALUE_PATTERN else "`a-z`, `0-9` and `_`"
    if len(text) > _LONGEST_NAME:
        message = f"is longer than {_LONGEST_NAME} characters"
    else:
        lower = text.lower().replace("-", "_")
        meant = f", did you mean `{lower}`?" if pattern.fullmatch(lower) else ""
        message = f"is `{shown(text)}`, and {noun} may hold only {allowed}{meant}"
    faults.note(path, message)
