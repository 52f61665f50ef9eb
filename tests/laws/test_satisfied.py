"""What is kept without a search is what a search would keep."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from support.folder_sources import FolderSources
from support.targets import written_target
from whichwheel.resolve.axes.axes import Axes
from whichwheel.resolve.failures import ResolutionFailed
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.resolve.resolution import InstalledPackage, Resolution
from whichwheel.resolve.resolving import resolve
from whichwheel.resolve.satisfied import satisfied

NAMES = ("a", "b", "c", "d")
TARGET = written_target({"x86_64": {"level": ["v3", "v2"]}})

requirement_texts = st.builds(
    lambda name, extra, specifier, marker: f"{name}{extra}{specifier}{marker}",
    st.sampled_from(NAMES),
    st.sampled_from(["", "", "[x]", "[X,y]"]),
    st.sampled_from(["", "", ">=1", "==2", "<2", "==1.*", ">=2.dev0"]),
    st.sampled_from(["", "", '; extra == "x"', '; extra == "y"', '; os_name == "none"']),
)
environments = st.dictionaries(
    st.sampled_from(NAMES).map(canonicalize_name),
    st.tuples(
        st.sampled_from(["1", "2", "2.1a1"]),
        st.lists(requirement_texts, max_size=2),
        st.sampled_from([None, None, None, None, "v2"]),
        st.booleans(),
    ),
    min_size=2,
).map(
    lambda found: {
        name: InstalledPackage(
            name,
            Version(version),
            tuple(lines),
            label,
            {"x86_64": {"level": (label,)}} if label else {},
            requested=requested,
        )
        for name, (version, lines, label, requested) in found.items()
    }
)


@settings(deadline=None, max_examples=400)
@given(
    installed=environments,
    texts=st.lists(requirement_texts.filter(lambda text: "extra ==" not in text), max_size=3),
    dependencies=st.booleans(),
)
def test_what_is_kept_without_a_search_is_what_a_search_keeps(
    installed: Mapping[NormalizedName, InstalledPackage],
    texts: Sequence[str],
    dependencies: bool,  # noqa: FBT001 -- hypothesis gives it by name
) -> None:
    options = ResolveOptions(dependencies=dependencies)
    requests = [parse_requested(text) for text in texts]
    kept = satisfied(requests, target=TARGET, options=options, installed=installed)
    searched = attempt(texts, replace(options, axes=Axes.shipped()), installed)
    if kept is not None:
        assert searched is not None
        assert searched == replace(Resolution((), kept), steps=searched.steps)
    elif not any(package.label for package in installed.values()):
        assert searched is None


def attempt(
    texts: Sequence[str],
    options: ResolveOptions,
    installed: Mapping[NormalizedName, InstalledPackage],
) -> Resolution | None:
    """Resolve with nothing but what is installed."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return resolve(
                [parse_requested(text) for text in texts],
                target=TARGET,
                sources=FolderSources(Path(folder)),
                options=options,
                installed=installed,
            )
        except ResolutionFailed:
            return None
