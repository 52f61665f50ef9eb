"""`whichwheel dispatch`, and what unmodified pip and uv make of its work."""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.command import Completed
from support.dispatching import CUDA, NO_CUDA, Kitchen, call_hook, unpacked
from support.environments import new_environment
from support.index import write_project
from support.server import Behaviour, serve
from support.wheels import WheelSpec, build_wheel

Install = Callable[..., Completed]


@pytest.fixture
def kitchen(tmp_path: Path) -> Iterator[Kitchen]:
    """Two servers, and nothing on them yet."""
    for name in ("host", "registry"):
        (tmp_path / name).mkdir()
    with serve(tmp_path / "host") as host, serve(tmp_path / "registry") as registry:
        yield Kitchen(tmp_path, host, registry)


@pytest.fixture
def soup(kitchen: Kitchen) -> Kitchen:
    """The registry has the dispatch package of a release, and no wheel of it."""
    kitchen.cook()
    kitchen.upload(kitchen.dispatch())
    return kitchen


@pytest.mark.parametrize("tool", ["pip", "uv"])
@pytest.mark.parametrize(("facts", "label"), [(CUDA, "cuda12"), (NO_CUDA, "null")])
def test_an_installer_gets_the_build_of_the_machine(
    kitchen: Kitchen, tool: str, facts: Mapping[str, str], label: str
) -> None:
    kitchen.cook(requires=['spoon; "nvidia" in variant_namespaces', "bowl>=1"])
    kitchen.upload(
        kitchen.dispatch(),
        *(build_wheel(kitchen.folder / "more", WheelSpec(name)) for name in ("spoon", "bowl")),
    )
    install: Install = getattr(kitchen, tool)
    done = install("install", "-v", "soup", env=facts)
    assert done.code == 0, done.stdout + done.stderr
    assert kitchen.installed() == label
    assert f"`soup-1.0-py3-none-any-{label}.whl` is handed over" in done.stdout + done.stderr
    # Only the requirements of that build hold, and the metadata is of use to any tool.
    assert kitchen.installed("bowl") == "None"
    assert kitchen.installed("spoon") == ("None" if label == "cuda12" else "absent")
    assert kitchen.pip("check").code == 0
    folder = kitchen.environment.interpreter.paths["purelib"] / "soup-1.0.dist-info"
    assert "variant_" not in (folder / "METADATA").read_text("utf-8")
    # What it was built for stays known.
    assert (folder / "variant.json").is_file()


def test_this_very_machine_is_looked_at(soup: Kitchen) -> None:
    done = soup.pip("install", "-v", "soup")
    assert done.code == 0, done.stdout + done.stderr
    explained: Any = soup.run(
        *("explain", "soup", "--no-index", "--find-links", soup.wheels, "--json")
    ).document
    assert soup.installed() == explained["packages"][0]["chosen"]["label"]
    assert "(detected)" in done.stdout or soup.installed() == "null"


def test_metadata_is_told_without_fetching_a_wheel(soup: Kitchen) -> None:
    done = soup.pip("install", "--dry-run", "soup", env=CUDA)
    assert done.code == 0, done.stderr
    assert "Would install soup-1.0" in done.stdout
    assert soup.host.paths() == []


