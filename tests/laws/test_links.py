from urllib.parse import urljoin, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from whichwheel.sources.addresses import resolve_link
from whichwheel.sources.errors import SourceError

BASES = st.sampled_from(
    [
        "https://index.example/simple/foo/",
        "https://index.example/simple/foo/index.html?a=/b/",
        "http://index.example:8080",
    ]
)
PIECES = st.sampled_from(
    (
        *("foo-1.0.whl", "a", "/", "//", ".", "..", ":", "?", "#", "%20", "+", "~", ";", "=", "@"),
        *("https://", "http://", "HTTPS://", "files.example", "[", "]", "\\", "sha256=ab", "é"),
        *(" ", "\t"),
    )
)


@given(BASES, st.lists(PIECES, max_size=6).map("".join))
def test_a_link_means_what_the_standard_library_makes_of_it(base: str, href: str) -> None:
    try:
        url, fragment = resolve_link(base, href)
    except SourceError:
        return
    split = urlsplit(urljoin(base, href.strip()))
    if "@" not in split.netloc:
        assert (url, fragment) == (split._replace(fragment="").geturl(), split.fragment)
    assert "@" not in urlsplit(url).netloc
    assert url.startswith(("http://", "https://"))
