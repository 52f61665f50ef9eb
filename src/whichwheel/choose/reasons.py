"""The sentences of a choice, each with the facts that it was made of."""

from collections.abc import Iterable, Mapping

from packaging.tags import Tag

from whichwheel.choose.choice import Reason, ReasonKind
from whichwheel.choose.wishes import PLAIN, Subject, Wish
from whichwheel.sources.release import Barred
from whichwheel.spec.ordering import UnsupportedFeature
from whichwheel.spec.properties import VariantProperties, VariantProperty
from whichwheel.target.support import Refusal
from whichwheel.target.target import Target

__all__ = [
    "banned",
    "barred",
    "best_from_sources",
    "best_variant",
    "best_without_properties",
    "label_unknown",
    "metadata_unusable",
    "no_place",
    "not_as_required",
    "other_label_picked",
    "outranked_as_plain",
    "outranked_as_sources",
    "outranked_at_property",
    "outranked_by_build",
    "outranked_by_label",
    "outranked_by_release",
    "outranked_by_tag",
    "outranked_by_wish",
    "platform_tags",
    "property_not_supported",
    "provider",
    "python_version",
    "variants_off",
    "with_wishes",
    "yanked",
]

_SHOWN = 4


def _listed(values: Iterable[str]) -> str:
    """Write values for a sentence, the first few of a long list."""
    texts = list(values)
    shown = ", ".join(f"`{text}`" for text in texts[:_SHOWN])
    rest = len(texts) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def best_variant(
    properties: tuple[VariantProperty, ...], deciding_facts: Mapping[str, str]
) -> Reason:
    """Explain a variant that was chosen by its properties."""
    used = dict.fromkeys(item.namespace for item in properties)
    facts = "; ".join(deciding_facts[name] for name in used if deciding_facts.get(name))
    return Reason(
        ReasonKind.BEST,
        f"best of those that fit: {_listed(map(str, properties))}" + (f" [{facts}]" * bool(facts)),
        {
            "properties": [str(item) for item in properties],
            "target": {name: deciding_facts.get(name, "") for name in used},
        },
    )


def best_without_properties(*, is_plain: bool, tag: str) -> Reason:
    """Explain a plain or ``null`` wheel that was chosen."""
    what = "plain wheel" if is_plain else "`null` variant, which fits every machine"
    return Reason(ReasonKind.BEST, f"best of those that fit: {what}, tag `{tag}`", {"tag": tag})


def barred(bar: Barred) -> Reason:
    """Explain a wheel that may not be taken, whatever the target."""
    return Reason(ReasonKind.NOT_ALLOWED, bar.why, {"hint": bar.hint})


def best_from_sources(filename: str) -> Reason:
    """Explain a wheel that is built, as none that is there fits."""
    return Reason(
        ReasonKind.BEST,
        f"no wheel that is there is taken: it is built from `{filename}`",
        {"built-from": filename},
    )


def outranked_as_sources(by: str) -> Reason:
    """Explain sources beside a wheel that fits."""
    return Reason(
        ReasonKind.OUTRANKED,
        f"outranked by `{by}`: a wheel that is there comes before one that has to be built",
        {"by": by, "at": "built"},
    )


def outranked_as_plain(by: str) -> Reason:
    """Explain a plain wheel beside a variant that fits."""
    return Reason(
        ReasonKind.OUTRANKED,
        f"outranked by `{by}`: a variant that fits comes before a plain wheel",
        {"by": by, "at": "variant"},
    )


def outranked_at_property(by: str, best: VariantProperty, own: VariantProperty | None) -> Reason:
    """Explain a variant that is less preferred, at the first property where the two differ.

    :param own: what this wheel has in that place; None if it has nothing more
    """
    why = f"its `{best}` comes before `{own}`" if own is not None else f"it has `{best}` besides"
    return Reason(
        ReasonKind.OUTRANKED,
        f"outranked by `{by}`: {why}",
        {"by": by, "at": str(best), "has": None if own is None else str(own)},
    )


