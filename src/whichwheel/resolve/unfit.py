"""Why a release, or its variants, does not fit: told where nothing else was taken."""

from whichwheel.choose.choice import Choice, ReasonKind
from whichwheel.resolve.catalogue import Judged
from whichwheel.resolve.refusals import refusals_by_label
from whichwheel.resolve.resolution import ResolutionWarning
from whichwheel.spec.properties import NULL_LABEL
from whichwheel.target.target import Target

__all__ = ["plain_fallback", "why_unfit"]

_SHOWN = 3


def why_unfit(judged: Judged, target: Target) -> str:
    """Say why nothing of a release can be used."""
    release = judged.release
    if not release.wheels:
        return "it has no wheel"
    if _is_for_other_pythons(judged, target):
        wanted = {wheel.file.requires_python for wheel in release.wheels}
        needs = f", it requires `{wanted.pop()}`" if len(wanted) == 1 and None not in wanted else ""
        return f"nothing of it is for Python {target.python_version}{needs}"
    refused = refusals_by_label(judged.choice)
    told = [str(found) for found in refused[:_SHOWN]]
    told += [f"`{judged.release.name}`: {why}" for why in judged.unusable.values()][:_SHOWN]
    more = f"; and {len(refused) - _SHOWN} more reasons" if len(refused) > _SHOWN else ""
    return f"nothing of it fits {target.name} ({'; '.join(told)}{more})"


def _is_for_other_pythons(judged: Judged, target: Target) -> bool:
    """Whether every wheel is for other Pythons, whatever its platform and variant."""
    mine = {(tag.interpreter, tag.abi) for tag in target.tags}
    return all(
        not any((tag.interpreter, tag.abi) in mine for tag in wheel.wheel.name.tags)
        or any(reason.kind is ReasonKind.PYTHON_VERSION for reason in wheel.reasons)
        for wheel in judged.choice.judgements
    )


def plain_fallback(
    choice: Choice, *, explained: bool = False, always: bool = False
) -> ResolutionWarning | None:
    """Warn if a plain or ``null`` wheel serves where there are variants, none of which fits.

    What an overlay offers for machines without is no less than they can have, and is not told.

    :param explained: whether each wheel's own reason is told anyway
    :param always: whether to tell it all the same
    """
    if not always and any(judged.wheel.presented is not None for judged in choice.judgements):
        return None
    chosen = choice.chosen
    without = (None, NULL_LABEL)
    if chosen is None or any(judged.wheel.name.label not in without for judged in choice.ranked):
        return None
    refused = [
        found
        for found in refusals_by_label(choice)
        if not found.concerns_platform
        and not found.is_by_wish
        and any(label not in (None, NULL_LABEL) for label in found.labels)
    ]
    if not refused:
        return None
    what = "the plain wheel" if chosen.name.label is None else "the `null` variant"
    if all(found.kinds == {ReasonKind.PROPERTY} for found in refused):
        # The common case, as a machine without GPU: a table of all properties is `explain`'s.
        facts = "; ".join(dict.fromkeys(filter(None, choice.deciding_facts.values())))
        return ResolutionWarning(
            "plain-fallback",
            f"{what} of `{choice.name} {choice.version}` serves, as no variant fits what the "
            f"target has [{facts}]"
            + ("" if explained else f"; `whichwheel explain {choice.name}` says more"),
        )
    told = "; ".join(str(found) for found in refused[:_SHOWN])
    more = f"; and {len(refused) - _SHOWN} more reasons" if len(refused) > _SHOWN else ""
    return ResolutionWarning(
        "plain-fallback",
        f"{what} of `{choice.name} {choice.version}` serves, as no variant fits: {told}{more}",
    )
