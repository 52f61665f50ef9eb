"""Which form of a page a client wants, and whether it has it already (PEP 691, RFC 9110)."""

import re
from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Form", "is_known", "wanted_form"]

_PREFIX = "application/vnd.pypi.simple"
_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
#: Most media ranges that are looked at; browsers send eight.
_MOST_RANGES = 64


class Form(StrEnum):
    """A content type that pages are served as; of equal wishes the first is served."""

    HTML = "text/html"
    JSON = f"{_PREFIX}.v1+json"
    NEW_HTML = f"{_PREFIX}.v1+html"


_ALIASES = {f"{_PREFIX}.latest+json": Form.JSON, f"{_PREFIX}.latest+html": Form.NEW_HTML}


def wanted_form(accept: str | None) -> Form | None:
    """Return the form that an ``Accept`` header asks for, None if it takes none that we have.

    :param accept: None if the client sent none

    >>> wanted_form("application/vnd.pypi.simple.v1+json, text/html;q=0.1").name
    'JSON'
    """
    if accept is None or not accept.strip():
        return Form.HTML
    qualities: dict[Form, tuple[int, float]] = {}
    for text in accept.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        media, *parameters = (part.strip().lower() for part in text.split(";"))
        quality = _quality(parameters)
        for form, specificity in _matching(media):
            # The most specific range says what holds for a type (RFC 9110, Accept).
            if quality is not None and specificity >= qualities.get(form, (0, 0.0))[0]:
                qualities[form] = specificity, quality
    best = max(qualities, key=lambda form: (qualities[form][1], -_ORDER[form]), default=None)
    return best if best is not None and qualities[best][1] > 0 else None


_ORDER = {form: place for place, form in enumerate(Form)}


def _matching(media: str) -> Iterable[tuple[Form, int]]:
    if media == "*/*":
        return [(form, 1) for form in Form]
    if media.endswith("/*"):
        kind = media.removesuffix("*")
        return [(form, 2) for form in Form if form.startswith(kind)]
    exact = _ALIASES.get(media) or (Form(media) if media in set(Form) else None)
    return [] if exact is None else [(exact, 3)]


def _quality(parameters: Iterable[str]) -> float | None:
    """Return the quality that a media range has, None if it is malformed."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            value = value.strip()
            return float(value) if _QUALITY.fullmatch(value) else None
    return 1.0


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether a client says that it has what bears an entity tag.

    :param etag: with its quotes
    """
    if if_none_match is None:
        return False
    known = [text.strip().removeprefix("W/") for text in if_none_match.split(",")]
    return "*" in known or etag in known
