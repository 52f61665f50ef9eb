"""Write a target as a target file."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from whichwheel.target.described.described_machine import DescribedMachine
from whichwheel.target.facts import Fact, FactValue
from whichwheel.target.gpus import GPU_POLICY
from whichwheel.target.support import Support
from whichwheel.target.tags import (
    IMPLEMENTATIONS,
    InvalidPlatform,
    default_abi,
    described_environment,
    described_platform,
    described_tags,
)
from whichwheel.target.target import Target
from whichwheel.target.this_machine import ThisMachine

__all__ = ["target_to_toml"]

_BASIC_PLANE = 0xFFFF
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def target_to_toml(target: Target) -> str:
    """Write a target as a target file, detecting what was not asked for yet.

    A target read back from it gets the same choice. Each fact's origin and source stand beside
    it as a comment.

    :raises InvalidPlatform: if the target's platform is of no family that can be described
    """
    # Elsewhere the file's own name tells more than that it was this machine once.
    name = [] if isinstance(target.machine, ThisMachine) else [f"name = {_text(target.name)}"]
    lines = [*name, *_python(target)]
    for topic, facts in _by_topic(_written_facts(target)).items():
        lines += ["", f"[facts.{_key(topic)}]"]
        lines += [
            f"{_key(fact.key.partition('.')[2])} = {_value(fact.value)}  # {_origin(fact)}"
            for fact in facts
        ]
    if isinstance(target.machine, ThisMachine):
        for failed in target.machine.failures().values():
            lines += ["", f"# {_one_line(failed.message)}"]
    for namespace, (features, comment) in _written_properties(target).items():
        lines += ["", f"[properties.{_key(namespace)}]{comment}"]
        lines += [f"{_key(name)} = {_value(tuple(all_))}" for name, all_ in features.items()]
    return "\n".join(lines) + "\n"


def _written_facts(target: Target) -> list[Fact]:
    """Return the facts that any reader knows what to do with, and that no other key says."""
    machine = target.machine
    facts = machine.facts().values()
    if not isinstance(machine, ThisMachine | DescribedMachine):
        return list(facts)
    rules = machine.governance.rules
    return [
        fact
        for fact in facts
        if fact.key.partition(".")[0] not in rules
        and not (fact.key.endswith(f".{GPU_POLICY}") and fact.value == str(machine.gpus))
    ]


def _written_properties(
    target: Target,
) -> Mapping[str, tuple[Mapping[str, Sequence[str]], str]]:
    """Return the properties that follow from nothing which another reader has, and a comment.

    Those are the given ones, and those that the user's rules and trusted providers found.
    """
    machine = target.machine
    if not isinstance(machine, ThisMachine | DescribedMachine):
        return {}
    governance = machine.governance
    written: dict[str, tuple[Mapping[str, Sequence[str]], str]] = {
        namespace: (features, "") for namespace, features in governance.exact.items()
    }
    outside = () if governance.outside is None else governance.outside.namespaces()
    for namespace in (*governance.rules, *outside):
        answer = machine.support(namespace, None)
        if namespace not in written and isinstance(answer, Support) and answer.features:
            written[namespace] = (answer.features, f"  # {_one_line(answer.facts)}")
    return written


def _python(target: Target) -> list[str]:
    implementation = target.implementation
    major, minor = (int(part) for part in target.python_version.split(".")[:2])
    usual_abi = default_abi((major, minor), implementation)
    abi = target.tags[0].abi if target.tags else usual_abi
    lines = [f"python = {_text(target.python_version)}"]
    if implementation != IMPLEMENTATIONS[0]:
        lines.append(f"implementation = {_text(implementation)}")
    if abi != usual_abi:
        lines.append(f"abi = {_text(abi)}")
    platform = described_platform(target.tags)
    if platform is None:
        raise InvalidPlatform(target.tags[0].platform if target.tags else "")
    lines.append(f"platform = {_text(platform.text)}")
    described = described_tags((major, minor), platform, implementation=implementation, abi=abi)
    if described != target.tags:
        listed = "".join(f"    {_text(str(tag))},\n" for tag in target.tags)
        lines.append(f"tags = [\n{listed}]")
    lines += _switches(target)
    derived = described_environment(target.python_version, platform, implementation=implementation)
    different = {
        key: value for key, value in target.environment.items() if derived.get(key) != value
    }
    if different:
        lines += ["", "[markers]"]
        lines += [f"{key} = {_text(value)}" for key, value in sorted(different.items())]
    return lines


def _switches(target: Target) -> list[str]:
    """Return what the target says of providers, beside facts and properties."""
    machine = target.machine
    if not isinstance(machine, ThisMachine | DescribedMachine):
        return []
    lines = [
        f"{key} = {_value(tuple(sorted(names)))}"
        for key, names in (
            ("enable", machine.governance.enabled - machine.governance.disabled),
            ("disable", machine.governance.disabled),
        )
        if names
    ]
    return lines if machine.gpus is None else [*lines, f"gpus = {_text(str(machine.gpus))}"]


def _by_topic(facts: Iterable[Fact]) -> Mapping[str, list[Fact]]:
    topics: dict[str, list[Fact]] = {}
    for fact in facts:
        topics.setdefault(fact.key.partition(".")[0], []).append(fact)
    return topics


def _origin(fact: Fact) -> str:
    return _one_line(f"{fact.origin}: {fact.source}")


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _value(value: FactValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(_text(item) for item in value)}]"
    return str(value) if isinstance(value, int) else _text(value)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    # A JSON text is a TOML basic string, but for the control characters that JSON lets through.
    # What a terminal would obey is escaped too: the file may be shown on one.
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(map(_escaped, quoted))


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    number = ord(char)
    return f"\\u{number:04X}" if number <= _BASIC_PLANE else f"\\U{number:08X}"
