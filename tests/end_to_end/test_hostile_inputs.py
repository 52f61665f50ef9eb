"""Wheels, projects and files that mean harm: refused in one message, and nothing was done."""

import gzip
import json
import os
import tarfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from support.index import write_project
from support.server import Exchange, serve
from support.workplace import Workplace


@pytest.mark.parametrize(
    "name",
    [
        ".whichwheel-change-x/journal",
        ".WhichWheel-change-x/journal",
        ".whichwheel.lock",
        "evil-1.0.data/purelib/.whichwheel-change-x/journal",
        "evil-1.0.data/data/lib/python/site-packages/.whichwheel-change-x/journal",
    ],
)
def test_a_wheel_cannot_bring_what_only_a_change_writes(workplace: Workplace, name: str) -> None:
    private = workplace.folder / "private"
    private.mkdir(mode=0o700)
    below = os.path.relpath(private, workplace.environment.interpreter.paths["purelib"])
    workplace.build("evil", files={name: json.dumps(["emptied", below, 0o777]) + "\n"})
    before = workplace.tree()
    done = workplace.install("evil")
    assert (done.code, done.stdout) == (1, "")
    assert f"`{name}` has a name that belongs to whichwheel itself" in done.stderr
    assert workplace.tree() == before
    assert private.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("key", ["url", "extra-urls", "find-links"])
def test_a_project_is_not_told_the_variables_of_whoever_cloned_it(
    workplace: Workplace, tmp_path: Path, key: str
) -> None:
    with serve(tmp_path) as server:
        address = json.dumps(server.with_user("${CLOUD_SECRET}:x"))
        table = "[index]\n" + f"{key} = {address if key == 'url' else f'[{address}]'}\n"
        (workplace.folder / "whichwheel.toml").write_text(table)
        secret = {"CLOUD_SECRET": "opensesame", "PIP_INDEX_URL": server.url}
        done = workplace.run("install", "bread", "--python", workplace.python, env=secret)
        assert (done.code, done.stdout) == (1, "")
        assert f"line 2: `index.{key}` names a variable" in done.stderr
        assert not server.paths()
        # The user's own file may.
        (workplace.folder / "whichwheel.toml").unlink()
        own = workplace.folder / "home" / "config" / "whichwheel" / "whichwheel.toml"
        own.parent.mkdir(parents=True)
        own.write_text(table)
        workplace.run("install", "bread", "--python", workplace.python, env=secret)
        assert any("authorization" in each.headers for each in server.requests)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"url": "https://h.example/a.whl\n--index-url x", "archive_info": {}}, "a==1"),
        ({"url": "file:///a\n-r /etc/passwd", "dir_info": {"editable": True}}, "a==1"),
        ({"url": "file:///a%0A-r%20b", "dir_info": {"editable": True}}, "-e file:///a%0A-r%20b"),
        ({"url": "file:///a%20%23b", "dir_info": {"editable": True}}, "-e file:///a%20%23b"),
        (
            {
                "url": "https://me:word@h.example/a.git",
                "vcs_info": {"vcs": "git", "commit_id": "ab\n-r x"},
                "subdirectory": "b\nc",
            },
            "a @ https://h.example/a.git",
        ),
        (
            {"url": "https://${ME}:${WORD}@h.example/a.whl", "archive_info": {"hash": "x"}},
            "a @ https://${ME}:${WORD}@h.example/a.whl",
        ),
        (
            {
                "url": "https://h.example/a.whl",
                "archive_info": {"hashes": {"sha256": "0\n-r x"}},
            },
            "a @ https://h.example/a.whl",
        ),
    ],
)
def test_what_lies_in_an_environment_adds_no_line_to_a_freeze(
    workplace: Workplace, said: object, line: str
) -> None:
    folder = workplace.environment.interpreter.paths["purelib"] / "a-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: a\nVersion: 1\n")
    (folder / "direct_url.json").write_text(json.dumps(said))
    done = workplace.run("freeze", "--python", workplace.python)
    assert (done.code, done.stdout) == (0, f"{line}\n")


