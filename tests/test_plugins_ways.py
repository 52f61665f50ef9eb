from pathlib import Path

from packaging.utils import canonicalize_name

from support.plugins import digest
from whichwheel.plugins.trust import PinnedWheel, Trust, TrustedExecutable, TrustedPackage
from whichwheel.plugins.ways import Way, WayKind, WayState, is_built_in, list_ways
from whichwheel.report.providers_text import way_document, ways_lines
from whichwheel.target.providers.catalogue import CATALOGUE
from whichwheel.target.rules.shipped_rules import shipped_provider
from whichwheel.target.settings import ProviderSettings


def package(name: str, *namespaces: str) -> TrustedPackage:
    normal = canonicalize_name(name)
    filename = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    wheel = PinnedWheel(normal, "1.0", filename, f"file:///w/{filename}", "0" * 64)
    return TrustedPackage(normal, "", (wheel,), "/w", "2026-11-01", (), None, namespaces)


def trust(*packages: TrustedPackage, executables: tuple[TrustedExecutable, ...] = ()) -> Trust:
    return Trust({each.name: each for each in packages}, {each.path: each for each in executables})


def states(ways: tuple[Way, ...], kind: WayKind) -> dict[tuple[str, ...], WayState]:
    return {way.namespaces: way.state for way in ways if way.kind is kind}


def test_everything_built_in_is_listed_and_says_how_to_turn_it_off() -> None:
    ways = list_ways(ProviderSettings(), Trust(), {})
    assert [way.namespaces for way in ways] == [(name,) for name in CATALOGUE]
    assert {way.state for way in ways} == {WayState.ON}
    assert ways[0].change == f"`--unset {ways[0].namespaces[0]}`"


def test_what_comes_first_leaves_the_rest_unused() -> None:
    settings = ProviderSettings(
        properties={"nvidia": {"sm_arch": ("90_real",)}},
        disabled=frozenset({"x86_64", "elsewhere"}),
        enabled=frozenset({"mood"}),
        rules={"mpi": shipped_provider("mpi")},
    )
    ways = list_ways(settings, Trust(), {})
    built_in = states(ways, WayKind.BUILT_IN)
    assert built_in["nvidia",] is WayState.UNUSED
    assert built_in["mpi",] is WayState.UNUSED
    assert built_in["x86_64",] is WayState.OFF
    assert built_in["aarch64",] is WayState.ON
    assert states(ways, WayKind.GIVEN) == {("nvidia",): WayState.ON}
    assert states(ways, WayKind.RULE) == {("mpi",): WayState.ON}
    assert states(ways, WayKind.OPTIONAL) == {
        ("elsewhere",): WayState.OFF,
        ("mood",): WayState.ON,
    }
    off = next(way for way in ways if way.namespaces == ("x86_64",))
    assert off.change == "`--enable x86_64`"


def test_trusted_packages_say_whether_they_are_asked() -> None:
    assert is_built_in("provider-variant-x86-64")
    trusted = trust(
        package("provider-variant-x86-64", "x86_64"),
        package("taste-provider", "taste"),
        package("mood-provider"),
    )
    settings = ProviderSettings(disabled=frozenset({"taste"}))
    installed = [trusted.packages[canonicalize_name("mood-provider")].wheels]
    ways = list_ways(settings, trusted, {}, installed)
    assert states(ways, WayKind.PACKAGE) == {
        ("x86_64",): WayState.UNUSED,
        ("taste",): WayState.OFF,
        (): WayState.TRUSTED,
    }
    found = {way.name: way.details["installed"] for way in ways if way.kind is WayKind.PACKAGE}
    assert found == {
        "provider-variant-x86-64 1.0": False,
        "taste-provider 1.0": False,
        "mood-provider 1.0": True,
    }


def test_executables_say_whether_they_are_what_was_trusted(tmp_path: Path) -> None:
    same, changed, gone, new = (
        tmp_path / f"whichwheel-provider-{name}" for name in ("same", "changed", "gone", "new-one")
    )
    for path in (same, changed, new):
        path.write_text(path.name)
    executables = tuple(
        TrustedExecutable(path.name.rpartition("-")[2], path, sha256, (path.name[20:],), "2026")
        for path, sha256 in ((same, digest(same)), (changed, "0" * 64), (gone, "0" * 64))
    )
    found = {"same": same, "new-one": new}
    ways = list_ways(ProviderSettings(), trust(executables=executables), found)
    assert states(ways, WayKind.EXECUTABLE) == {
        ("same",): WayState.TRUSTED,
        ("changed",): WayState.CHANGED,
        ("gone",): WayState.GONE,
        ("new_one",): WayState.NOT_TRUSTED,
    }
    assert ways[-1].change == "`whichwheel providers trust whichwheel-provider-new-one`"


def test_the_list_as_text_and_as_json(tmp_path: Path) -> None:
    ways = list_ways(ProviderSettings(), trust(package("taste-provider")), {"x": tmp_path / "x"})
    text = "\n".join(ways_lines(ways, width=120))
    assert "as metadata says  trusted" in text
    assert "0" * 64 not in text
    assert "0" * 64 in "\n".join(ways_lines(ways, width=120, verbose=True))
    document = way_document(ways[-2])
    assert document["change"] == "whichwheel providers untrust taste-provider"
    assert document["state"] == "trusted"
