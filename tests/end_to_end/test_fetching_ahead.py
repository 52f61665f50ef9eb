"""What is asked of an index, and how often, from the outside."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from support.index import write_project
from support.server import Behaviour, Server, serve
from support.wheels import WheelSpec, build_wheel
from support.workplace import PROVIDERS, Workplace


@pytest.fixture
def server(workplace: Workplace) -> Iterator[Server]:
    root = workplace.folder / "served"
    root.mkdir()
    with serve(root) as found:
        yield found


def _offer(
    server: Server,
    name: str,
    *versions: str,
    requires: Sequence[str] = (),
    labels: Sequence[str | None] = ("sweet", "sour", None),
) -> None:
    """Put a package on the index, in variants that are described alike for all versions."""
    root, wheels, documents = server.folder, [], {}
    for version in versions:
        whole = {
            "$schema": "https://variants-schema.example/peps/825/v0.2.0.json",
            "default-priorities": {"namespace": ["taste"]},
            "providers": PROVIDERS,
            "variants": {label: {"taste": {"kind": [label]}} for label in labels if label},
        }
        documents[version] = whole
        for label in labels:
            spec = WheelSpec(
                name,
                version,
                label=label,
                requires=requires,
                metadata=None
                if label is None
                else {**whole, "variants": {label: {"taste": {"kind": [label]}}}},
            )
            wheels.append(build_wheel(root / "files", spec))
    write_project(root, name, wheels, variants=documents)


def _install(workplace: Workplace, server: Server, *arguments: str) -> str:
    where = ("--index-url", f"{server.url}simple", "--python", workplace.python)
    done = workplace.run("install", *where, "--dry-run", *arguments)
    assert done.code == 0, done.stderr
    return done.stdout


def test_nothing_is_asked_twice_and_nothing_needless(workplace: Workplace, server: Server) -> None:
    _offer(server, "menu", "1.0", requires=["soup>=1", "bread"])
    _offer(server, "soup", "1.0", "2.0", requires=["salt"])
    _offer(server, "bread", "1.0", requires=["salt", "menu"])
    _offer(server, "salt", "1.0")
    server.default = Behaviour(delay=0.02)
    assert "soup 2.0 (sweet)" in _install(workplace, server, "-q", "menu")
    asked = Counter(server.paths())
    assert set(asked.values()) == {1}
    taken = {"menu-1.0", "soup-2.0", "bread-1.0", "salt-1.0"}
    assert set(asked) <= {
        *(f"simple/{each.partition('-')[0]}/" for each in taken),
        *(f"simple/{each.partition('-')[0]}/{each}-variants.json" for each in taken),
        *(f"files/{each}-py3-none-any-sweet.whl" for each in taken),
        # The server is slow to answer: these come at the same time as what tells variants apart.
        *(f"files/{each}-py3-none-any-sweet.whl.metadata" for each in taken),
        *(f"files/{each}-py3-none-any-sour.whl.metadata" for each in taken),
    }


def test_a_wheel_that_came_whole_is_not_asked_for_again(
    workplace: Workplace, server: Server
) -> None:
    _offer(server, "soup", "1.0", requires=["salt"])
    _offer(server, "salt", "1.0")
    where = ("--index-url", f"{server.url}simple", "--python", workplace.python)
    assert workplace.run("install", *where, "-q", "soup").code == 0
    assert Counter(path for path in server.paths() if path.endswith(".whl")) == {
        "files/soup-1.0-py3-none-any-sweet.whl": 1,
        "files/salt-1.0-py3-none-any-sweet.whl": 1,
    }


def test_a_whole_wheel_that_is_not_what_was_promised_is_not_kept(
    workplace: Workplace, server: Server
) -> None:
    _offer(server, "soup", "1.0")
    name = "soup-1.0-py3-none-any-sweet.whl"
    right = server.folder / "files" / name
    wrong = build_wheel(
        workplace.folder / "wrong",
        WheelSpec(
            "soup",
            "1.0",
            label="sweet",
            files={"soup/bad.py": b"bad"},
            metadata={
                "$schema": "https://variants-schema.example/peps/825/v0.2.0.json",
                "default-priorities": {"namespace": ["taste"]},
                "providers": PROVIDERS,
                "variants": {"sweet": {"taste": {"kind": ["sweet"]}}},
            },
        ),
    )
    right.write_bytes(wrong.read_bytes())
    where = ("--index-url", f"{server.url}simple", "--python", workplace.python)
    done = workplace.run("install", *where, "-q", "--retries", "0", "soup")
    assert done.code == 1
    assert name in done.stderr
    assert "hash" in done.stderr


def test_what_is_asked_for_first_is_only_what_is_needed(
    workplace: Workplace, server: Server
) -> None:
    workplace.build("salt")
    assert workplace.install("salt").code == 0
    _offer(server, "soup", "1.0")
    _install(workplace, server, "-q", "soup", "salt", "bread; python_version < '3'")
    assert {path for path in server.paths() if path.startswith("simple/")} == {
        "simple/soup/",
        "simple/soup/soup-1.0-variants.json",
    }


def test_a_wrong_prediction_changes_nothing_and_costs_little(
    workplace: Workplace, server: Server
) -> None:
    _offer(server, "menu", "1.0", requires=["soup", "bread"])
    _offer(server, "soup", "1.0", "2.0", requires=["salt"])
    _offer(server, "bread", "1.0", requires=["soup<2"])
    _offer(server, "salt", "1.0")
    server.set("files/soup-2.0-py3-none-any-sweet.whl", Behaviour(status=500))
    said = _install(workplace, server, "-q", "--retries", "0", "menu")
    assert "soup 1.0 (sweet)" in said
    extra = [path for path in server.paths() if "soup-2.0" in path]
    assert len(extra) <= 2  # what it is judged by, and the one wheel that would be taken


def test_of_what_stays_installed_nothing_is_fetched(workplace: Workplace, server: Server) -> None:
    workplace.build("salt")
    assert workplace.install("salt").code == 0
    _offer(server, "soup", "1.0", requires=["salt"])
    _offer(server, "salt", "1.0", "2.0")
    assert "soup 1.0 (sweet)" in _install(workplace, server, "-q", "soup")
    assert not [path for path in server.paths() if "salt" in path]


def test_documents_that_equal_each_other_are_fetched_once(
    workplace: Workplace, server: Server
) -> None:
    versions = [f"1.{number}" for number in range(12)]
    _offer(server, "soup", *versions, labels=["sour"])
    where = ("--index-url", f"{server.url}simple", "--python", workplace.python)
    done = workplace.run("install", *where, "--dry-run", "soup")
    assert done.code == 1
    assert "sour" in done.stderr
    assert server.paths() == ["simple/soup/", "simple/soup/soup-1.11-variants.json"]


def test_what_is_older_is_fetched_side_by_side_when_nothing_fits(
    workplace: Workplace, server: Server
) -> None:
    versions = [f"1.{number}" for number in range(24)]
    _offer(server, "soup", *versions, labels=["sour"])
    documents = sorted((server.folder / "simple" / "soup").glob("*-variants.json"))
    for number, document in enumerate(documents):
        document.write_text(document.read_text() + " " * number)
    page = server.folder / "simple" / "soup" / "index.html"
    page.write_text(re.sub(r"(-variants\.json)#sha256=[0-9a-f]+", r"\1", page.read_text()))
    server.default = Behaviour(delay=0.05)
    where = ("--index-url", f"{server.url}simple", "--python", workplace.python)
    assert workplace.run("install", *where, "--dry-run", "soup").code == 1
    asked = Counter(server.paths())
    assert len(asked) == 1 + len(versions)
    assert set(asked.values()) == {1}
    assert len({each.connection for each in server.requests}) > 1