def test_the_pip_that_came_with_python(soup: Kitchen, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "own"], check=True)
    python = str(tmp_path / "own" / soup.environment.interpreter.executable.parent.name / "python")
    done = soup.pip("install", "soup", env=CUDA, program=[python, "-m", "pip"])
    assert done.code == 0, done.stdout + done.stderr
    shown = subprocess.run(
        [python, "-c", "import soup; print(soup.label)"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "cuda12\n"


@pytest.mark.network
@pytest.mark.parametrize("version", ["22.3.1", "23.3.2", "24.3.1", "25.3"])
def test_the_pips_of_the_last_years(soup: Kitchen, version: str) -> None:
    if version == "22.3.1" and sys.version_info >= (3, 12):
        pytest.skip("that pip runs on no Python as new as this")
    folder = soup.folder / "old"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--target", folder, f"pip=={version}"],
        check=True,
    )
    environment = new_environment(soup.folder, "target")
    python = str(environment.interpreter.executable)
    program = [python, str(folder / "pip")]
    done = soup.pip("install", "soup", env=CUDA, program=program)
    assert done.code == 0, done.stdout + done.stderr
    assert soup.pip("check", program=program).code == 0
    found = environment.interpreter.paths["purelib"] / "soup" / "__init__.py"
    assert "label = 'cuda12'" in found.read_text("utf-8")


@pytest.mark.network
@pytest.mark.parametrize("version", ["0.2.37", "0.5.31", "0.8.24"])
def test_the_uvs_of_the_last_years(soup: Kitchen, version: str) -> None:
    folder = soup.folder / "old"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--target", folder, f"uv=={version}"],
        check=True,
    )
    done = soup.uv("install", "soup", env=CUDA, program=str(folder / "bin" / "uv"))
    assert done.code == 0, done.stdout + done.stderr
    assert soup.installed() == "cuda12"


@pytest.mark.parametrize(
    "arguments", [("--no-binary", ":all:"), ("--no-build-isolation",), ("--no-binary", "soup")]
)
def test_ways_to_build_change_nothing(soup: Kitchen, arguments: tuple[str, ...]) -> None:
    done = soup.pip("install", *arguments, "soup", env=CUDA)
    assert done.code == 0, done.stdout + done.stderr
    assert soup.installed() == "cuda12"


def test_an_older_whichwheel_in_the_environment_is_not_asked(soup: Kitchen) -> None:
    for name in ("whichwheel", "packaging"):
        package = soup.environment.interpreter.paths["purelib"] / name
        package.mkdir()
        (package / "__init__.py").write_text("raise RuntimeError('the wrong one')\n", "utf-8")
    done = soup.pip("install", "--no-build-isolation", "soup", env=CUDA)
    assert done.code == 0, done.stdout + done.stderr
    assert soup.installed() == "cuda12"


def test_pip_wheel_and_pip_download(soup: Kitchen) -> None:
    built, loaded = soup.folder / "built", soup.folder / "loaded"
    done = soup.pip("wheel", "-w", built, "soup", env=CUDA)
    assert done.code == 0, done.stderr
    (wheel,) = built.iterdir()
    original = soup.wheels / "soup-1.0-py3-none-any-cuda12.whl"
    assert wheel.name == "soup-1.0-py3-none-any.whl"
    # Nothing in it had to be changed, so nothing was.
    assert wheel.read_bytes() == original.read_bytes()
    done = soup.pip("download", "-d", loaded, "soup", env=CUDA)
    assert done.code == 0, done.stderr
    assert [path.name for path in loaded.iterdir()] == ["soup-1.0.tar.gz"]
    assert soup.host.paths() == [original.name]


def test_offline_from_a_wheelhouse(soup: Kitchen) -> None:
    house = soup.folder / "house"
    house.mkdir()
    for path in (*soup.wheels.iterdir(), soup.folder / "soup-1.0.tar.gz"):
        (house / path.name).write_bytes(path.read_bytes())
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(house), **CUDA}
    done = soup.pip("install", "-v", "soup", env=offline)
    assert done.code == 0, done.stdout + done.stderr
    assert f"found in the wheelhouse `{house}`" in done.stdout + done.stderr
    assert soup.installed() == "cuda12"
    given = {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(house), "UV_NO_INDEX": "1", **NO_CUDA}
    done = soup.uv("install", "--reinstall", "soup", env=given)
    assert done.code == 0, done.stdout + done.stderr
    assert soup.installed() == "null"
    assert soup.host.paths() == soup.registry.paths() == []


def test_offline_without_the_wheel_nothing_is_fetched(soup: Kitchen) -> None:
    done = soup.pip(
        *("install", soup.folder / "soup-1.0.tar.gz"), env={"PIP_NO_INDEX": "1", **CUDA}
    )
    assert done.code == 1
    assert "is in no wheelhouse, and nothing is fetched (pip's setting `no-index`)" in (
        done.stdout + done.stderr
    )
    assert soup.host.paths() == []


