"""What the core metadata of offered wheels has to become for clients that know no variants."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from whichwheel.publish.plain_wheel import resolved_metadata
from whichwheel.serve.proxy.offering import Offer
from whichwheel.sources.background import Outcome
from whichwheel.sources.errors import SourceError
from whichwheel.sources.hashes import strongest
from whichwheel.sources.ports import Sources

__all__ = ["AS_IT_IS", "Resolved", "resolved_alone", "resolved_side_by_side"]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the metadata of a wheel has to become.

    :param metadata: None if it stays as it is
    :param failed: whether it cannot be read
    """

    metadata: bytes | None
    failed: bool = False


AS_IT_IS = Resolved(None)


def resolved_alone(offer: Offer, sources: Sources) -> bytes | None:
    """Return what the metadata of one offer becomes, None if it stays, or if it has none.

    :raises SourceError: if it cannot be had
    """
    if offer.wheel is None or offer.context is None:
        return None
    return _resolve(offer, sources.metadata(offer.wheel))


def resolved_side_by_side(
    offers: Iterable[Offer], sources: Sources, readers: Executor
) -> Mapping[str, Resolved]:
    """Return what the metadata of each variant wheel becomes, by the name it is offered under."""
    once: dict[str, Outcome[bytes]] = {}
    variants = [offer for offer in offers if offer.context is not None]
    for offer in variants:
        if offer.wheel is not None:
            outcome = Outcome(partial(sources.metadata, offer.wheel))
            once.setdefault(_metadata_key(offer), outcome)

    def read(offer: Offer) -> Resolved:
        try:
            return Resolved(_resolve(offer, once[_metadata_key(offer)].result()))
        except SourceError:
            # Who asks for the file is told; the rest of the page is of use without it.
            return Resolved(None, failed=True)

    found = readers.map(read, variants)
    return {offer.filename: each for offer, each in zip(variants, found, strict=True)}


def _metadata_key(offer: Offer) -> str:
    """Return what is the same for wheels that are known to have the same metadata."""
    known = strongest(offer.file.metadata_hashes or {})
    return offer.file.url if known is None else known[1]


def _resolve(offer: Offer, metadata: bytes) -> bytes | None:
    if offer.context is None:
        return None
    return resolved_metadata(metadata, offer.context, offer.file.filename)
