"""The orders that a selector file gives to variants, as they are kept beside their properties.

PEP 825 has no place for them: they stand in our own table of a lock or of a dispatch package, and
who does not know it orders the same variants by their properties alone.
"""

from collections.abc import Collection, Mapping

from whichwheel.spec.metadata import Ranking
from whichwheel.spec.properties import InvalidProperty, VariantFeature

__all__ = ["RANKINGS", "rankings_document", "read_rankings"]

#: The key in our own tables.
RANKINGS = "rankings"


def rankings_document(
    rankings: Collection[Ranking], labels: Collection[str]
) -> list[dict[str, object]]:
    """Return rankings as values of TOML or JSON.

    :param labels: those that have files; what is said of others is left out
    """
    wanted = {"", *labels}

    def kept(places: Mapping[str, int]) -> dict[str, int]:
        return {label: places[label] for label in sorted(wanted & places.keys())}

    return [
        {
            "feature": str(ranking.feature),
            "places": {value: kept(places) for value, places in sorted(ranking.by_value.items())},
            "otherwise": kept(ranking.otherwise),
        }
        for ranking in rankings
    ]


def read_rankings(document: object) -> tuple[Ranking, ...] | None:
    """Read rankings back; None if they are not as :func:`rankings_document` writes them."""
    if not isinstance(document, list):
        return None
    rankings = []
    for entry in document:
        if not isinstance(entry, dict) or not isinstance(entry.get("feature"), str):
            return None
        try:
            feature = VariantFeature.parse(entry["feature"])
        except InvalidProperty:
            return None
        by_value, otherwise = entry.get("places"), entry.get("otherwise")
        if not isinstance(by_value, dict) or not isinstance(otherwise, dict):
            return None
        if not all(map(_are_places, (*by_value.values(), otherwise))):
            return None
        rankings.append(Ranking(feature, by_value, otherwise))
    return tuple(rankings)


def _are_places(document: object) -> bool:
    return isinstance(document, dict) and all(
        type(place) is int and place >= 0 for place in document.values()
    )