def test_wheels_may_come_along(kitchen: Kitchen) -> None:
    kitchen.cook()
    done = kitchen.run("dispatch", kitchen.wheels, "--include-wheels")
    assert done.code == 0, done.stderr
    sdist = kitchen.folder / "soup-1.0.tar.gz"
    done = kitchen.pip("install", sdist, env={"PIP_NO_INDEX": "1", **CUDA})
    assert done.code == 0, done.stdout + done.stderr
    assert kitchen.installed() == "cuda12"
    root = unpacked(sdist, kitchen.folder / "open")
    (root / "wheels" / "soup-1.0-py3-none-any-null.whl").write_bytes(b"something else")
    done = call_hook(root, "build_wheel", str(kitchen.folder))
    assert "has the wrong sha256 hash" in done.stderr


def test_a_variant_is_picked_by_hand(soup: Kitchen) -> None:
    done = soup.pip("install", "--config-settings", "variant=null", "soup", env=CUDA)
    assert done.code == 0, done.stderr
    assert soup.installed() == "null"
    environ = {**CUDA, "WHICHWHEEL_VARIANT": "soup=null other=cuda12"}
    done = soup.uv("install", "--reinstall", "soup", env=environ)
    assert done.code == 0, done.stderr
    assert soup.installed() == "null"
    given = ("-C", "set=nvidia :: cuda_version_lower_bound :: 12.1, 12.0", "-C", "log=1")
    done = soup.uv("install", "-v", "--reinstall", *given, "soup")
    assert done.code == 0, done.stderr
    assert soup.installed() == "cuda12"
    assert "soup-1.0-py3-none-any-null.whl: outranked by" in done.stderr


def failure(done: Completed) -> str:
    """Return what an installer shows of a build that failed with one message."""
    output = done.stdout + done.stderr
    assert done.code != 0, output
    # The frontend may add its own; ours adds none.
    assert "whichwheel/publish" not in output, output
    return output


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_where_nothing_fits_it_is_said_why(kitchen: Kitchen, tool: str) -> None:
    kitchen.cook(null=False)
    kitchen.upload(kitchen.dispatch())
    install: Install = getattr(kitchen, tool)
    output = failure(install("install", "soup", env=NO_CUDA))
    assert "error: no wheel of `soup` 1.0 fits this machine:" in output
    assert "the provider of `nvidia` was turned off" in output
    assert kitchen.host.paths() == []
    output = failure(install("install", "--config-settings", "variant=cuda13", "soup"))
    assert "`soup` 1.0 has no variant `cuda13`; it has `cuda12`" in output


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(status=404), "answered with HTTP status 404"),
        (Behaviour(body=b"another wheel altogether"), "it broke off after 24 of"),
        (Behaviour(body=b"x" * 9_000_000), "is longer than the"),
    ],
)
def test_a_host_without_the_wheel(soup: Kitchen, behaviour: Behaviour, said: str) -> None:
    soup.host.set("soup-1.0-py3-none-any-cuda12.whl", behaviour)
    assert said in failure(soup.pip("install", "soup", env=CUDA))
    assert soup.installed() == "absent"


def test_a_changed_wheel_of_the_same_size_is_refused(soup: Kitchen) -> None:
    path = soup.wheels / "soup-1.0-py3-none-any-cuda12.whl"
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    output = failure(soup.pip("install", "soup", env=CUDA))
    assert "has the wrong sha256 hash: expected `" in output
    assert soup.installed() == "absent"


def test_a_host_that_is_away(kitchen: Kitchen) -> None:
    kitchen.cook()
    with serve(kitchen.wheels) as other:
        gone = other.url
    done = kitchen.run("dispatch", kitchen.wheels, "--base-url", gone)
    assert done.code == 0, done.stderr
    output = failure(kitchen.pip("install", kitchen.folder / "soup-1.0.tar.gz", env=CUDA))
    assert f"cannot fetch `{gone}soup-1.0-py3-none-any-cuda12.whl`: connection refused" in output
    assert "hint: see that `127.0.0.1` can be reached" in output


