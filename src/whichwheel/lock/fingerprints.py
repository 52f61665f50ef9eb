"""Digests of what a lock is made from, to tell whether anything changed since."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass

from whichwheel.lock.document import LockedPackage
from whichwheel.resolve.options import ResolveOptions
from whichwheel.spec.metadata import Provider
from whichwheel.target.support import Refusal
from whichwheel.target.target import Target

__all__ = ["machine_digest", "options_digest"]

_LENGTH = 16


def machine_digest(target: Target, packages: Iterable[LockedPackage]) -> str:
    """Return what is the same for two machines only if any choice of these is.

    :param packages: what may be asked of the machine follows from their metadata
    """
    words = [target.python_version, target.implementation, " ".join(map(str, target.tags))]
    words += [f"{key}={value}" for key, value in sorted(target.environment.items())]
    asked: dict[str, tuple[str, Provider | None]] = {}
    for package in packages:
        if package.metadata is None:
            continue
        labels = {wheel.name.label for wheel in package.wheels}
        variants = package.metadata.variants
        used = {name for label in labels if label for name in variants.get(label, ())}
        for namespace in used:
            provider = package.metadata.providers.get(namespace)
            asked.setdefault(f"{namespace} {_text(provider)}", (namespace, provider))
    for key, (namespace, provider) in sorted(asked.items()):
        answer = target.machine.support(namespace, provider)
        said = answer.kind.value if isinstance(answer, Refusal) else _text(answer.features)
        words.append(f"{key}: {said}")
    return _digest("\n".join(words))


def options_digest(options: ResolveOptions) -> str:
    """Return what is the same for the same wishes; whether to upgrade is none of them."""
    left_out = {"upgrade", "upgrade_packages", "reinstall", "reinstall_packages"}
    defaults = ResolveOptions()
    words = [
        f"{field.name}={_text(getattr(options, field.name))}"
        for field in fields(options)
        if field.name not in left_out
        and getattr(options, field.name) != getattr(defaults, field.name)
    ]
    return _digest("\n".join(words)) if words else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _text(value: object) -> str:
    """Write a value so that equal ones are written alike, in any process."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ", ".join(
            f"{each.name}={_text(getattr(value, each.name))}" for each in fields(value)
        )
        return f"{type(value).__name__}({pairs})"
    if isinstance(value, Mapping):
        # The order of a table is one of preference.
        return "{" + ", ".join(f"{_text(key)}: {_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(_text, value))) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    return str(value)
