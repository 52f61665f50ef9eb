"""Write a selector file: the same text for the same content, valid TOML 1.0."""

import json
import re
from collections.abc import Iterable

from whichwheel.spec.selector.values import WheelSelector

__all__ = ["write_selector"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write_selector(selector: WheelSelector) -> bytes:
    """Return a selector file as UTF-8 text that ends in a line break.

    The tables of suffixes stand under headers of their own, so that every TOML reader reads it.
    """
    names = _listed(variable.name for variable in selector.variables)
    lines = ["[wheel-selector]", f"variables = {names}"]
    for variable in selector.variables:
        header = f"selector.{_key(variable.name)}"
        functions = [] if variable.function is None else [variable.function]
        lines += [
            "",
            f"[{header}]",
            f"requires = {_listed(variable.requires)}",
            f"function = {_listed(functions)}",
            "",
            f"[{header}.wheel_tags]",
            *(
                f"{_key(value)} = {_listed(suffixes)}"
                for value, suffixes in variable.wheel_tags.items()
            ),
        ]
    return ("\n".join(lines) + "\n").encode()


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else _text(text)


def _text(text: str) -> str:
    # JSON escapes are TOML's; only DEL has to be escaped in TOML alone.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
