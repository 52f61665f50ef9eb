"""`uv --preview-features wheel-variants` supports the same NVIDIA properties, in the same order.

What uv supports is seen from what it chooses: for each value a project with one variant that
has it, beside a `null` variant; for each two neighbours in the published order a project with
both. The differences are listed, and explained in the provider's reference page.
"""

import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from support.command import child_environment
from support.index import write_project
from support.server import serve
from support.wheels import WheelSpec, build_wheel
from whichwheel.target.facts import Facts
from whichwheel.target.providers import nvidia

UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
SCHEMA = "https://variants-schema.wheelnext.dev/peps/850/v0.2.0.json"
LOWER, UPPER, ARCH = "cuda_version_lower_bound", "cuda_version_upper_bound", "sm_arch"
NULL = "null"

pytestmark = pytest.mark.skipif(UV is None, reason="uv is not installed")


# Around every end of every range, in the published order.
VERSIONS = (
    *("20.0", "19.20", "19", "16.0", "16", "15.20", "15.0", "15", "14.9", "13.1", "13.0", "13"),
    *("12.7", "12.6", "12.5", "12.0", "12", "11.20", "11.9", "11.8", "11.7", "11.0", "11"),
    *("10.2", "10"),
)
ARCHITECTURES = (
    *(f"{number}_real" for number in (121, 120, 103, 100, 90, 89, 87, 86, 80, 75, 50, 37)),
    *(f"{number}_virtual" for number in (120, 110, 100, 90, 87, 86, 80, 70, 50, 37)),
    *("120a_real", "120f_real", "120f_virtual", "90a_real", "90a_virtual"),
)
VALUES: Mapping[str, Sequence[str]] = {
    LOWER: VERSIONS,
    UPPER: VERSIONS,
    ARCH: ARCHITECTURES,
}


def _publish(root: Path, name: str, feature: str, variants: Mapping[str, str]) -> str:
    """Publish a project with a variant for each value, and `null`; return its name."""
    whole: dict[str, object] = {
        "$schema": SCHEMA,
        "default-priorities": {"namespace": ["nvidia"]},
        "providers": {
            "nvidia": {
                "requires": ["nvidia-variant-provider"],
                # Without it uv takes the provider for one that it does not know.
                "plugin-api": "nvidia_variant_provider.plugin:NvidiaVariantPlugin",
            }
        },
    }
    listed = {label: {"nvidia": {feature: [value]}} for label, value in variants.items()}
    every = {**listed, NULL: {}}
    module = name.replace("-", "_")
    wheels = [
        build_wheel(
            root / "files",
            WheelSpec(
                name,
                label=label,
                tag="py3-none-any",
                metadata={**whole, "variants": {label: properties}},
                files={f"{module}/__init__.py": f"value = {variants.get(label)!r}\n"},
            ),
        )
        for label, properties in every.items()
    ]
    document = {**whole, "variants": every}
    write_project(root, name, wheels, variants={"1.0": document}, hashes=False)
    return name


class Projects:
    """The projects, by what they ask."""

    def __init__(self, root: Path) -> None:
        self.single: dict[str, tuple[str, str]] = {}
        self.pairs: dict[str, tuple[str, str, str]] = {}
        self.root = root
        for feature, values in VALUES.items():
            short = feature.replace("_", "-")
            for number, value in enumerate(values):
                name = _publish(root, f"{short}-one-{number}", feature, {"x": value})
                self.single[name] = (feature, value)
            for number, (first, second) in enumerate(pairwise(values)):
                both = {"x": first, "y": second}
                name = _publish(root, f"{short}-two-{number}", feature, both)
                self.pairs[name] = (feature, first, second)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Projects, str]]:
    found = Projects(tmp_path_factory.mktemp("index"))
    with serve(found.root) as server:
        yield found, f"{server.url}simple"


def _chosen(
    url: str, names: Sequence[str], home: Path, forced: Mapping[str, str]
) -> dict[str, str]:
    folder = home / "installed"
    command = [
        *(UV or "uv", "--preview-features", "wheel-variants", "pip", "install", "--no-deps"),
        *("--index-url", url, "--target", str(folder), "--python", sys.executable, *names),
    ]
    done = subprocess.run(
        command,
        env=child_environment(home, {"UV_NO_CONFIG": "1", **forced}),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = {}
    for name in names:
        module = folder / name.replace("-", "_") / "__init__.py"
        value = runpy.run_path(str(module))["value"]
        if value is not None:
            found[name] = str(value)
    return found


def _is_not_published(feature: str, value: str) -> bool:
    """Whether a value is supported here and not by the published provider, which uv follows."""
    if feature == UPPER:
        return int(value.partition(".")[0]) > 15  # the newest that it has heard of
    if feature != ARCH:
        return False
    number, _, kind = value.partition("_")
    # It knows intermediate code only of the first minor of the GPU's own major, and no suffix.
    return number[-1] in "af" or kind == "virtual"


@pytest.mark.parametrize(
    ("driver", "capability", "tegra"),
    [
        ("11.8", "8.6", ()),
        ("12.6", "9.0", ()),
        ("13.0", "12.0", ()),
        ("16.0", "13.1", ()),
        # The machine code of a Tegra runs on no other GPU, and the other way round.
        ("12.6", "8.7", ("86_real", "80_real")),
        ("12.6", "8.9", ("87_real",)),
    ],
)
def test_uv_supports_the_same_properties_but_for_the_differences_that_are_explained(
    projects: tuple[Projects, str],
    tmp_path: Path,
    driver: str,
    capability: str,
    tegra: tuple[str, ...],
) -> None:
    published, url = projects
    forced = {
        "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": driver,
        "NV_VARIANT_PROVIDER_FORCE_SM_ARCH": capability,
    }
    ours = nvidia.properties(Facts(nvidia.overrides(forced)))
    chosen = _chosen(url, [*published.single, *published.pairs], tmp_path, forced)
    theirs = {asked for name, asked in published.single.items() if name in chosen}
    mine = {asked for asked in published.single.values() if asked[1] in ours[asked[0]]}
    assert theirs - mine == {(ARCH, value) for value in tegra}
    own = (ARCH, f"{capability.partition('.')[0]}0_virtual")
    assert mine - theirs == {asked for asked in mine if _is_not_published(*asked)} - {own}
    assert len(theirs & mine) > 15
    for name, (feature, first, second) in published.pairs.items():
        if {(feature, first), (feature, second)} <= theirs & mine:
            assert chosen[name] == min(first, second, key=ours[feature].index)