def test_a_number_that_python_does_not_read(workplace: Workplace) -> None:
    number = "9" * 5000
    done = workplace.run("dispatch", "soup", "--version", number)
    assert (done.code, done.stdout) == (2, "")
    assert "is not a version" in done.stderr
    done = workplace.run("cache", "prune", "--at-most", number)
    assert (done.code, done.stdout) == (2, "")
    assert "is no size" in done.stderr
    folder = workplace.environment.interpreter.paths["purelib"] / "a.egg-info"
    folder.mkdir()
    (folder / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: a\nVersion: {number}\n")
    done = workplace.run("list", "--python", workplace.python)
    assert (done.code, done.stderr) == (0, "")
    # One link of an index that nobody can mean leaves the others as good as they are.
    workplace.build("soup")
    (workplace.folder / "page.html").write_text(
        f"<a href='wheels/soup-1.0-py3-none-any.whl'>soup-1.0-py3-none-any.whl</a>"
        f"<a href='x'>soup-1.0-{number}a-py3-none-any.whl</a>"
        f"<a href='x'>soup-{number}-py3-none-any.whl</a>"
    )
    where = ("--no-index", "--find-links", "page.html", "--python", workplace.python)
    done = workplace.run("install", "soup", *where)
    assert done.code == 0, done.stderr[:500]


def test_a_server_that_promises_for_ever_is_believed_for_a_week(
    workplace: Workplace, tmp_path: Path
) -> None:
    workplace.build("soup")
    index = tmp_path / "index"
    index.mkdir()
    wheel = (workplace.wheels / "soup-1.0-py3-none-any.whl").rename(
        index / "soup-1.0-py3-none-any.whl"
    )
    write_project(index, "soup", [wheel])
    with serve(index) as server:
        server.default.headers = {"Cache-Control": "max-age=" + "9" * 5000}
        where = ("--index-url", f"{server.url}simple/", "--python", workplace.python)
        done = workplace.run("install", "soup", *where)
        assert done.code == 0, done.stderr
        assert workplace.run("install", "soup", "--upgrade", *where).code == 0
        assert server.paths().count("simple/soup/") == 1


def test_a_part_of_a_wheel_that_never_ends(workplace: Workplace, tmp_path: Path) -> None:
    index = tmp_path / "index"
    index.mkdir()
    wheel = workplace.build("soup").rename(index / "soup-1.0-py3-none-any.whl")
    write_project(index, "soup", [wheel])
    sent = 0

    def endless(exchange: Exchange) -> bool:
        nonlocal sent
        if "range" not in exchange.sent or not exchange.path.endswith(".whl"):
            return False
        size = wheel.stat().st_size
        exchange.handler.send_response(206)
        exchange.handler.send_header("Content-Range", f"bytes 0-{size - 1}/{size}")
        exchange.handler.end_headers()
        exchange.hang_up()
        with suppress(OSError):
            while sent < 256 << 20:
                exchange.handler.wfile.write(bytes(1 << 20))
                sent += 1 << 20
        return True

    with serve(index) as server:
        server.interfere = endless
        where = ("--index-url", f"{server.url}simple/", "--python", workplace.python)
        done = workplace.run("install", "soup", "--dry-run", "--retries", "0", *where)
        assert done.code == 1, done.stdout
        assert "soup-1.0-py3-none-any.whl" in done.stderr
        assert 0 < sent < 64 << 20


@pytest.mark.parametrize("name", ["", "n" * 300, "file/below"])
def test_a_report_that_cannot_be_is_told_before_anything_is_done(
    workplace: Workplace, name: str
) -> None:
    workplace.build("soup")
    (workplace.folder / "file").touch()
    before = workplace.tree()
    done = workplace.install("soup", "--report", name)
    assert (done.code, done.stdout) == (1, "")
    assert "the report cannot be written" in done.stderr
    assert workplace.tree() == before


@pytest.mark.parametrize("option", ["--index-url", "--find-links"])
def test_an_address_that_is_no_text(workplace: Workplace, option: str) -> None:
    """Arguments are bytes, which Python takes for half characters where they are no text."""
    address = os.fsdecode(b"http://127.0.0.1:9/\xff")
    where = ("--index-url", "http://127.0.0.1:9/", "--retries", "0", "--python", workplace.python)
    done = workplace.run("install", "soup", *where, option, address)
    assert (done.code, done.stdout) == (1, "")
    assert "is no URL" in done.stderr


def test_a_header_of_an_archive_that_is_larger_than_any_file(workplace: Workplace) -> None:
    """Such headers are read into memory whole, before anything of a size is known."""
    path = workplace.folder / "own-1.tar.gz"
    header = tarfile.TarInfo("own-1/x")
    header.type, header.size = tarfile.XHDTYPE, 100 << 20
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(100):
            file.write(b"9" * (1 << 20))
    started = time.monotonic()
    done = workplace.install(path, "--dry-run")
    assert (done.code, done.stdout) == (1, "")
    assert "`own-1.tar.gz` cannot be used: it is no archive that can be read" in done.stderr
    assert time.monotonic() - started < 10
