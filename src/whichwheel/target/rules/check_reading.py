"""Checks as they are written in rules, read from parsed TOML."""

import re
from collections.abc import Callable, Mapping

from whichwheel.spec.key_lines import KeyPath
from whichwheel.spec.walking import shown
from whichwheel.target.rules.checks import (
    Check,
    CpuFlag,
    EnvironmentVariable,
    FileExists,
    FileMatches,
    Library,
    RegistryValue,
    SysfsValue,
)
from whichwheel.target.rules.combined_checks import AllOf, Always, AnyOf, Not
from whichwheel.target.rules.faults import Faults, kind_of, suggestion
from whichwheel.target.rules.places import Place

__all__ = ["read_check"]

_DEEPEST = 8
_MOST_ALTERNATIVES = 64
_LONGEST_PATTERN = 200

_LIBRARY = re.compile(r"[^/\\]{1,190}\.(so|dylib|dll)[0-9.*?]{0,40}", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_()]{0,199}")
_FLAG = re.compile(r"[a-z0-9_.]{1,60}")
_KEY = re.compile(r"(HKLM|HKCU|HKEY_LOCAL_MACHINE|HKEY_CURRENT_USER)\\[^\x00]{1,250}")
_NUMBER = re.compile(r"\d+")
_COMMANDS = {"command", "commands", "run", "exec", "shell", "script", "program", "python"}

_KNOWN = (
    *("file", "file-matches", "library", "environment", "sysfs", "registry", "cpu-flag"),
    *("all", "any", "not"),
)


def read_check(value: object, path: KeyPath, faults: Faults, depth: int = 0) -> Check | None:
    """Read what has to hold: ``true``, a table of checks, or a list of such tables.

    The checks of a table have to hold together, of a list one is enough.

    :param path: of the value in its document
    :param faults: told what is wrong; then None is returned
    """
    if depth > _DEEPEST:
        faults.note(path, f"is nested deeper than {_DEEPEST} levels")
        return None
    if value is True:
        return Always()
    if isinstance(value, list):
        return _any(_each(value, path, faults, depth))
    if not isinstance(value, dict):
        found = "false" if value is False else kind_of(value)
        faults.note(path, f"is {found}, expected `true` or a table of checks")
        return None
    if not value:
        faults.note(path, "is empty, expected at least one check")
    checks = [_named(key, item, (*path, key), faults, depth) for key, item in value.items()]
    sound = [check for check in checks if check is not None]
    if not sound or len(sound) < len(checks):
        return None
    return sound[0] if len(sound) == 1 else AllOf(tuple(sound))


def _named(key: str, value: object, path: KeyPath, faults: Faults, depth: int) -> Check | None:
    if key in {"all", "any"}:
        if not isinstance(value, list):
            faults.note(path, f"is {kind_of(value)}, expected a list of tables of checks")
            return None
        checks = _each(value, path, faults, depth)
        if key == "any" or checks is None:
            return _any(checks)
        return checks[0] if len(checks) == 1 else AllOf(checks)
    if key == "not":
        check = read_check(value, path, faults, depth + 1)
        return None if check is None else Not(check)
    reader = _READERS.get(key)
    if reader is not None:
        return _alternatives(value, path, faults, reader)
    if key in _COMMANDS:
        message = "is not a check: rules only look, they never run anything"
    elif _NUMBER.fullmatch(key):
        message = 'is not a check (a value with a dot is written in quotes, as `"12.8" = true`)'
    else:
        message = f"is not a check{suggestion(key, _KNOWN)}"
        if "did you mean" not in message:
            message += f", known are {', '.join(f'`{known}`' for known in _KNOWN)}"
    faults.note(path, message)
    return None


def _each(
    value: list[object], path: KeyPath, faults: Faults, depth: int
) -> tuple[Check, ...] | None:
    if not _sized(value, path, faults):
        return None
    checks = [
        read_check(item, (*path, index), faults, depth + 1) for index, item in enumerate(value)
    ]
    sound = tuple(check for check in checks if check is not None)
    return sound if len(sound) == len(checks) else None


def _any(checks: tuple[Check, ...] | None) -> Check | None:
    if checks is None:
        return None
    return checks[0] if len(checks) == 1 else AnyOf(checks)


_Reader = Callable[[object, KeyPath, Faults], Check | None]


def _alternatives(value: object, path: KeyPath, faults: Faults, reader: _Reader) -> Check | None:
    """Read one check, or a list of which one has to hold."""
    if not isinstance(value, list):
        return reader(value, path, faults)
    if not _sized(value, path, faults):
        return None
    checks = [reader(item, (*path, index), faults) for index, item in enumerate(value)]
    for index, item in enumerate(value):
        if item in value[:index]:
            written = f"`{shown(item)}`" if isinstance(item, str) else "the same"
            faults.note((*path, index), f"is {written} again")
            return None
    sound = tuple(check for check in checks if check is not None)
    return _any(sound) if len(sound) == len(checks) else None


def _sized(value: list[object], path: KeyPath, faults: Faults) -> bool:
    if not value:
        faults.note(path, "is an empty list, expected at least one")
    elif len(value) > _MOST_ALTERNATIVES:
        faults.note(path, f"has {len(value)} entries, expected at most {_MOST_ALTERNATIVES}")
    return 0 < len(value) <= _MOST_ALTERNATIVES


