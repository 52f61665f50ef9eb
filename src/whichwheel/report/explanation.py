"""Choices as the document that `explain --json` prints."""

from collections.abc import Iterable, Mapping

from whichwheel.choose.choice import Choice, Judgement, Reason
from whichwheel.sources.release import Wheel

__all__ = [
    "EXPLANATIONS_FORMAT",
    "EXPLANATION_FORMAT",
    "choice_document",
    "explanation_document",
    "explanations_document",
    "stand_in_document",
]

EXPLANATION_FORMAT = "whichwheel-explain/1"
EXPLANATIONS_FORMAT = "whichwheel-explain-targets/1"


def explanation_document(
    target: Mapping[str, object], choices: Iterable[Choice]
) -> dict[str, object]:
    """Return the whole document.

    :param target: the description of the target
    :param choices: one per requirement
    """
    return {
        "format": EXPLANATION_FORMAT,
        "target": dict(target),
        "packages": [choice_document(choice) for choice in choices],
    }


def explanations_document(documents: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Return the document for several targets.

    :param documents: what :func:`explanation_document` gave for each
    """
    targets = [
        {key: value for key, value in document.items() if key != "format"} for document in documents
    ]
    return {"format": EXPLANATIONS_FORMAT, "targets": targets}


def choice_document(choice: Choice) -> dict[str, object]:
    """Return what became of every wheel of one release."""
    chosen = choice.chosen
    return {
        "name": choice.name,
        "version": str(choice.version),
        "source": choice.source,
        "chosen": None
        if chosen is None
        else {
            "filename": chosen.file.filename,
            "label": chosen.name.label,
            "url": chosen.file.url,
            "stands-in": stand_in_document(chosen),
        },
        "wheels": [_judgement(judged) for judged in choice.judgements],
        "warnings": [
            {"kind": warning.kind, "message": warning.message} for warning in choice.warnings
        ],
    }


def stand_in_document(wheel: Wheel) -> dict[str, object] | None:
    """Return what a wheel really is that an overlay offers as a variant, None for any other."""
    presented = wheel.presented
    if presented is None:
        return None
    return {
        "name": presented.own.name,
        "version": str(presented.own.version),
        "source": presented.source,
        "extras": list(presented.extras),
        "relabelled": presented.relabelled,
    }


def _judgement(judged: Judgement) -> dict[str, object]:
    return {
        "filename": judged.wheel.file.filename,
        "label": judged.wheel.name.label,
        "stands-in": stand_in_document(judged.wheel),
        "rank": judged.rank,
        "status": judged.status,
        "reasons": [_reason(reason) for reason in judged.reasons],
    }


def _reason(reason: Reason) -> dict[str, object]:
    return {"kind": reason.kind, "message": reason.message, **reason.facts}
