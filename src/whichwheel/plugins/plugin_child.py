"""Ask one plugin; run as a script by the interpreter of the plugin's own environment.

Nothing of ours is imported here: that environment has nothing but the plugin. The request is one
JSON object on standard input::

    {"apis": ["module:object", ...], "package": "name", "folders": ["...", ...]}

The first of ``apis`` that has ``get_supported_configs`` is asked; if none has, those that the
entry points of ``package`` name, unless that is empty.

The answer is one JSON object on what was standard output when the script started, with either
``failed``, a clause, or ``features`` and, in the older API, ``namespace``. Whatever the plugin
prints goes elsewhere.
"""

import importlib
import importlib.machinery
import importlib.metadata
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

_METHOD = "get_supported_configs"
_GROUP = "variant_plugins"
_LONGEST = 300


class _Unusable(Exception):
    """The plugin cannot be asked; the message is a clause."""


def main() -> None:
    """Answer the request, and end the process at once."""
    answers = os.dup(1)
    # The plugin's own output, and that of all it starts, is not the answer.
    os.dup2(2, 1)
    process = os.getpid()
    try:
        request = json.loads(sys.stdin.buffer.read())
        document = _answer(request)
        data = json.dumps(document, default=_refuse).encode()
    except _Unusable as unusable:
        data = _failure(str(unusable))
    except SystemExit as ended:
        data = _failure(f"it ended the program with code {ended.code!r}")
    except BaseException as error:  # noqa: BLE001 -- whatever a plugin raises
        data = _failure(f"it raised `{_in_words(error)}`")
    if os.getpid() == process:
        left = memoryview(data)
        while left:
            left = left[os.write(answers, left) :]
    # What the plugin registered to run at the end, or left running, may hang.
    os._exit(0)


def _failure(why: str) -> bytes:
    return json.dumps({"failed": why}).encode()


def _in_words(error: BaseException) -> str:
    try:
        text = " ".join(f"{type(error).__name__}: {error}".split())
    except BaseException:  # noqa: BLE001 -- an exception of the plugin's own making
        text = type(error).__name__
    return text[:_LONGEST]


def _refuse(value: object) -> object:
    raise _Unusable(f"it answered with a `{type(value).__name__}`, expected texts and lists")


def _answer(request: Mapping[str, Any]) -> dict[str, object]:
    api, plugin = _find(request["apis"], request["package"], request["folders"])
    configs = _call(api, plugin)
    if not isinstance(configs, (list, tuple)):
        raise _Unusable(
            f"`{_METHOD}` of `{api}` returned a `{type(configs).__name__}`, expected a list"
        )
    document: dict[str, object] = {"features": [_feature(config) for config in configs]}
    namespace = getattr(plugin, "namespace", None)
    if isinstance(namespace, str):
        document["namespace"] = namespace
    return document


def _feature(config: object) -> dict[str, object]:
    try:
        return {name: getattr(config, name) for name in ("name", "values")}
    except AttributeError as error:
        raise _Unusable(
            f"a feature is a `{type(config).__name__}` without `{error.name}`, expected an "
            "object with `name` and `values`"
        ) from None


def _find(apis: list[str], package: str, folders: list[str]) -> tuple[str, object]:
    problems: list[str] = []
    named = [api for api in _entry_points(package) if api not in apis] if package else []
    for api in apis + named:
        plugin = _load(api, folders, problems)
        if plugin is None:
            continue
        if callable(getattr(plugin, _METHOD, None)):
            return api, plugin
        problems.append(f"`{api}` has no `{_METHOD}`")
    raise _Unusable(problems[0] if problems else "it has no plugin API")


def _entry_points(package: str) -> list[str]:
    """Return the object references that the package itself names, in order."""
    for found in importlib.metadata.distributions():
        name = found.metadata["Name"] or ""
        if re.sub(r"[-_.]+", "-", name).lower() == package:
            listed = [point.value for point in found.entry_points if point.group == _GROUP]
            return sorted(value.replace(" ", "") for value in listed)
    return []


def _load(api: str, folders: list[str], problems: list[str]) -> object:
    """Return what an object reference names; None and a problem if there is no such thing."""
    module_name, _, path = api.partition(":")
    top = module_name.partition(".")[0]
    # A reference comes from metadata: it must not run modules that nobody trusted.
    if importlib.machinery.PathFinder.find_spec(top, folders) is None:
        problems.append(f"`{api}` is no module of the package")
        return None
    try:
        plugin: object = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        problems.append(f"`{api}` is no module of the package")
        return None
    for name in filter(None, path.split(".")):
        try:
            plugin = getattr(plugin, name)
        except AttributeError:
            problems.append(f"`{api}` does not exist")
            return None
    return plugin


def _call(api: str, plugin: object) -> object:
    if inspect.isclass(plugin):
        found = inspect.getattr_static(plugin, _METHOD)
        if not isinstance(found, (classmethod, staticmethod)):
            plugin = plugin()
    if getattr(plugin, "dynamic", False) is True:
        raise _Unusable(
            f"`{api}` judges the properties of wheels (`dynamic`), expected one that tells those "
            "of the machine"
        )
    method = getattr(plugin, _METHOD)
    needed = _needed(method)
    if needed > 1:
        raise _Unusable(f"`{_METHOD}` of `{api}` wants {needed} arguments, expected none")
    # The oldest API had the properties that are known at all, or None.
    return method(*[None] * needed)


def _needed(method: Callable[..., object]) -> int:
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return 0
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(1 for each in parameters if each.kind in positional and each.default is each.empty)


if __name__ == "__main__":
    main()