def _text(
    value: object, path: KeyPath, faults: Faults, pattern: re.Pattern[str], expected: str
) -> str | None:
    if isinstance(value, str) and value.isprintable() and pattern.fullmatch(value):
        return value
    found = f"`{shown(value)}`" if isinstance(value, str) else kind_of(value)
    faults.note(path, f"is {found}, expected {expected}")
    return None


def _place(value: object, path: KeyPath, faults: Faults, below: str = "") -> Place | None:
    if not isinstance(value, str):
        faults.note(path, f"is {kind_of(value)}, expected a path")
        return None
    try:
        place = Place.parse(value)
    except ValueError as error:
        faults.note(path, f"is `{shown(value)}`: {error}")
        return None
    if below and (place.base or place.parts[0] != below):
        faults.note(path, f"is `{shown(value)}`, expected a path below `/{below}`")
        return None
    return place


def _fields(
    value: object,
    path: KeyPath,
    faults: Faults,
    known: tuple[str, ...],
    needed: tuple[str, ...],
) -> Mapping[str, object] | None:
    """Check the keys of a table; those that may have a short form were read before."""
    if not isinstance(value, dict):
        listed = ", ".join(f"`{name}`" for name in known)
        faults.note(path, f"is {kind_of(value)}, expected a table with {listed}")
        return None
    faults.only(value, known, path)
    missing = [name for name in needed if name not in value]
    for name in missing:
        faults.note((*path, name), "is missing")
    return None if missing or set(value) - set(known) else value


_PATTERN = re.compile(rf".{{1,{_LONGEST_PATTERN}}}")
_PATTERN_WORDS = f"a text of 1 to {_LONGEST_PATTERN} printable characters"
_NAME = re.compile(r".{0,200}")


def _value_of(table: Mapping[str, object], path: KeyPath, faults: Faults) -> str | None:
    if "value" not in table:
        return "*"
    return _text(table["value"], (*path, "value"), faults, _PATTERN, _PATTERN_WORDS)


def _file(value: object, path: KeyPath, faults: Faults) -> Check | None:
    place = _place(value, path, faults)
    return None if place is None else FileExists(place)


def _file_matches(value: object, path: KeyPath, faults: Faults) -> Check | None:
    table = _fields(value, path, faults, ("path", "pattern"), ("path", "pattern"))
    if table is None:
        return None
    place = _place(table["path"], (*path, "path"), faults)
    given = table["pattern"]
    pattern = _text(given, (*path, "pattern"), faults, _PATTERN, _PATTERN_WORDS)
    return None if place is None or pattern is None else FileMatches(place, pattern)


def _library(value: object, path: KeyPath, faults: Faults) -> Check | None:
    expected = "the name of a library's file as `libmpi.so.40`, `libomp.dylib` or `msmpi.dll`"
    name = _text(value, path, faults, _LIBRARY, expected)
    if name is None:
        return None
    if not re.match(r"[^*?]", name):
        faults.note(path, f"is `{shown(name)}`: a name does not start with a wildcard")
        return None
    return Library(name)


def _environment(value: object, path: KeyPath, faults: Faults) -> Check | None:
    expected = "the name of an environment variable"
    if isinstance(value, str):
        name = _text(value, path, faults, _VARIABLE, expected)
        return None if name is None else EnvironmentVariable(name)
    table = _fields(value, path, faults, ("variable", "value"), ("variable",))
    if table is None:
        return None
    name = _text(table["variable"], (*path, "variable"), faults, _VARIABLE, expected)
    held = _value_of(table, path, faults)
    return None if name is None or held is None else EnvironmentVariable(name, held)


def _sysfs(value: object, path: KeyPath, faults: Faults) -> Check | None:
    if isinstance(value, str):
        place = _place(value, path, faults, "sys")
        return None if place is None else SysfsValue(place)
    table = _fields(value, path, faults, ("path", "value"), ("path",))
    if table is None:
        return None
    place = _place(table["path"], (*path, "path"), faults, "sys")
    held = _value_of(table, path, faults)
    return None if place is None or held is None else SysfsValue(place, held)


def _registry(value: object, path: KeyPath, faults: Faults) -> Check | None:
    table = _fields(value, path, faults, ("key", "name", "value"), ("key",))
    if table is None:
        return None
    expected = "a key as `HKLM\\SOFTWARE\\Microsoft`"
    key = _text(table["key"], (*path, "key"), faults, _KEY, expected)
    name = _text(table.get("name", ""), (*path, "name"), faults, _NAME, "the name of a value")
    held = _value_of(table, path, faults)
    return None if key is None or name is None or held is None else RegistryValue(key, name, held)


def _cpu_flag(value: object, path: KeyPath, faults: Faults) -> Check | None:
    flag = _text(value, path, faults, _FLAG, "a processor flag as Linux has it, as `avx2`")
    return None if flag is None else CpuFlag(flag)


_READERS: Mapping[str, _Reader] = {
    "file": _file,
    "file-matches": _file_matches,
    "library": _library,
    "environment": _environment,
    "sysfs": _sysfs,
    "registry": _registry,
    "cpu-flag": _cpu_flag,
}