def test_a_transfer_that_breaks_off_is_taken_up(soup: Kitchen) -> None:
    name = "soup-1.0-py3-none-any-cuda12.whl"
    soup.host.set(name, Behaviour(cut_after=700, failures=1))
    done = soup.pip("install", "soup", env={**CUDA, "PIP_RETRIES": "4"})
    assert done.code == 0, done.stdout + done.stderr
    ranges = [request.headers.get("range") for request in soup.host.requests]
    assert ranges == [None, None, "bytes=700-"]
    assert soup.installed() == "cuda12"


def tampered(root: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = root / "dispatch.json"
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def test_a_tampered_list_is_refused(soup: Kitchen) -> None:
    sdist = soup.folder / "soup-1.0.tar.gz"

    def hash_of_another(document: dict[str, Any]) -> None:
        for wheel in document["wheels"]:
            wheel["sha256"] = "0" * 64

    def another_label(document: dict[str, Any]) -> None:
        document["variants"]["variants"] = {"null": {}, "cuda12": {"nvidia": {"sm_arch": ["90"]}}}

    def other_metadata(document: dict[str, Any]) -> None:
        (key,) = document["metadata"]
        document["metadata"][key] += "Requires-Dist: evil\n"

    def out_of_its_folder(document: dict[str, Any]) -> None:
        document["wheels"][0]["filename"] = "soup-1.0-py3-none-any/../../x.whl"

    def at(url: str) -> Callable[[dict[str, Any]], object]:
        return lambda document: document["wheels"][1].update(url=url)

    for place, (change, said) in enumerate(
        [
            (hash_of_another, "has the wrong sha256 hash"),
            (other_metadata, "its `METADATA` is not the one in `dispatch.json`"),
            (another_label, "gives `cuda12` other properties than `dispatch.json` does"),
            (out_of_its_folder, "`dispatch.json` is damaged: $.wheels[0].filename: "),
            (at("ftp://host.example/soup"), "is no `http`, `https` or `file` address"),
            (at("file:///dev/zero"), "cannot read `/dev/zero`: there is no such file"),
            (at("file:///tmp/%00"), "there is no such file"),
            (lambda document: document.update(format="x"), "found `x`, expected `whichwheel-"),
            (lambda document: document.pop("wheels"), "$.wheels: expected a list of wheels"),
        ]
    ):
        root = unpacked(sdist, soup.folder / str(place))
        tampered(root, change)
        made = soup.folder / f"made{place}"
        made.mkdir()
        facts = {**CUDA, "WHICHWHEEL_UNSET": ""} if change is another_label else None
        if change is another_label:
            facts = {**(facts or {}), "WHICHWHEEL_SET": "nvidia :: sm_arch :: 90"}
        done = call_hook(root, "build_wheel", str(made), env=facts)
        assert done.code == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert list(made.iterdir()) == []


def test_a_damaged_list_is_told_in_one_message(soup: Kitchen) -> None:
    root = unpacked(soup.folder / "soup-1.0.tar.gz", soup.folder / "open")
    (root / "dispatch.json").write_bytes(b'{"format": ')
    done = call_hook(root, "prepare_metadata_for_build_wheel", str(soup.folder))
    assert done.code == 1
    assert done.stderr.startswith("error: `dispatch.json` is damaged: $: it is not ")
    (root / "dispatch.json").unlink()
    done = call_hook(root, "build_wheel", str(soup.folder))
    assert done.stderr.endswith("dispatch.json`: no such file or directory\n")


def test_it_needs_nothing_but_python(soup: Kitchen) -> None:
    root = unpacked(soup.folder / "soup-1.0.tar.gz", soup.folder / "open")
    metadata, made = soup.folder / "metadata", soup.folder / "made"
    made.mkdir()
    done = call_hook(root, "prepare_metadata_for_build_wheel", str(metadata), env=CUDA)
    assert done.stdout.endswith("answer: soup-1.0.dist-info\n"), done.stderr
    # Facts that change meanwhile do not make the wheel another than the metadata said.
    done = call_hook(root, "build_wheel", str(made), {}, str(metadata / "soup-1.0.dist-info"))
    assert done.stdout.endswith("answer: soup-1.0-py3-none-any.whl\n"), done.stderr
    assert [path.name for path in made.iterdir()] == ["soup-1.0-py3-none-any.whl"]
    # All that came along can be loaded by itself.
    vendored = root / "_dispatch" / "vendored"
    modules = [
        ".".join(path.relative_to(vendored).with_suffix("").parts).removesuffix(".__init__")
        for path in vendored.rglob("*.py")
    ]
    assert len(modules) > 60
    code = f"import sys; sys.path.insert(0, {str(vendored)!r})\n"
    code += "".join(f"import {name}\n" for name in sorted(modules))
    code += "print(sorted({n.partition('.')[0] for n in sys.modules} - sys.stdlib_module_names))"
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert loaded.stdout == "['__main__', 'packaging', 'whichwheel']\n", loaded.stderr


def test_the_same_wheels_give_the_same_bytes(soup: Kitchen) -> None:
    sdist = soup.folder / "soup-1.0.tar.gz"
    first = hashlib.sha256(sdist.read_bytes()).hexdigest()
    assert soup.run("dispatch", soup.wheels, "--base-url", soup.host.url).code == 1
    soup.dispatch("--force")
    assert hashlib.sha256(sdist.read_bytes()).hexdigest() == first
    # It makes itself anew, though it was used meanwhile.
    root = unpacked(sdist, soup.folder / "open")
    again = soup.folder / "again"
    assert call_hook(root, "build_wheel", str(soup.folder)).code == 0
    (root / "litter.txt").write_text("of an editor", "utf-8")
    done = call_hook(root, "build_sdist", str(again))
    assert done.code == 0, done.stderr
    assert hashlib.sha256((again / sdist.name).read_bytes()).hexdigest() == first
    assert sdist.stat().st_size < 300_000


def test_it_is_not_to_be_edited(soup: Kitchen) -> None:
    root = unpacked(soup.folder / "soup-1.0.tar.gz", soup.folder / "open")
    output = failure(soup.pip("install", "-e", root))
    assert "there is nothing to edit" in output


def test_what_is_written_in_metadata(kitchen: Kitchen) -> None:
    kitchen.cook(requires=["bowl"])
    build_wheel(kitchen.wheels, WheelSpec("soup", requires=["bowl"], requires_python=">=3.9"))
    root = unpacked(kitchen.dispatch(), kitchen.folder / "open")
    lines = (root / "PKG-INFO").read_text("utf-8").splitlines()
    assert "Requires-Dist: bowl" in lines
    assert "Requires-Python: >=3.11" in lines
    assert [line for line in lines if line.startswith("Dynamic")] == ["Dynamic: Requires-Python"]
    # The plain wheel is one of those to choose from.
    done = call_hook(
        root, "build_wheel", str(kitchen.folder), env={"WHICHWHEEL_SET": "x :: y :: z"}
    )
    assert "the variant `null`" in done.stdout


def test_from_an_index(kitchen: Kitchen) -> None:
    kitchen.cook()
    kitchen.cook("broth")
    assert kitchen.run("index", kitchen.wheels).code == 0
    done = kitchen.run("dispatch", kitchen.host.url, "soup", "--json")
    assert done.code == 0, done.stderr
    document = done.document
    assert document["labels"] == ["cuda12", "null"]
    assert document["providers"] == ["nvidia"]
    # To make it, no wheel was fetched.
    assert not [path for path in kitchen.host.paths() if path.endswith(".whl")]
    kitchen.upload(kitchen.folder / "soup-1.0.tar.gz")
    assert kitchen.pip("install", "soup", env=CUDA).code == 0
    assert kitchen.installed() == "cuda12"


_SELECTOR = """\
[wheel-selector]
variables = ["taste"]
[selector.taste]
function = "mytaste:version"
[selector.taste.wheel_tags]
one = ["mild", "", "hot"]
two = ["hot", "mild"]
"""


@pytest.mark.parametrize(("value", "label"), [("one", "mild"), ("two", "hot"), ("other", "plain")])
def test_an_order_that_only_a_selector_file_gives_is_kept(
    kitchen: Kitchen, value: str, label: str
) -> None:
    files = []
    for suffix in ("mild", "hot", ""):
        code = {"soup/__init__.py": f"label = {suffix or 'plain'!r}\n"}
        path = build_wheel(kitchen.host.folder, WheelSpec("soup", files=code))
        files.append(path.rename(path.with_name(f"{path.stem}+{suffix}.whl")) if suffix else path)
    files.append(kitchen.host.folder / "soup-1.0-wheel-selector.toml")
    files[-1].write_text(_SELECTOR, "utf-8")
    write_project(kitchen.host.folder, "soup", files)
    done = kitchen.run("dispatch", f"{kitchen.host.url}simple/", "soup")
    assert done.code == 0, done.stderr
    kitchen.upload(kitchen.folder / "soup-1.0.tar.gz")
    setting = {"WHICHWHEEL_SET": f"taste :: value :: {value}"}
    assert kitchen.pip("install", "soup", env=setting).code == 0
    assert kitchen.installed() == label


def test_from_an_index_of_pages(kitchen: Kitchen) -> None:
    # Such an index tells no sizes, and its wheels may be on a host that moved.
    kitchen.upload(*kitchen.cook())
    index = f"{kitchen.registry.url}simple/"
    done = kitchen.run("dispatch", index, "Soup", "--version", "1.0", "--json")
    assert done.code == 0, done.stderr
    wheels: Any = done.document["wheels"]
    assert {wheel["size"] for wheel in wheels} == {None}
    name = "soup-1.0-py3-none-any-cuda12.whl"
    kitchen.registry.set(f"files/{name}", Behaviour(cut_after=500, ranges=False))
    sdist = kitchen.folder / "soup-1.0.tar.gz"
    output = failure(kitchen.pip("install", sdist, env=CUDA))
    assert "it broke off after 500 of" in output
    done = kitchen.run("dispatch", index, "soup", "--base-url", kitchen.host.url, "--force")
    assert done.code == 0, done.stderr
    assert kitchen.pip("install", sdist, env=CUDA).code == 0
    assert kitchen.host.paths() == [name]
    kitchen.registry.set(f"files/{name}", Behaviour())
    done = kitchen.run("dispatch", index, "soup", "--include-wheels", "--force", "--json")
    assert done.code == 0, done.stderr
    wheels = done.document["wheels"]
    assert all(wheel["size"] > 0 for wheel in wheels)
    assert (unpacked(sdist, kitchen.folder / "open") / "wheels" / name).is_file()


def test_a_redirect_is_followed(soup: Kitchen) -> None:
    name = "soup-1.0-py3-none-any-cuda12.whl"
    (soup.registry.folder / "moved.whl").write_bytes((soup.wheels / name).read_bytes())
    soup.host.set(name, Behaviour(redirect=f"{soup.registry.url}moved.whl"))
    done = soup.pip("install", "soup", env=CUDA)
    assert done.code == 0, done.stdout + done.stderr
    assert soup.installed() == "cuda12"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("file:///etc/passwd", "answered with HTTP status 302"),
        ("ftp://127.0.0.1:1/x", "cannot fetch"),
        ("http://x..y/z", "leads to an address that cannot be asked"),
        ("http://[::1/z", "leads to an address that cannot be asked"),
        ("soup-1.0-py3-none-any-cuda12.whl", "answered with HTTP status 302"),
    ],
)
def test_a_redirect_to_nowhere_ends_in_one_message(soup: Kitchen, to: str, said: str) -> None:
    soup.host.set("soup-1.0-py3-none-any-cuda12.whl", Behaviour(redirect=to))
    output = failure(soup.pip("install", "soup", env=CUDA))
    assert said in output
    assert soup.installed() == "absent"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://me:secret@wheels.example/", "holds a user name or a password"),
        ("https://", "names no host"),
        ("https://wheels.example/?x=1", "is no address of a folder"),
        ("ftp://x/", "is no `http`, `https` or `file` address"),
    ],
)
def test_no_address_of_a_folder(kitchen: Kitchen, address: str, said: str) -> None:
    kitchen.cook()
    done = kitchen.run("dispatch", kitchen.wheels, "--base-url", address)
    assert done.code == 2
    assert said in done.stderr
    assert "secret" not in done.stderr


