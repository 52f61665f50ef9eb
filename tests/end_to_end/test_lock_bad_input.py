"""Locks that cannot be used: one message each, and nothing changed."""

import os
import re

import pytest

from support.locks import build_tensor, lock, write_targets
from support.workplace import Workplace


@pytest.fixture
def locked(workplace: Workplace) -> Workplace:
    """An environment and a lock of two packages, one with variants."""
    workplace.build_tastes(requires=["bread"])
    workplace.build("bread")
    where = ("--no-index", "-f", workplace.wheels)
    done = workplace.run("lock", "soup", *where, "--for", "this")
    assert done.code == 0, done.stderr
    return workplace


def _edit(workplace: Workplace, pattern: str, replacement: str) -> None:
    path = workplace.folder / "pylock.toml"
    text, number = re.subn(pattern, replacement, path.read_text("utf-8"), flags=re.DOTALL)
    assert number
    path.write_text(text, "utf-8")


def _fails(workplace: Workplace, *arguments: str) -> str:
    """Sync fails with one message, and changes nothing."""
    before = workplace.tree()
    lock_before = (workplace.folder / "pylock.toml").read_bytes()
    done = workplace.run("sync", "--python", workplace.python, "--no-index", *arguments)
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.count("error: ") == 1
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert workplace.tree() == before
    assert (workplace.folder / "pylock.toml").read_bytes() == lock_before
    return done.stderr


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r'lock-version = "1.0"', 'lock-version = "2.0"', "its `lock-version` is `2.0`"),
        (r'lock-version = "1.0"', 'lock-version = "new"', "its `lock-version` is `new`"),
        (r'lock-version = "1.0"\n', "", "missing required value"),
        (r'lock-version = "1.0"', "lock-version = 1.0", "unexpected type float"),
        (r"\[\[packages\]\]", "[[packages]", "it is not TOML: "),
        (r'name = "bread"', 'name = "Bread"', "is not normalized"),
        (r'name = "bread"', 'name = "butter"', "is not consistent with package name"),
        (r'\nversion = "1.0"', '\nversion = "one"', "invalid version"),
        (r"hashes = \{sha256[^}]*\}", "hashes = {}", "has no hash that can be checked"),
        (r"sha256 =", "md5 =", "has no hash that can be checked"),
        (r'sha256 = "[0-9a-f]{60}', 'sha256 = "', "has no hash that can be checked"),
        (r"size = \d+", "size = -1", "`size` is no number of bytes"),
        (r"-sweet\.whl", "-unknown.whl", "has the label `unknown`, which `variants-json`"),
        (r"-sweet\.whl", "-Sweet!.whl", "is not a wheel file name"),
        (r"\[packages.variants-json\].*?\n\n.*?\n\n", "", "which `variants-json` does not have"),
        (r'"\$schema" = "[^"]*"', '"$schema" = "https://x.example/v9.0.0.json"', "9.0.0"),
        (r'kind = \["sweet"\]\}', 'kind = "sweet"}', "`variants-json` is not usable"),
        (r'path = "wheels/', 'url = "ftp://index.example/', "is not one of `http`, `https`"),
        (r'path = "wheels/bread[^"]*", ', "", "it names no file"),
        (r"wheels = \[\n    \{path = \"wheels/bread.*?\]\n", "", "must be set"),
        (r"environments = \[[^\]]*\]", 'environments = ["no marker"]', "environments"),
        (r"environments = \[[^\]]*\]", "environments = [\"sys_platform == 'plan9'\"]", "plan9"),
        (r'requires-python = "[^"]*"', 'requires-python = ">=4"', "it is for Python `>=4`"),
        (r'name = "bread"\n', 'name = "bread"\\nmarker = "extra == 3"\\n', "marker"),
    ],
)
def test_a_lock_edited_by_hand(
    pattern: str, replacement: str, message: str, locked: Workplace
) -> None:
    _edit(locked, pattern, replacement)
    assert message in _fails(locked)


def test_a_newer_version_of_the_format_is_read_with_one_warning(locked: Workplace) -> None:
    _edit(locked, r'lock-version = "1.0"', 'lock-version = "1.9"')
    done = locked.run("sync", "--python", locked.python, "--no-index", "--dry-run")
    assert done.code == 0
    assert "`pylock.toml` is of version 1.9 of its format" in done.stderr
    assert "minor version" not in done.stderr


def test_every_fault_is_told_at_once(locked: Workplace) -> None:
    _edit(locked, r'name = "bread"', 'name = "butter"')
    _edit(locked, r"-sweet\.whl", "-unknown.whl")
    told = _fails(locked)
    assert "package `butter`" in told
    assert "package `soup`" in told


def test_a_wheel_that_is_gone(locked: Workplace) -> None:
    (locked.wheels / "bread-1.0-py3-none-any.whl").unlink()
    told = _fails(locked)
    assert "`bread-1.0-py3-none-any.whl`, which the lock names, cannot be had" in told
    assert "`whichwheel lock --upgrade-package bread`" in told


def test_a_wheel_that_changed(locked: Workplace) -> None:
    locked.build("bread", files={"bread/more.py": "1"})
    assert "has the wrong sha256 hash" in _fails(locked)


def test_a_size_that_is_wrong(locked: Workplace) -> None:
    _edit(locked, r"size = \d+", "size = 17")
    assert "and the lock says 17" in _fails(locked)


