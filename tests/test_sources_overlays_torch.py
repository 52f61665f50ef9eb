"""The shipped overlay of PyTorch, against a loopback copy of the layout of its page."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from packaging.utils import canonicalize_name

from support.server import Server, serve
from whichwheel.resolve.explaining import explain_choice
from whichwheel.resolve.options import ResolveOptions
from whichwheel.resolve.requested import parse_requested
from whichwheel.sources.collection import open_sources
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.overlays.active import ActiveOverlays
from whichwheel.sources.overlays.overlaid import OverlaidSources
from whichwheel.sources.overlays.overlay_reading import read_overlay, shipped_overlays
from whichwheel.target.described.configuration import Configuration
from whichwheel.target.described.named import find_target
from whichwheel.target.target import Target

LINUX = ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64")
WINDOWS = "win_amd64"
#: What PyTorch's page says that there is of each release, and for which platforms.
RELEASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "2.6.0": {
        "cu118": ("manylinux1_x86_64", WINDOWS),
        "cu124": ("manylinux1_x86_64", WINDOWS),
        "cu126": (*LINUX, WINDOWS),
        "cpu": (*LINUX, WINDOWS),
    },
    "2.9.1": {
        **dict.fromkeys(("cu126", "cu128", "cu130", "cpu"), (*LINUX, WINDOWS)),
        "rocm6.4": LINUX[:1],
        "xpu": (LINUX[0], WINDOWS),
    },
    "2.15.0": dict.fromkeys(("cu130", "cu132", "cpu"), (*LINUX, WINDOWS)),
}
PLAIN = (*LINUX, WINDOWS, "macosx_11_0_arm64")
PYTHONS = ("cp310", "cp312", "cp313")


def page(folder: Path, names: list[str], base: str) -> None:
    """Write the page of one project."""
    folder.mkdir(parents=True)
    links = (f'<a href="{base}{quote(name)}#sha256={"0" * 64}">{name}</a><br/>' for name in names)
    (folder / "index.html").write_text("<!DOCTYPE html>\n<html><body>" + "\n".join(links))


def wheels(version: str, platforms: tuple[str, ...]) -> list[str]:
    return [f"torch-{version}-{py}-{py}-{each}.whl" for py in PYTHONS for each in platforms]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("pages")
    plain = [name for version in RELEASES for name in wheels(version, PLAIN)]
    page(folder / "simple" / "torch", plain, "/files/")
    for backend in {backend for there in RELEASES.values() for backend in there}:
        names = [
            name
            for version, there in RELEASES.items()
            for name in wheels(f"{version}+{backend}", there.get(backend, ()))
        ]
        page(folder / "whl" / backend / "torch", names, f"/whl/{backend}/")
    with serve(folder) as running:
        yield running


@pytest.fixture(scope="module")
def sources(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OverlaidSources]:
    folder = tmp_path_factory.mktemp("overlaid")
    text = shipped_overlays()[canonicalize_name("torch")].where.read_text()
    elsewhere = re.sub(r'(?<=index = ")https://[^/]+/', server.url, text)
    assert elsewhere.count(server.url) == text.count("index = ")
    path = folder / "torch.toml"
    path.write_text(elsewhere)
    below = open_sources(
        IndexSettings(index_urls=(f"{server.url}simple/",)), cache_directory=folder / "cache"
    )
    with OverlaidSources(
        below, ActiveOverlays([read_overlay(path)]), cache_directory=folder / "cache"
    ) as opened:
        yield opened


def machine(tmp_path: Path, driver: str, capability: str) -> Target:
    path = tmp_path / "machine.toml"
    path.write_text(
        'extends = "x86-64-v1"\nname = "it"\n[facts.nvidia]\n'
        f'driver_cuda_version = "{driver}"\ncompute_capabilities = ["{capability}"]\n'
    )
    return find_target(str(path), Configuration())


def label(sources: OverlaidSources, target: Target, requirement: str) -> str | None:
    choice = explain_choice(
        parse_requested(requirement), target=target, sources=sources, options=ResolveOptions()
    )
    assert choice.chosen is not None
    return choice.chosen.name.label


@pytest.mark.parametrize(
    ("profile", "requirement", "expected"),
    [
        ("aws-p5", "torch", "cu132"),
        ("aws-p5", "torch==2.9.1", "cu130"),
        ("aws-p5", "torch==2.6.0", "cu126"),
        # Its driver is for CUDA 13.0: 13.2 would run on it too, and is not preferred.
        ("gcp-a3", "torch", "cu130"),
        ("aws-g4dn", "torch==2.9.1", "cu130"),
        ("rtx-4090", "torch==2.9.1", "cu130"),
        ("rtx-5090", "torch==2.9.1", "cu130"),
        # Nothing of 2.6 has code for Blackwell.
        ("rtx-5090", "torch==2.6.0", "null"),
        ("azure-nd-mi300x-v5", "torch==2.9.1", "rocm6.4"),
        ("aws-c7i", "torch", "null"),
        ("aws-c7g", "torch", "null"),
        ("github-windows-2025", "torch", "null"),
        # Machine code of others does not run on a Tegra.
        ("jetson-orin", "torch==2.9.1", "null"),
        ("apple-m4", "torch", None),
    ],
)
def test_machines_get_what_the_page_says(
    sources: OverlaidSources, profile: str, requirement: str, expected: str | None
) -> None:
    target = find_target(profile, Configuration())
    assert label(sources, target, requirement) == expected


@pytest.mark.parametrize(
    ("has", "requirement", "expected"),
    [
        (("12.8", "8.0"), "torch==2.9.1", "cu128"),
        (("12.6", "8.0"), "torch==2.9.1", "cu126"),
        # Any driver of CUDA 12 serves what was built with any CUDA 12.
        (("12.2", "8.0"), "torch==2.9.1", "cu126"),
        (("11.8", "8.0"), "torch==2.9.1", "null"),
        (("11.8", "8.0"), "torch==2.6.0", "cu118"),
        # CUDA 13 has no code for Volta, and 12.8 none for Pascal.
        (("13.0", "7.0"), "torch==2.9.1", "cu128"),
        (("13.0", "6.1"), "torch==2.9.1", "cu126"),
        (("13.0", "7.0"), "torch==2.15.0", "null"),
    ],
)
def test_drivers_and_gpus_bind(
    sources: OverlaidSources,
    tmp_path: Path,
    has: tuple[str, str],
    requirement: str,
    expected: str,
) -> None:
    assert label(sources, machine(tmp_path, *has), requirement) == expected


def test_local_versions_are_no_versions_of_their_own(sources: OverlaidSources) -> None:
    project = sources.project(canonicalize_name("torch"))
    assert project is not None
    assert [str(version) for version in project.releases] == ["2.15.0", "2.9.1", "2.6.0"]