def test_what_cannot_be_dispatched(kitchen: Kitchen) -> None:
    def refused(*arguments: str | Path) -> str:
        done = kitchen.run("dispatch", *arguments)
        assert done.code in {1, 2}
        assert list(kitchen.folder.glob("*.tar.gz")) == []
        return done.stderr

    wheels, base = kitchen.wheels, ("--base-url", "https://wheels.example/soup/")
    assert "there are none that can be used" in refused(wheels, *base)
    build_wheel(wheels, WheelSpec("stew"))
    assert "it has no variants, so there is nothing to choose between" in refused(wheels, *base)
    paths = kitchen.cook()
    assert "they are of several projects: `soup`, `stew`" in refused(wheels, *base)
    assert "a folder does not say where its wheels" in refused(wheels, "soup")
    assert "has no wheels of it" in refused(wheels, "soup", "--version", "2", *base)
    assert "there is no folder `nowhere`" in refused("nowhere", *base)
    assert "`ftp://x/` is no `http`, `https` or `file` address" in refused(
        wheels, "soup", "--base-url", "ftp://x/"
    )
    assert "name the project after the index" in refused(kitchen.registry.url)
    kitchen.upload(*paths)
    page = kitchen.registry.folder / "simple" / "soup" / "index.html"
    page.write_text(page.read_text("utf-8").replace("#sha256=", "#md5="), "utf-8")
    index = f"{kitchen.registry.url}simple/"
    assert "gives no SHA-256 hash of `soup-1.0-" in refused(index, "soup")
    assert "has no wheels of it" in refused(index, "salad")


