"""Which installed packages a refresh may change, and which may go."""

from pathlib import Path

import pytest
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from whichwheel.environment.plan import Installed
from whichwheel.environment.refreshing import RefreshScope, refresh_scope
from whichwheel.resolve.resolution import InstalledPackage

ENVIRONMENT = {"python_version": "3.12", "sys_platform": "linux", "os_name": "posix"}


def scope_of(  # noqa: PLR0913 -- what differs from case to case
    folder: Path,
    needs: dict[str, list[str]],
    *,
    requested: str = "",
    extras: dict[str, str] | None = None,
    own: str = "",
    names: str = "",
) -> RefreshScope:
    installed: dict[NormalizedName, Installed] = {}
    packages: dict[NormalizedName, InstalledPackage] = {}
    for text, requires in needs.items():
        name = canonicalize_name(text)
        place = folder / f"{name}-1.0.dist-info"
        place.mkdir()
        (place / "RECORD").touch()
        installed[name] = Installed(
            name,
            Version("1.0"),
            place,
            requested=name in requested.split(),
            url="file:///x" if name in own.split() else None,
        )
        packages[name] = InstalledPackage(
            name,
            Version("1.0"),
            tuple(requires),
            label="gpu",
            properties={"acme": {"interface": ("1",)}},
            extras=frozenset((extras or {}).get(name, "").split()),
        )
    wanted = frozenset(canonicalize_name(name) for name in names.split())
    return refresh_scope(installed, packages, wanted, ENVIRONMENT)


@pytest.mark.parametrize(
    ("needs", "more", "removable"),
    [
        # What was asked for stays, what it brought may go.
        ({"a": ["b"], "b": ["c"], "c": []}, {"requested": "a"}, "b c"),
        ({"a": ["b"], "b": ["c"], "c": []}, {"requested": "a c"}, "b"),
        # What nothing needs even now stays.
        ({"a": [], "b": []}, {"requested": "a"}, ""),
        ({"a": ["b"], "b": []}, {}, "b"),
        # So does a ring that nobody outside needs, and not one that somebody does.
        ({"a": [], "b": ["c"], "c": ["b"]}, {"requested": "a"}, ""),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, {"requested": "a"}, "b c"),
        ({"a": ["a"]}, {}, ""),
        # What the build needs on a machine that has its properties may go, on this one or not.
        ({"a": ['b; "acme" in variant_namespaces'], "b": []}, {"requested": "a"}, "b"),
        ({"a": ['b; "other" in variant_namespaces'], "b": []}, {"requested": "a"}, ""),
        ({"a": ['b; sys_platform == "win32"'], "b": []}, {"requested": "a"}, ""),
        # An extra counts if it is recorded; else its packages are nobody's.
        ({"a": ['b; extra == "x"'], "b": []}, {"requested": "a"}, ""),
        ({"a": ['b; extra == "x"'], "b": []}, {"requested": "a", "extras": {"a": "x"}}, "b"),
        # What came from a path or URL is somebody's own.
        ({"a": ["b"], "b": ["c"], "c": []}, {"requested": "a", "own": "b"}, "c"),
        # With names, only what these brought.
        (
            {"a": ["b"], "b": [], "c": ["d"], "d": []},
            {"requested": "a c", "names": "a"},
            "b",
        ),
        (
            {"a": ["b", "d"], "b": [], "c": ["d"], "d": ["a"]},
            {"requested": "a c", "names": "a"},
            "b",
        ),
        ({"a": ["b"], "b": ["c"], "c": []}, {"requested": "a", "names": "b"}, "c"),
        # Lines that cannot be read need nothing.
        ({"a": ["b ==", 'b; variant_label < "x"', "b @ "], "b": []}, {"requested": "a"}, ""),
    ],
)
def test_only_what_others_brought_may_go(
    tmp_path: Path, needs: dict[str, list[str]], more: dict[str, object], removable: str
) -> None:
    found = scope_of(tmp_path, needs, **more)  # type: ignore[arg-type]
    assert " ".join(sorted(found.removable)) == removable
    if "names" in more:
        assert found.roots == found.anew == set(str(more["names"]).split())
    else:
        assert found.roots == needs.keys() - found.removable
    assert not found.roots & found.removable


def test_what_came_from_a_path_or_url_is_never_looked_at_anew(tmp_path: Path) -> None:
    found = scope_of(tmp_path, {"a": [], "b": []}, own="b")
    assert found.anew == {"a"}
    assert found.roots == {"a", "b"}