def outranked_by_label(by: str, best: str, own: str) -> Reason:
    """Explain a variant that is as good, and later in the alphabet."""
    return Reason(
        ReasonKind.OUTRANKED,
        f"outranked by `{by}`: equally good, and the label `{best}` sorts before `{own}`",
        {"by": by, "at": "label"},
    )


def outranked_by_release(by: str, values: tuple[str, ...]) -> Reason:
    """Explain a wheel that the release itself puts later, as a selector file can."""
    given = f"for {_listed(values)}" if values else "for this machine"
    return Reason(
        ReasonKind.OUTRANKED,
        f"outranked by `{by}`: the selector file puts it later {given}",
        {"by": by, "at": "selector", "values": list(values)},
    )


def no_place(label: str, values: tuple[str, ...], target: str) -> Reason:
    """Explain a wheel that a selector file does not list for the values of a machine."""
    wheel = f"the suffix of `{label}`" if label else "the wheel without suffix"
    return Reason(
        ReasonKind.PROPERTY,
        f"the selector file does not list {wheel} for {_listed(values) or target}",
        {
            "feature": values[0].rpartition(" :: ")[0] if values else "",
            "wanted": [],
            "supported": [value.rpartition(" :: ")[2] for value in values],
            "target": target,
        },
    )


def outranked_by_tag(by: str, best: str, own: str) -> Reason:
    """Explain a wheel of the same label with a less specific platform tag."""
    return Reason(
        ReasonKind.OUTRANKED,
        f"outranked by `{by}`: the tag `{best}` is preferred to `{own}`",
        {"by": by, "at": "platform-tags", "has": own},
    )


def outranked_by_build(by: str) -> Reason:
    """Explain a wheel that differs only in its build number."""
    return Reason(
        ReasonKind.OUTRANKED,
        f"outranked by `{by}`, which has the higher build number",
        {"by": by, "at": "build"},
    )


def platform_tags(tags: frozenset[Tag], target: Target) -> Reason:
    """Explain a wheel for another platform, Python or ABI."""
    wanted = sorted(map(str, tags))
    best = str(target.tags[0]) if target.tags else "none"
    return Reason(
        ReasonKind.PLATFORM_TAGS,
        f"it is for {_listed(wanted)}, and {target.name} takes `{best}` and the like",
        {"wanted": wanted, "target": best},
    )


def python_version(specifier: str, target: Target) -> Reason:
    """Explain a wheel for other Python versions."""
    return Reason(
        ReasonKind.PYTHON_VERSION,
        f"it requires Python `{specifier}`, and {target.name} has {target.python_version}",
        {"wanted": specifier, "target": target.python_version},
    )


def yanked(why: str) -> Reason:
    """Explain a file that its publisher took back (PEP 592)."""
    return Reason(
        ReasonKind.YANKED,
        f"it was yanked by its publisher{f': {why}' if why else ''}",
        {"reason": why},
    )


def variants_off() -> Reason:
    """Explain a variant wheel left aside with ``--no-variants``."""
    return Reason(ReasonKind.NOT_ALLOWED, "variants are turned off", {"by": "no-variants"})


def other_label_picked(label: str) -> Reason:
    """Explain a wheel of another label than the one picked by hand."""
    return Reason(ReasonKind.NOT_ALLOWED, f"the variant `{label}` was asked for", {"picked": label})


def banned(wish: Wish, properties: VariantProperties) -> Reason:
    """Explain a wheel that the user wants nowhere.

    :param properties: what the wheel's label stands for
    """
    subject = wish.subject
    has = _subject_words(wish)
    ban = f"{has} {'are' if subject.label == PLAIN else 'is'} banned (`{wish.origin}`)"
    found = _first_match(wish, properties)
    if found is not None and found != str(subject):
        ban = f"it has `{found}`, and {ban}"
    return Reason(ReasonKind.BANNED, ban, _wish_facts(wish))


