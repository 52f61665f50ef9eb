"""The report of an installation, as `pip install --report` writes it.

pip's documentation, Installation Report, version 1. What pip does not know stands under a key
`whichwheel` of its own. There is no `pip_version`, as pip did not write it.
"""

from collections.abc import Callable, Iterator, Mapping
from email import message_from_string

from whichwheel._version import __version__
from whichwheel.environment.plan import Installed, Plan
from whichwheel.report.plan_report import chosen_reasons, installed_document, pin_source
from whichwheel.resolve.resolution import Pin
from whichwheel.sources.release import File, Wheel

__all__ = ["REPORT_VERSION", "installation_report", "metadata_document"]

REPORT_VERSION = "1"

_SINGLE = (
    *("Metadata-Version", "Name", "Version", "Summary", "Description", "Description-Content-Type"),
    *("Keywords", "Home-page", "Download-URL", "Author", "Author-email", "Maintainer"),
    *("Maintainer-email", "License", "License-Expression", "Requires-Python"),
)
_MULTIPLE = (
    *("Dynamic", "Platform", "Supported-Platform", "License-File", "Classifier", "Requires-Dist"),
    *("Requires-External", "Project-URL", "Provides-Extra", "Provides-Dist", "Obsoletes-Dist"),
)


def installation_report(
    plan: Plan,
    *,
    target: Mapping[str, object],
    environment: Mapping[str, str],
    metadata: Callable[[Wheel], bytes],
    sha256: Callable[[File], str],
) -> dict[str, object]:
    """Return the report of what a plan brings.

    :param target: the description of the target
    :param environment: its marker values
    :param metadata: reads the core metadata of a wheel
    :param sha256: finds the digest of a file of which the source tells none
    """
    return {
        "version": REPORT_VERSION,
        "install": [_item(pin, old, metadata, sha256) for pin, old in _brought(plan)],
        "environment": dict(environment),
        "whichwheel": {
            "version": __version__,
            "target": dict(target),
            "remove": [installed_document(each) for each in plan.remove],
            "warnings": [{"kind": each.kind, "message": each.message} for each in plan.warnings],
        },
    }


def _brought(plan: Plan) -> Iterator[tuple[Pin, Installed | None]]:
    """Yield what is brought with what it replaces, in order of name."""
    pairs: list[tuple[Pin, Installed | None]] = [(pin, None) for pin in plan.add]
    pairs += [(change.new, change.old) for change in plan.replace]
    yield from sorted(pairs, key=lambda pair: pair[0].name)


def _item(
    pin: Pin,
    old: Installed | None,
    metadata: Callable[[Wheel], bytes],
    sha256: Callable[[File], str],
) -> dict[str, object]:
    file = pin.wheel.file if pin.wheel.presented is None else pin.wheel.presented.file
    item: dict[str, object] = {
        "download_info": _download(pin, file, sha256),
        "is_direct": pin.direct_url is not None,
        "is_yanked": file.yanked is not None,
        "requested": pin.requested,
        "metadata": metadata_document(metadata(pin.wheel)),
    }
    if pin.requested and pin.extras:
        item["requested_extras"] = sorted(pin.extras)
    item["whichwheel"] = {
        "label": pin.wheel.name.label,
        "source": pin_source(pin),
        "built": pin.wheel.is_built,
        "reasons": chosen_reasons(pin),
        "replaces": None if old is None else installed_document(old),
    }
    return item


def _download(pin: Pin, file: File, sha256: Callable[[File], str]) -> dict[str, object]:
    if pin.direct_url is not None and (
        pin.direct_url.commit is not None or pin.direct_url.editable is not None
    ):
        return pin.direct_url.document("")
    url = file.url if pin.direct_url is None else pin.direct_url.url
    given = {} if pin.direct_url is None else pin.direct_url.hashes
    hashes = {**file.hashes, **given} or {"sha256": sha256(file)}
    algorithm = "sha256" if "sha256" in hashes else next(iter(hashes))
    info = {"hash": f"{algorithm}={hashes[algorithm]}", "hashes": hashes}
    download: dict[str, object] = {"url": url, "archive_info": info}
    if pin.direct_url is not None and pin.direct_url.subdirectory:
        download["subdirectory"] = pin.direct_url.subdirectory
    return download


def metadata_document(data: bytes) -> dict[str, object]:
    r"""Return core metadata as JSON values (core metadata, JSON-compatible metadata).

    >>> metadata_document(b"Name: a\\nKeywords: b,c\\nClassifier: d\\n\\ntext")
    {'name': 'a', 'keywords': ['b', 'c'], 'classifier': ['d'], 'description': 'text'}
    """
    message = message_from_string(data.decode("utf-8", "replace"))
    document: dict[str, object] = {}
    for field in _SINGLE:
        value = message.get(field)
        if value is not None:
            document[_key(field)] = str(value)
    keywords = document.get("keywords")
    if isinstance(keywords, str):
        # Older tools separated them by spaces.
        words = keywords.split(",") if "," in keywords else keywords.split()
        document["keywords"] = [word.strip() for word in words]
    for field in _MULTIPLE:
        values = message.get_all(field)
        if values:
            document[_key(field)] = [str(value) for value in values]
    text = message.get_payload()
    if isinstance(text, str) and text:
        document["description"] = text
    return document


def _key(field: str) -> str:
    return field.lower().replace("-", "_")
