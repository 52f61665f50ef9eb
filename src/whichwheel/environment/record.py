"""``whichwheel.json``: what an environment remembers of a choice.

It lies in the distribution's ``*.dist-info`` and stands in its ``RECORD``, so every installer
removes it with the rest. The format is documented in ``docs/reference/environment-record.rst``.
"""

import json
from dataclasses import field
from typing import cast

from packaging.utils import (
    InvalidName,
    NormalizedName,
    canonicalize_name,
    is_normalized_name,
)
from packaging.version import InvalidVersion, Version

from whichwheel.choose.choice import Choice
from whichwheel.resolve.resolution import Pin
from whichwheel.sources.overlays.stand_in import Rewritten, StandIn
from whichwheel.spec.properties import InvalidLabel, VariantProperties, parse_label
from whichwheel.spec.values import dataclass

__all__ = [
    "FORMAT",
    "RECORD_NAME",
    "InstallRecord",
    "parse_properties",
    "parse_record",
    "record_of",
]

#: The value of ``format`` in a record that this version writes and reads.
FORMAT = "whichwheel-record/1"

#: The file's name inside ``*.dist-info``.
RECORD_NAME = "whichwheel.json"


@dataclass(frozen=True, slots=True)
class InstallRecord:
    """What is read back from a record.

    :param label: the variant label, None for a plain wheel
    :param properties: the properties behind the label
    :param deciding_facts: by namespace, the facts of the target that decided, for people
    :param extras: those that it was taken with
    :param stand_in: what it is to those who know it by a plain name, if it stands for one
    :param rewritten: what it was before it became a variant wheel of a plain name
    """

    filename: str
    url: str
    source: str
    label: str | None = None
    properties: VariantProperties = field(default_factory=dict)
    deciding_facts: dict[str, str] = field(default_factory=dict)
    extras: tuple[str, ...] = ()
    stand_in: StandIn | None = None
    rewritten: Rewritten | None = None


def record_of(pin: Pin, sha256: str) -> bytes:
    """Write down why this wheel was taken, as the bytes of ``whichwheel.json``.

    :param sha256: of the wheel file
    """
    choice, name, own = pin.choice, pin.wheel.name, pin.wheel.own
    presented = pin.wheel.presented
    namespaces = _namespaces(choice)
    record = {
        "format": FORMAT,
        "name": own.name,
        "version": str(own.version),
        "label": name.label,
        **_stands_for(pin),
        "extras": list(pin.extras),
        "filename": own.filename,
        "url": pin.wheel.file.url,
        "source": choice.source if presented is None else presented.source,
        "hashes": dict(sorted({**pin.wheel.file.hashes, "sha256": sha256}.items())),
        "properties": _plain(choice.properties.get(name.label, {})) if name.label else {},
        "target": {
            "facts": {key: choice.deciding_facts[key] for key in sorted(choice.deciding_facts)},
            "origins": {key: str(choice.origins[key]) for key in sorted(choice.origins)},
            "evidence": [
                {
                    "key": fact.key,
                    "value": fact.value,
                    "origin": str(fact.origin),
                    "source": fact.source,
                }
                for namespace in sorted(choice.evidence)
                for fact in choice.evidence[namespace].values()
            ],
            "supported": {
                namespace: features
                for namespace, features in _plain(choice.supported).items()
                if namespace in namespaces
            },
        },
        "alternatives": [
            {
                "filename": judged.wheel.own.filename,
                "label": judged.wheel.name.label,
                "status": judged.status.value,
                "rank": judged.rank,
            }
            for judged in choice.judgements
            if judged.wheel.name.filename != name.filename
        ],
    }
    # A line for each key: what `indent` writes is written by Python code, ten times as slowly.
    lines = (f" {json.dumps(key)}: {_in_one_line(value)}" for key, value in record.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _in_one_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _stands_for(pin: Pin) -> dict[str, object]:
    """Say which plain name it stands for, or what it was before it got that name."""
    presented = pin.wheel.presented
    if presented is None:
        return {}
    if presented.relabelled:
        own = presented.own
        before = {"name": own.name, "version": str(own.version), "by-name": presented.by_name}
        return {"rewritten-from": before}
    said = {
        "name": pin.name,
        "version": str(pin.version),
        "extras": list(presented.extras),
        "by-name": presented.by_name,
    }
    return {"stands-for": said}


def _namespaces(choice: Choice) -> frozenset[str]:
    return frozenset(
        namespace for properties in choice.properties.values() for namespace in properties
    )


def _plain(properties: VariantProperties) -> dict[str, dict[str, list[str]]]:
    return {
        namespace: {feature: list(values) for feature, values in features.items()}
        for namespace, features in properties.items()
    }


def parse_record(content: bytes) -> InstallRecord | None:
    """Read a record back; None if it is damaged or of a format that we do not know.

    A record only ever adds to what the environment says of itself, so a bad one is no error.
    """
    try:
        data: object = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return None
    texts = [data.get(key) for key in ("filename", "url", "source")]
    if not all(isinstance(text, str) for text in texts):
        return None
    label: object = data.get("label")
    if label is not None:
        try:
            label = parse_label(label) if isinstance(label, str) else None
        except InvalidLabel:
            return None
    filename, url, source = cast("list[str]", texts)
    properties = parse_properties(data.get("properties")) or {}
    target: object = data.get("target")
    facts: object = target.get("facts") if isinstance(target, dict) else None
    return InstallRecord(
        filename=filename,
        url=url,
        source=source,
        label=cast("str | None", label),
        properties=properties,
        deciding_facts=(
            {str(key): str(value) for key, value in facts.items()}
            if isinstance(facts, dict)
            else {}
        ),
        extras=_extras(data.get("extras")),
        stand_in=_stand_in(data.get("stands-for"), label, properties),
        rewritten=_rewritten(data.get("rewritten-from")),
    )


def _rewritten(data: object) -> Rewritten | None:
    name = data.get("name") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(name, str):
        return None
    try:
        project = canonicalize_name(name, validate=True)
    except InvalidName:
        return None
    return Rewritten(project, by_name=data.get("by-name") is True)


def _stand_in(data: object, label: object, properties: VariantProperties) -> StandIn | None:
    if not isinstance(data, dict) or not isinstance(label, str):
        return None
    name, version = data.get("name"), data.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return None
    try:
        return StandIn(
            canonicalize_name(name, validate=True),
            Version(version),
            label,
            properties,
            _extras(data.get("extras")),
            by_name=data.get("by-name") is True,
        )
    except (InvalidName, InvalidVersion):
        return None


def _extras(data: object) -> tuple[NormalizedName, ...]:
    if not isinstance(data, list):
        return ()
    return tuple(
        canonicalize_name(text)
        for text in data
        if isinstance(text, str) and is_normalized_name(canonicalize_name(text))
    )


def parse_properties(data: object) -> VariantProperties | None:
    """Read ``{namespace: {feature: [value, ...]}}``; None if it is anything else."""
    if not isinstance(data, dict):
        return None
    properties: dict[str, dict[str, tuple[str, ...]]] = {}
    for namespace, features in data.items():
        if not isinstance(features, dict):
            return None
        for feature, values in features.items():
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                return None
            properties.setdefault(namespace, {})[feature] = tuple(values)
    return properties
