"""What a provider answered, read with distrust."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from whichwheel.plugins.errors import ProviderFailed
from whichwheel.spec.properties import NAME_PATTERN, VALUE_PATTERN
from whichwheel.spec.strict_json import InvalidJson, parse_strict_json
from whichwheel.spec.values import dataclass
from whichwheel.spec.walking import Walk, shown

__all__ = ["LARGEST_ANSWER", "Answer", "answer_document", "read_answer", "read_answer_document"]

#: Bytes of an answer that are read.
LARGEST_ANSWER = 1024 * 1024

_SHOWN = 3
_LONGEST_FACT = 200
_MOST_FACTS = 64
_LONGEST_FAILURE = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider says that this machine supports.

    :param features: compatible values by feature, both in order of preference; a feature of
        which no value is supported is left out
    :param namespace: the one that the provider gives itself, if it gives one
    :param facts: what it says that it found, by name
    """

    features: Mapping[str, tuple[str, ...]]
    namespace: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def read_answer(data: bytes, provider: str, *, protocol: str | None = None) -> Answer:
    """Read an answer, from a plugin's child process or from an executable.

    A feature with an empty list of values is a true answer: nothing of it is supported
    (providers draft, Example implementation).

    :param data: one JSON object
    :param provider: its name, for messages
    :param protocol: what the answer has to name as its ``protocol``, if anything
    :raises ProviderFailed: if it says that it failed, or is malformed; naming the faults
    """
    if not data.strip():
        raise ProviderFailed(provider, "it gave no answer, expected a JSON object")
    try:
        document = parse_strict_json(data, maximum_size=LARGEST_ANSWER)
    except InvalidJson as error:
        raise ProviderFailed(provider, f"its answer cannot be read: {error.why}") from None
    return read_answer_document(document, provider, protocol=protocol)


def read_answer_document(document: object, provider: str, *, protocol: str | None = None) -> Answer:
    """Read an answer that was parsed already, as :func:`read_answer` does."""
    walk = Walk(newer=True)
    root = walk.table(document, "$")
    if protocol is not None and root is document and root.get("protocol") != protocol:
        walk.fault("$.protocol", f"expected `{protocol}`")
    answer = _read(walk, root, provider)
    if walk.faults:
        told = "; ".join(str(fault) for fault in walk.faults[:_SHOWN])
        more = len(walk.faults) - _SHOWN
        rest = f"; and {more} more" if more > 0 else ""
        raise ProviderFailed(provider, f"its answer is malformed: {told}{rest}")
    return answer


def answer_document(answer: Answer) -> dict[str, object]:
    """Return an answer as JSON that :func:`read_answer` reads."""
    document: dict[str, object] = {
        "features": [
            {"name": name, "values": list(values)} for name, values in answer.features.items()
        ],
        "facts": dict(answer.facts),
    }
    if answer.namespace is not None:
        document["namespace"] = answer.namespace
    return document


def _read(walk: Walk, root: Mapping[str, object], provider: str) -> Answer:
    for key in ("failed", "error"):
        if key in root:
            raise ProviderFailed(provider, _clause(root[key]))
    features: dict[str, tuple[str, ...]] = {}
    if not walk.faults:
        for path, table in _listed(walk, root.get("features")):
            name = _name(walk, table.get("name"), f"{path}.name")
            if name in features:
                walk.fault(f"{path}.name", f"`{shown(name)}` occurs twice")
            features[name] = walk.strings(
                table.get("values"), f"{path}.values", VALUE_PATTERN, empty=True
            )
    namespace = root.get("namespace")
    return Answer(
        {name: values for name, values in features.items() if values},
        None if namespace is None else _name(walk, namespace, "$.namespace"),
        _facts(walk, root.get("facts", {})),
    )


def _clause(value: object) -> str:
    """Return what a provider says of its failure, fit for a message."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:_LONGEST_FAILURE])
    return printable or "it says no more"


def _listed(walk: Walk, value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not isinstance(value, list):
        walk.fault("$.features", "expected a list of features with `name` and `values`")
        return
    for index, item in enumerate(value):
        path = f"$.features[{index}]"
        table = walk.table(item, path)
        if table is item:
            yield path, table


def _name(walk: Walk, value: object, path: str) -> str:
    name = walk.text(value, path)
    if name is not None and not NAME_PATTERN.fullmatch(name):
        walk.fault(path, f"`{shown(name)}` does not match `^{NAME_PATTERN.pattern}$`")
    return name or ""


def _facts(walk: Walk, document: object) -> dict[str, str]:
    facts: dict[str, str] = {}
    table = walk.table(document, "$.facts")
    if len(table) > _MOST_FACTS:
        walk.fault("$.facts", f"found {len(table)} facts, expected at most {_MOST_FACTS}")
        return facts
    for name, value in table.items():
        path = f"$.facts.{shown(name)}"
        if not NAME_PATTERN.fullmatch(name):
            walk.fault(path, f"does not match `^{NAME_PATTERN.pattern}$`")
            continue
        text = walk.text(value, path)
        if text is not None and (len(text) > _LONGEST_FACT or not text.isprintable()):
            walk.fault(path, f"expected at most {_LONGEST_FACT} printable characters")
        facts[name] = text or ""
    return facts