def test_what_no_build_is_for(locked: Workplace) -> None:
    _edit(locked, r'kind = \["sweet", "salty"\]', 'kind = ["bitter"]')
    told = _fails(locked)
    assert "the lock `pylock.toml` does not serve this machine: no wheel of `soup`" in told


def test_sources_are_not_built(locked: Workplace) -> None:
    path = locked.folder / "pylock.toml"
    text = path.read_text("utf-8")
    entry = '[[packages]]\nname = "own"\ndirectory = {path = ".", editable = true}\n\n'
    place = text.index("[[packages]]")
    path.write_text(text[:place] + entry + text[place:], "utf-8")
    assert "package `own` is locked as a folder of sources" in _fails(locked)


def test_two_entries_of_one_name_that_nothing_tells_apart(locked: Workplace) -> None:
    path = locked.folder / "pylock.toml"
    text = path.read_text("utf-8")
    place = text.index("[[packages]]")
    bread = text[place : text.index("[[packages]]", place + 1)]
    path.write_text(text[:place] + bread + bread.rstrip() + "\n", "utf-8")
    assert "more than one entry of `bread`" in _fails(locked)


def test_own_notes_that_are_damaged_count_for_nothing(locked: Workplace) -> None:
    _edit(locked, r"targets = \[\n.*?\n\]", 'targets = ["here", 3]')
    done = locked.run("sync", "--python", locked.python, "--no-index", "--dry-run")
    assert (done.code, done.stderr) == (0, "")
    assert "would install 2 packages" in done.stdout


def test_credentials_of_an_index_are_neither_shown_nor_written(locked: Workplace) -> None:
    url = "https://user:secret@index.example/simple"
    _edit(locked, r'name = "bread"\n', f'name = "bread"\nindex = "{url}"\n')
    plan = locked.run("sync", "--python", locked.python, "--no-index", "--dry-run", "--json")
    exported = locked.run("export", "--format", "pylock", "--no-index")
    for done in (plan, exported):
        assert done.code == 0, done.stderr
        assert "https://index.example/simple" in done.stdout
        assert "secret" not in done.stdout + done.stderr
    _edit(locked, r'index = "[^"]*"', 'index = "https://[::/"')
    assert "package `bread`: `index` is no URL" in _fails(locked)


def test_no_lock_at_all(workplace: Workplace) -> None:
    done = workplace.run("sync", "--python", workplace.python)
    assert done.code == 1
    assert done.stderr == (
        "error: the lock `pylock.toml` is not usable: there is no such file\n"
        "hint: `whichwheel lock` makes one\n"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_a_lock_that_is_no_file(workplace: Workplace) -> None:
    os.mkfifo(workplace.folder / "pylock.toml")
    done = workplace.run("sync", "pylock.toml", "--python", workplace.python)
    assert (done.code, "it is not a file" in done.stderr) == (1, True)


def test_nothing_to_lock(workplace: Workplace) -> None:
    done = workplace.run("lock", "--for", "this")
    assert (done.code, "no `pyproject.toml`" in done.stderr) == (2, True)
    project = workplace.folder / "pyproject.toml"
    project.write_text('[project]\nname = "own"\ndynamic = ["dependencies"]\n')
    done = workplace.run("lock", "--for", "this")
    assert (done.code, "`dynamic`" in done.stderr) == (1, True)
    project.write_text('[project]\nname = "own"\ndependencies = ["a b"]\n')
    assert workplace.run("lock", "--for", "this").code == 2
    assert workplace.run("lock", "x", "-o", "lock.toml").code == 2


def test_targets_that_nothing_serves(workplace: Workplace) -> None:
    write_targets(workplace, '\n[targets.win]\npython = "3.11"\nplatform = "win_amd64"\n')
    build_tensor(workplace.wheels)
    assert lock(workplace, "tensor").code == 0
    path = workplace.folder / "pylock.toml"
    before = path.read_bytes()
    done = lock(workplace, "tensor", "--for", "win")
    assert done.code == 1
    assert "no lock can be made\nfor win: no wheel of `tensor` fits win" in done.stderr
    assert path.read_bytes() == before
    done = workplace.run("sync", "--for", "win", "--dry-run")
    assert (done.code, "does not serve win: it is for environments" in done.stderr) == (1, True)
    done = workplace.run("lock", "--show", "--for", "win", "--for", "mac")
    assert (done.code, "metal" in done.stdout) == (1, True)


def test_a_damaged_lock_is_not_written_over(locked: Workplace) -> None:
    path = locked.folder / "pylock.toml"
    path.write_text("lock-version = [\n")
    where = ("--no-index", "-f", locked.wheels)
    done = locked.run("lock", "soup", *where, "--for", "this")
    assert done.code == 1
    assert "it is not TOML" in done.stderr
    assert path.read_text() == "lock-version = [\n"


@pytest.mark.parametrize("option", ["--extra", "--group"])
def test_an_extra_or_group_that_a_lock_does_not_have_is_told(
    workplace: Workplace, option: str
) -> None:
    write_targets(workplace)
    build_tensor(workplace.wheels)
    assert lock(workplace, "tensor").code == 0
    done = workplace.run("sync", "--python", workplace.python, "--no-index", option, "nope")
    kind = option.removeprefix("--")
    assert done.code == 1
    assert f"has no {kind} `nope`" in done.stderr
    assert f"hint: it was made without any {kind}s" in done.stderr
