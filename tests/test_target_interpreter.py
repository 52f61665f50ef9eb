import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import packaging
import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from whichwheel.target.interpreters import inspection
from whichwheel.target.interpreters.description import Interpreter, InterpreterError
from whichwheel.target.interpreters.interpreter import inspect_interpreter
from whichwheel.target.interpreters.interpreter_cache import InterpreterCache
from whichwheel.target.sealed_json import sealed, unsealed

BIN, PYTHON = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environments") / "one"
    venv.create(folder, symlinks=os.name != "nt", with_pip=False)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> InterpreterCache:
    return InterpreterCache(tmp_path / "cache")


def test_our_own_interpreter_answers_as_it_is() -> None:
    own = inspect_interpreter(None, environ={})
    assert own.executable == Path(sys.executable)
    assert own.tags == tuple(sys_tags())
    assert own.environment == default_environment()
    assert own.prefix == Path(sys.prefix)
    assert own.version == ".".join(map(str, sys.version_info[:3]))


def test_another_environment_is_asked_in_a_child(
    environment: Path, cache: InterpreterCache
) -> None:
    other = inspect_interpreter(environment, cache=cache)
    assert other.executable == environment / BIN / PYTHON
    assert other.prefix == environment
    assert other.tags == tuple(sys_tags())
    assert other.paths["purelib"].is_relative_to(environment)
    assert other.paths["scripts"] == environment / BIN
    minor = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    assert other.paths["headers"] == environment / "include" / "site" / minor
    assert other.externally_managed is None


def test_an_environment_is_found_by_folder_executable_and_variable(
    environment: Path, cache: InterpreterCache
) -> None:
    by_folder = inspect_interpreter(environment, cache=cache)
    assert inspect_interpreter(environment / BIN / PYTHON, cache=cache) == by_folder
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        found = inspect_interpreter(None, environ={variable: str(environment)}, cache=cache)
        assert found == by_folder
    both = {"VIRTUAL_ENV": str(environment), "CONDA_PREFIX": "/nowhere"}
    assert inspect_interpreter(None, environ=both, cache=cache) == by_folder


def test_a_name_is_looked_up_on_the_path(environment: Path, cache: InterpreterCache) -> None:
    environ = {"PATH": str(environment / BIN)}
    found = inspect_interpreter(Path("python"), environ=environ, cache=cache)
    assert found.prefix == environment


@pytest.mark.skipif(os.name == "nt", reason="makes an interpreter of a shell script")
def test_an_answer_is_kept_until_the_interpreter_changes(
    tmp_path: Path, cache: InterpreterCache
) -> None:
    counted = tmp_path / "counted"
    script = tmp_path / "bin" / "python"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho x >> "{counted}"\nexec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    first = inspect_interpreter(script, cache=cache)
    assert inspect_interpreter(script, cache=cache) == first
    assert counted.read_text() == "x\n"
    os.utime(script, (1, 1))
    inspect_interpreter(script, cache=cache)
    assert counted.read_text() == "x\nx\n"


@pytest.mark.skipif(os.name == "nt", reason="launchers do not say which interpreter they are of")
def test_an_environment_is_known_from_another_one_of_its_interpreter(
    environment: Path, tmp_path: Path
) -> None:
    cache = InterpreterCache(tmp_path / "kept")
    inspect_interpreter(environment, cache=cache)
    (kept,) = (tmp_path / "kept").iterdir()
    second = tmp_path / "second"
    venv.create(second, symlinks=True, with_pip=False)
    known = inspect_interpreter(second, cache=cache)
    assert [kept] == list((tmp_path / "kept").iterdir())
    assert known == inspect_interpreter(second, cache=InterpreterCache(tmp_path / "asked"))
    assert known.prefix == second
    assert all(path.is_relative_to(second) for path in known.paths.values())


