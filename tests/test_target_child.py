import json
import os
import sys
import time
from pathlib import Path

import pytest

from whichwheel.target.detection.child import ChildFailed, run_child


def python(source: str) -> list[str]:
    return [sys.executable, "-I", "-c", source]


def failure(source: str, *, limit: float = 20.0, largest: int = 1024) -> ChildFailed:
    with pytest.raises(ChildFailed) as caught:
        run_child(python(source), limit=limit, largest=largest)
    return caught.value


def test_a_child_gets_its_request_and_nothing_else(tmp_path: Path) -> None:
    source = (
        "import json, os, sys\n"
        "print(json.dumps([sys.stdin.read(), sorted(os.environ), os.getcwd()]))"
    )
    output = run_child(
        python(source), limit=20, environ={"ONE": "1"}, request=b"please", folder=tmp_path
    )
    said, names, folder = json.loads(output)
    assert said == "please"
    assert "ONE" in names
    assert "PATH" not in names
    assert Path(folder).samefile(tmp_path)


def test_a_request_that_nobody_reads_holds_nothing_up() -> None:
    assert run_child(python("print('done')"), limit=20, request=b"x" * (1 << 22)).strip() == b"done"


def test_a_hang_ends_at_the_limit() -> None:
    started = time.monotonic()
    failed = failure("import time; time.sleep(60)", limit=0.5)
    assert (failed.timed_out, failed.why) == (True, "it gave no answer within 0.5 s")
    assert time.monotonic() - started < 5


def test_endless_output_ends_at_the_limit() -> None:
    started = time.monotonic()
    failed = failure("while True: print('x' * 4096)", largest=1 << 20)
    assert failed.why == "it answered with more than 1 MiB"
    assert time.monotonic() - started < 10


def test_endless_complaints_are_listened_to_and_not_kept() -> None:
    source = "import sys; sys.stderr.write('no\\n' * (1 << 20)); sys.exit(3)"
    assert failure(source).why == "it ended with code 3: no"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_signal_is_named() -> None:
    assert failure("import os; os.kill(os.getpid(), 11)").why == "it was ended by signal 11"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork")
def test_what_a_child_leaves_running_is_ended_and_not_waited_for(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    source = (
        "import os, time\n"
        "print('answer', flush=True)\n"
        "if os.fork() == 0:\n"
        f"    open({str(note)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        f"while not os.path.exists({str(note)!r}) or not os.path.getsize({str(note)!r}):\n"
        "    time.sleep(0.01)\n"
        "os._exit(0)\n"
    )
    started = time.monotonic()
    assert run_child(python(source), limit=20) == b"answer\n"
    assert time.monotonic() - started < 5
    pid = int(note.read_text())
    for _ in range(100):
        if not _runs(pid):
            break
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2]
    except OSError:
        return False
    return not state.startswith("Z")


def test_what_does_not_start_is_told() -> None:
    with pytest.raises(ChildFailed, match="it does not start: No such file"):
        run_child(["/nowhere/at/all"], limit=5)
