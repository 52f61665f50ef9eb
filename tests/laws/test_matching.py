"""Versions are found by halving exactly where looking at each of them finds them."""

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from whichwheel.resolve.matching import Matcher

numbers = st.integers(0, 2).map(str)
ENDINGS = (
    *("", "", "", "a1", "rc1", ".dev0", "a1.dev1", ".post1", ".post1.dev0"),
    *("+cpu", "+cu128", ".post1+cpu", "rc1+cpu"),
)
endings = st.sampled_from(ENDINGS)
releases = st.lists(numbers, min_size=1, max_size=3).map(".".join)
epochs = st.sampled_from(["", "", "", "1!"])
texts = st.builds(lambda epoch, release, end: epoch + release + end, epochs, releases, endings)
public = texts.map(lambda text: text.partition("+")[0])
clauses = st.one_of(
    st.builds(str.__add__, st.sampled_from([">=", "<=", ">", "<"]), public),
    st.builds(str.__add__, st.sampled_from(["==", "!=", "==="]), texts),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), releases),
    st.builds("~={}.{}".format, releases, numbers),
)


@given(st.sets(texts, max_size=25), st.lists(clauses, max_size=3))
def test_halving_finds_what_looking_at_each_finds(found: set[str], said: list[str]) -> None:
    versions = sorted({Version(text) for text in found})
    specifier = SpecifierSet(",".join(said))
    matching = Matcher(versions).matching(specifier)
    assert [versions[place] for place in matching.lowest_first()] == [
        version for version in versions if specifier.contains(version, prereleases=True)
    ]


@given(st.sets(texts, max_size=25))
def test_pre_releases_are_known(found: set[str]) -> None:
    versions = sorted({Version(text) for text in found})
    matcher = Matcher(versions)
    assert {versions[place] for place in matcher.prereleases.lowest_first()} == {
        version for version in versions if version.is_prerelease
    }
