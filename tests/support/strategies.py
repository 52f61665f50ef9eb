"""What hypothesis draws: small worlds of namespaces, so that values meet and tie."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from whichwheel.spec.metadata import Provider, VariantMetadata
from whichwheel.spec.properties import VariantProperties

__all__ = [
    "World",
    "arbitrary_json",
    "documents",
    "labels",
    "metadata",
    "properties",
    "providers",
    "random_world",
    "worlds",
]

NAMESPACES = ("cpu", "gpu", "mpi_1", "blas")
FEATURES = ("level", "arch", "lower_bound", "f0")
VALUES = ("v1", "v2", "v3", "9.0", "12.6", "on")

Supported = Mapping[str, Mapping[str, tuple[str, ...]]]

labels = st.text("abz019_.", min_size=1, max_size=6).filter(lambda text: text.strip("."))


def _some(
    names: Sequence[str], *, least: int = 1, most: int | None = None
) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True, min_size=least, max_size=most)


def properties(namespaces: Sequence[str] = NAMESPACES) -> st.SearchStrategy[VariantProperties]:
    """Draw what one label stands for; value sets in any order."""
    features = st.dictionaries(
        st.sampled_from(FEATURES), _some(VALUES, most=3).map(tuple), max_size=3
    )
    return st.dictionaries(st.sampled_from(namespaces), features, max_size=len(namespaces))


@dataclass(frozen=True)
class World:
    """A release's metadata, and a target that supports some of what it names."""

    metadata: VariantMetadata
    supported: Supported


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a release and a target."""
    namespaces = draw(_some(NAMESPACES))
    variants = draw(
        st.dictionaries(labels.filter(lambda label: label != "null"), properties(namespaces))
    )
    if draw(st.booleans()):
        variants["null"] = {}
    supported = {
        namespace: {
            feature: tuple(draw(_some(VALUES, least=0))) for feature in draw(_some(FEATURES))
        }
        for namespace in namespaces
    }
    return World(VariantMetadata(tuple(namespaces), variants), supported)


def random_world(seed: int) -> World:
    """Make a release and a target that supports most of what it names, at a loop's speed."""
    rng = random.Random(seed)  # noqa: S311 -- random cases, not secrets

    def some(names: Sequence[str], least: int = 1) -> list[str]:
        return rng.sample(names, rng.randint(least, len(names)))

    namespaces = some(NAMESPACES)
    supported = {
        namespace: {feature: tuple(some(VALUES)) for feature in some(FEATURES)}
        for namespace in namespaces
    }
    variants: dict[str, VariantProperties] = {}
    for index in range(rng.randint(1, 12)):
        # Values of which most are supported, so that many variants fit and many tie.
        variants[f"l{rng.randint(0, 99)}.{index}"] = {
            namespace: {
                feature: tuple(sorted(rng.sample(VALUES, rng.randint(1, 4))))
                for feature in rng.sample(sorted(features), rng.randint(0, len(features)))
            }
            for namespace, features in supported.items()
            if rng.random() < 0.7
        }
    if rng.random() < 0.5:
        variants["null"] = {}
    return World(VariantMetadata(tuple(namespaces), variants), supported)


_feature_lists = st.dictionaries(
    st.sampled_from(FEATURES), _some(VALUES).map(tuple), min_size=1, max_size=3
)

providers = st.one_of(
    st.builds(Provider, static_properties=_feature_lists, optional=st.booleans()),
    st.builds(
        Provider,
        requires=_some(("cpu-provider", "gpu-provider>=1; os_name == 'nt'")).map(tuple),
        plugin_api=st.sampled_from((None, "gpu_provider:Plugin")),
        optional=st.booleans(),
    ),
    st.just(Provider(builtin="abi_dependency")),
)


@st.composite
def metadata(draw: st.DrawFn) -> VariantMetadata:
    """Draw metadata as format 0.1.1 and 0.2.0 can hold it."""
    namespaces = draw(_some(NAMESPACES))
    variants = draw(
        st.dictionaries(
            labels.filter(lambda label: label != "null"), properties(namespaces), max_size=4
        )
    )
    governed = {name: draw(providers) for name in namespaces} if draw(st.booleans()) else {}
    return VariantMetadata(
        tuple(namespaces),
        variants,
        governed,
        format_version="0.2.0" if governed else "0.1.1",
    )


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*NAMESPACES, *FEATURES, *VALUES, "null", "https://x.example/v0.2.0.json"])
)
_keys = st.text(max_size=4) | st.sampled_from(
    [
        "$schema",
        "default-priorities",
        "namespace",
        "feature",
        "property",
        "providers",
        "static-properties",
        "variants",
        "requires",
        "plugin-api",
        "feature-order",
        "builtin",
        "optional",
        "install-time",
        "enable-if",
        "null",
        *NAMESPACES,
        *FEATURES,
    ]
)
arbitrary_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=5)
)

_PARTS = ("default-priorities", "providers", "static-properties", "variants", "x-new")


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Draw JSON with the outline of variant metadata and anything at all inside."""
    version = draw(st.sampled_from(("0.0.1", "0.0.3", "0.1.1", "0.1.7", "0.2.0", "0.3.0", "1.0.0")))
    document: dict[str, object] = {"$schema": f"https://schema.example/v{version}.json"}
    for key in draw(st.lists(st.sampled_from(_PARTS), unique=True)):
        document[key] = draw(arbitrary_json)
    if draw(st.booleans()):
        document["default-priorities"] = {"namespace": draw(_some(NAMESPACES))}
    if draw(st.booleans()):
        document["variants"] = draw(st.dictionaries(labels, properties() | arbitrary_json))
    return json.dumps(document).encode()
