"""`uv --preview-features wheel-variants` chooses the same wheel, on random releases."""

import platform
import random
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.tags import Tag, sys_tags
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.command import child_environment
from support.index import write_project
from support.server import serve
from support.strategies import random_world
from support.wheels import WheelSpec, build_wheel
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.reading import read_metadata_object
from whichwheel.spec.wheel_name import WheelName
from whichwheel.target.interpreters.interpreter import inspect_interpreter
from whichwheel.target.target import Target
from whichwheel.target.this_machine import this_machine

UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
CASES = 210
SCHEMA = "https://variants-schema.wheelnext.dev/peps/850/v0.2.0.json"
MACHINE_IS_X86 = platform.machine() in {"x86_64", "AMD64"}
LEVELS = ("v1", "v2", "v3", "v4")

pytestmark = pytest.mark.skipif(UV is None, reason="uv is not installed")


@dataclass(frozen=True)
class Published:
    """One random project: its wheels and its metadata."""

    name: str
    wheels: tuple[Path, ...]
    metadata: dict[str, object]
    variants: dict[str, dict[str, dict[str, list[str]]]]

    def properties(self, label: str | None) -> dict[str, dict[str, list[str]]]:
        """Return what a label stands for."""
        return {} if label is None else self.variants[label]


def _tags() -> list[Tag]:
    """A good, a middling and a poor tag of the running interpreter, and a foreign one."""
    tags = list(sys_tags())
    return [tags[0], tags[len(tags) // 2], tags[-1], Tag("cp27", "none", "any")]


def _publish(root: Path, seed: int) -> Published:
    rng = random.Random(seed)  # noqa: S311 -- random cases, not secrets
    world = random_world(seed)
    name = f"release-{seed}"
    providers: dict[str, dict[str, object]] = {
        namespace: {
            "static-properties": {feature: list(values) for feature, values in features.items()},
            **({"feature-order": list(features)} if len(features) > 1 else {}),
        }
        for namespace, features in world.supported.items()
    }
    variants: dict[str, dict[str, dict[str, list[str]]]] = {
        label: {
            namespace: {feature: sorted(values) for feature, values in features.items()}
            for namespace, features in properties.items()
            if features
        }
        for label, properties in world.metadata.variants.items()
    }
    namespaces = list(world.metadata.namespaces)
    if seed % 2 and MACHINE_IS_X86:
        providers["x86_64"] = {"requires": ["x86_64-variant-provider"]}
        namespaces.insert(rng.randint(0, len(namespaces)), "x86_64")
        for label, properties in variants.items():
            if label != "null" and rng.random() < 0.5:
                properties["x86_64"] = {
                    "level": sorted(rng.sample(LEVELS, rng.randint(1, len(LEVELS))))
                }
    whole: dict[str, object] = {
        "$schema": SCHEMA,
        "default-priorities": {"namespace": namespaces},
        "providers": providers,
        "variants": variants,
    }
    module = name.replace("-", "_")
    chosen: list[tuple[str | None, Tag]] = [(label, rng.choice(_tags()[:3])) for label in variants]
    chosen += [(label, rng.choice(_tags())) for label in variants if rng.random() < 0.5]
    chosen += [(None, _tags()[-2])]  # so that uv, too, finds something that fits
    wheels = {}
    for picked, tag in chosen:
        build = rng.choice(("", "", "1", "2"))
        spec = WheelSpec(name, label=picked, tag=str(tag), build=build)
        filename = spec.filename
        wheels[filename] = build_wheel(
            root / "files",
            WheelSpec(
                name,
                label=picked,
                tag=str(tag),
                build=build,
                metadata={**whole, "variants": {picked: variants[picked]}} if picked else None,
                files={f"{module}/__init__.py": f"filename = {filename!r}\n"},
            ),
        )
    paths = tuple(wheels.values())
    write_project(root, name, paths, variants={"1.0": whole}, hashes=False)
    return Published(name, paths, whole, variants)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Published]]:
    root = tmp_path_factory.mktemp("index")
    return root, [_publish(root, seed) for seed in range(CASES)]


def _ours(project: Published, target: Target) -> str | None:
    wheels = tuple(
        Wheel(File(path.name, path.as_uri()), WheelName.parse(path.name)) for path in project.wheels
    )
    release = Release(canonicalize_name(project.name), Version("1.0"), "the index", wheels)
    data = VariantData(read_metadata_object(project.metadata, where="x"), "index")
    chosen = choose(release, data, target, Preferences()).chosen
    return None if chosen is None else chosen.file.filename


def test_uv_chooses_the_same_wheel(projects: tuple[Path, list[Published]], tmp_path: Path) -> None:
    root, published = projects
    folder = tmp_path / "installed"
    with serve(root) as server:
        command = [
            *(UV or "uv", "--preview-features", "wheel-variants", "pip", "install", "--no-deps"),
            *("--index-url", f"{server.url}simple", "--target", str(folder)),
            *("--python", sys.executable, *(project.name for project in published)),
        ]
        done = subprocess.run(
            command,
            env=child_environment(tmp_path, {"UV_NO_CONFIG": "1"}),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    target = this_machine(inspect_interpreter(Path(sys.executable)))
    theirs, ours = {}, {}
    for project in published:
        module = folder / project.name.replace("-", "_") / "__init__.py"
        theirs[project.name] = runpy.run_path(str(module))["filename"]
        ours[project.name] = _ours(project, target)
    assert ours == theirs
    # Neither side took the easy way out: most chose by properties, some by the CPU's level.
    labels = {name: WheelName.parse(str(filename)).label for name, filename in theirs.items()}
    assert sum(label not in {None, "null"} for label in labels.values()) > CASES // 2
    if MACHINE_IS_X86:
        by_level = [
            project for project in published if "x86_64" in project.properties(labels[project.name])
        ]
        assert len(by_level) > CASES // 20