@pytest.mark.skipif(os.name == "nt", reason="makes an interpreter of a shell script")
def test_an_environment_of_another_interpreter_is_asked_itself(
    environment: Path, tmp_path: Path
) -> None:
    cache = InterpreterCache(tmp_path / "kept")
    inspect_interpreter(environment, cache=cache)
    second = tmp_path / "second"
    venv.create(second, symlinks=True, with_pip=False)
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    (second / BIN / PYTHON).unlink()
    (second / BIN / PYTHON).symlink_to(wrapper)
    inspect_interpreter(second, cache=cache)
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_a_damaged_cache_is_no_error(environment: Path, tmp_path: Path) -> None:
    cache = InterpreterCache(tmp_path / "kept")
    first = inspect_interpreter(environment, cache=cache)
    (file,) = (tmp_path / "kept").iterdir()
    entry = unsealed(file.read_bytes())
    assert isinstance(entry, dict)
    entry["interpreter"]["tags"] = ["nonsense"]
    for content in (b"{", b"[]", sealed(entry)):
        file.write_bytes(content)
        assert inspect_interpreter(environment, cache=cache) == first


def test_a_cache_that_cannot_be_written_is_no_error(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = InterpreterCache(tmp_path / "file" / "cache")
    assert isinstance(inspect_interpreter(environment, cache=cache), Interpreter)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("exit 3", "it ended with code 3"),
        ("echo 'no Python here' >&2; exit 1", "no Python here"),
        ("kill -9 $$", "signal 9"),
        ("echo hello", "it does not answer as Python does"),
        ("echo '{}'", "its answer is not understood"),
        ("echo '[]'", "it does not answer as Python does"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="makes an interpreter of a shell script")
def test_what_is_no_interpreter_is_an_error_that_says_why(
    tmp_path: Path, cache: InterpreterCache, content: str, why: str
) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\n{content}\n")
    script.chmod(0o755)
    with pytest.raises(InterpreterError) as caught:
        inspect_interpreter(script, cache=cache)
    assert why in caught.value.message
    assert caught.value.executable == script


def test_what_does_not_exist_or_does_not_run_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a program")
    (tmp_path / "folder").mkdir()
    for path, why in (
        (tmp_path / "missing", "does not exist"),
        (tmp_path / "text", "does not start"),
        (tmp_path / "folder", "holds no Python environment"),
        (Path("no-such-python"), "does not exist"),
    ):
        with pytest.raises(InterpreterError, match=why):
            inspect_interpreter(path)


def test_a_variable_that_names_no_environment_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="`VIRTUAL_ENV` names it"):
        inspect_interpreter(None, environ={"VIRTUAL_ENV": str(tmp_path)})


@pytest.mark.skipif(os.name == "nt", reason="makes an interpreter of a shell script")
def test_the_message_of_an_externally_managed_python_is_passed_on(
    tmp_path: Path, cache: InterpreterCache
) -> None:
    stdlib = tmp_path / "lib"
    stdlib.mkdir()
    answer = {
        "version": "3.12.1",
        "implementation": "cpython",
        "tags": ["py3-none-any"],
        "environment": {},
        "prefix": "/",
        "stdlib": str(stdlib),
        "is_virtual": False,
        "paths": dict.fromkeys(["purelib", "platlib", "scripts", "data", "headers"], "/x"),
    }
    (tmp_path / "answer").write_text(json.dumps(answer))
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\ncat "{tmp_path}/answer"\n')
    script.chmod(0o755)
    assert inspect_interpreter(script, cache=cache).externally_managed is None
    marker = stdlib / "EXTERNALLY-MANAGED"
    marker.write_text("[externally-managed]\nError=Use the\n other 100% one\n")
    # The answer is kept, the marker is looked for each time.
    managed = inspect_interpreter(script, cache=cache).externally_managed
    assert managed == "Use the\nother 100% one"
    marker.write_text("no such format")
    assert "another package manager" in (
        inspect_interpreter(script, cache=cache).externally_managed or ""
    )


def test_the_description_runs_without_this_package_installed(environment: Path) -> None:
    command = [str(environment / BIN / PYTHON), "-I", inspection.__file__]
    folder = str(Path(str(packaging.__file__)).parent)
    output = subprocess.run([*command, folder], check=True, capture_output=True).stdout
    assert json.loads(output)["is_virtual"] is True