def test_a_dry_run_writes_nothing(kitchen: Kitchen) -> None:
    kitchen.cook()
    with zipfile.ZipFile(kitchen.wheels / "broken-1.0-py3-none-any-x.whl", "w"):
        pass
    done = kitchen.run("dispatch", kitchen.wheels, "--dry-run", "--include-wheels")
    assert (done.code, done.stdout) == (
        0,
        "would write soup-1.0.tar.gz for 2 wheels: cuda12, null\n",
    )
    assert "`broken-1.0-py3-none-any-x.whl` was left out: it must have exactly one" in done.stderr
    assert list(kitchen.folder.glob("*.tar.gz")) == []


def test_a_namespace_that_nobody_answers_for_is_told(kitchen: Kitchen) -> None:
    providers = {"taste": {"requires": ["taste-provider"]}}
    properties = {"taste": {"kind": ["sweet"]}}
    for label in ("sweet", "null"):
        build_wheel(
            kitchen.wheels,
            WheelSpec(
                "soup",
                label=label,
                properties=properties if label == "sweet" else {},
                namespaces=["taste"],
                providers=providers,
            ),
        )
    done = kitchen.run("dispatch", kitchen.wheels, "--base-url", kitchen.host.url)
    assert "no built-in provider answers for `taste`" in done.stderr
    sdist = kitchen.folder / "soup-1.0.tar.gz"
    assert kitchen.pip("install", sdist).code == 0
    assert kitchen.installed() == "null"
    given = {"WHICHWHEEL_SET": "taste :: kind :: sweet"}
    assert kitchen.pip("install", "--force-reinstall", sdist, env=given).code == 0
    assert kitchen.installed() == "sweet"
