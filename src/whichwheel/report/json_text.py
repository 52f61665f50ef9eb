"""JSON documents as text that a person can read, too, and that costs little to write."""

import json
from collections.abc import Mapping, Sequence

__all__ = ["json_text"]

_DEEPEST = 4


def json_text(value: object, *, depth: int = _DEEPEST, indent: str = "") -> str:
    """Write a JSON value, its outer levels spread over lines and each inner one on one line.

    Indenting everything takes several times as long, and a document may list thousands of wheels.

    :param depth: how many levels are spread
    :param indent: what stands before the closing bracket
    """
    if depth == 0 or not value:
        return json.dumps(value)
    inner = indent + "  "
    if isinstance(value, Mapping):
        entries = [
            f"{inner}{json.dumps(key)}: {json_text(item, depth=depth - 1, indent=inner)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(entries) + f"\n{indent}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [inner + json_text(item, depth=depth - 1, indent=inner) for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return json.dumps(value)