def not_as_required(wish: Wish) -> Reason:
    """Explain a wheel that is not what the user requires."""
    lacks = "is not" if wish.subject.label is not None else "has no"
    what = _subject_words(wish)
    if wish.subject.label == PLAIN:
        what = "a plain wheel"
    message = f"it {lacks} {what}, which is required (`{wish.origin}`)"
    return Reason(ReasonKind.NOT_AS_REQUIRED, message, _wish_facts(wish))


def outranked_by_wish(by: str, wish: Wish) -> Reason:
    """Explain a wheel beside one that the user prefers."""
    words = _subject_words(wish)
    are = "are" if wish.subject.label == PLAIN else "is"
    return Reason(
        ReasonKind.OUTRANKED,
        f"outranked by `{by}`: {words} {are} preferred (`{wish.origin}`)",
        {"by": by, "at": "wish", **_wish_facts(wish)},
    )


def with_wishes(reason: Reason, wishes: Iterable[Wish]) -> Reason:
    """Add to the explanation of a chosen wheel which preferences had a part in it."""
    granted = list(wishes)
    if not granted:
        return reason
    told = " and ".join(f"{_subject_words(wish)} (`{wish.origin}`)" for wish in granted)
    return Reason(
        reason.kind,
        f"{reason.message}; preferred for {told}",
        {**reason.facts, "wishes": [_wish_facts(wish) for wish in granted]},
    )


def _subject_words(wish: Wish) -> str:
    label = wish.subject.label
    if label is None:
        return f"`{wish.subject}`"
    return "plain wheels" if label == PLAIN else f"the variant `{label}`"


def _first_match(wish: Wish, properties: VariantProperties) -> str | None:
    """Return the first property that a wish is about, None if it is about a label."""
    if wish.subject.label is not None:
        return None
    return next(
        str(VariantProperty(namespace, feature, value))
        for namespace, features in properties.items()
        for feature, values in features.items()
        for value in values
        if wish.subject.covers(Subject(namespace, feature, value))
    )


def _wish_facts(wish: Wish) -> dict[str, object]:
    facts: dict[str, object] = {"subject": str(wish.subject), "origin": wish.origin}
    return facts if wish.project is None else {**facts, "project": wish.project}


def metadata_unusable(why: str | None) -> Reason:
    """Explain a variant that cannot be judged."""
    return Reason(
        ReasonKind.METADATA_UNUSABLE,
        f"its variant metadata cannot be used: {why or 'there is none'}",
        {"reason": why},
    )


def label_unknown(label: str, origin: str) -> Reason:
    """Explain a label that the metadata does not list (PEP 825, installing, step 6)."""
    return Reason(
        ReasonKind.LABEL_UNKNOWN,
        f"the variant metadata does not list the label `{label}`",
        {"label": label, "metadata": origin},
    )


def provider(refusal: Refusal) -> Reason:
    """Explain a variant whose properties nobody can judge."""
    return Reason(ReasonKind(refusal.kind.value), refusal.message, {"namespace": refusal.namespace})


def property_not_supported(item: UnsupportedFeature, facts: str, target: str) -> Reason:
    """Explain a variant that wants what the target does not have."""
    wanted = " or ".join(f"`{value}`" for value in item.wanted[:_SHOWN])
    if len(item.wanted) > _SHOWN:
        wanted += f" or {len(item.wanted) - _SHOWN} more"
    has = f"has {_listed(item.supported)}" if item.supported else "has none of it"
    return Reason(
        ReasonKind.PROPERTY,
        f"`{item.feature}` must be {wanted}, and {target} {has}" + (f" [{facts}]" * bool(facts)),
        {
            "feature": str(item.feature),
            "wanted": list(item.wanted),
            "supported": list(item.supported),
            "target": facts,
        },
    )
