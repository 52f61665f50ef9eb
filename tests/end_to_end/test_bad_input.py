"""Bad input from sources: one clear message, nothing changed; a plain wheel serves where it can."""

import base64
import hashlib
import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from support.command import Completed
from support.index import write_project
from support.server import Behaviour, Server, serve
from support.wheels import variant_json
from support.workplace import PROVIDERS, Workplace

GOOD = variant_json(
    {"sweet": {"taste": {"kind": ["sweet"]}}}, namespaces=["taste"], providers=PROVIDERS
)
VARIANTS = "simple/soup/soup-1.0-variants.json"


def _is_one_message(done: Completed) -> bool:
    """Whether a failed run ends in one error, perhaps after warnings, with no traceback."""
    lines = done.stderr.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    return done.code == 1 and len(errors) == 1 and "Traceback" not in done.stderr


def _publish(
    workplace: Workplace, *, fallback: bool, variants: Mapping[str, object] = GOOD
) -> None:
    workplace.build_tastes(tastes=["sweet"])
    if fallback:
        workplace.build()
    files = sorted(workplace.wheels.glob("soup-*.whl"))
    write_project(workplace.folder, "soup", files, variants={"1.0": variants})


def _install_from(server: Server, workplace: Workplace, *more: str) -> Completed:
    return workplace.run(
        *("install", "soup", "--index-url", f"{server.url}simple/", "--python", workplace.python),
        *("--timeout", "1", "--retries", "0", *more),
    )


def _deep() -> bytes:
    return b"[" * 5000 + b"]" * 5000


METADATA_FAULTS = {
    "malformed": Behaviour(body=b"{not json"),
    "truncated": Behaviour(body=json.dumps(GOOD).encode()[:60]),
    "deep": Behaviour(body=_deep()),
    "wrongly typed": Behaviour(body=b'{"variants": []}'),
    "duplicate keys": Behaviour(body=b'{"variants": {}, "variants": {}}'),
    "not found": Behaviour(status=404),
    "wrong hash": Behaviour(body=json.dumps(GOOD).encode() + b" "),
}


@pytest.mark.parametrize("fault", METADATA_FAULTS)
def test_bad_metadata_degrades_to_a_plain_wheel_or_fails(workplace: Workplace, fault: str) -> None:
    _publish(workplace, fallback=True)
    before = workplace.tree()
    with serve(workplace.folder) as server:
        server.set(VARIANTS, METADATA_FAULTS[fault])
        strict = _install_from(server, workplace, "--strict")
        assert _is_one_message(strict), strict.stderr
        assert workplace.tree() == before
        done = _install_from(server, workplace)
    assert done.code == 0, done.stderr
    assert done.stdout.endswith(": soup 1.0\n")
    assert "warning: " in done.stderr
    assert "soup-1.0-variants.json" in done.stderr


@pytest.mark.parametrize("fault", METADATA_FAULTS)
def test_bad_metadata_fails_where_nothing_else_would_do(workplace: Workplace, fault: str) -> None:
    _publish(workplace, fallback=False)
    before = workplace.tree()
    with serve(workplace.folder) as server:
        server.set(VARIANTS, METADATA_FAULTS[fault])
        done = _install_from(server, workplace)
    assert _is_one_message(done), done.stderr
    assert "`sweet`" in done.stderr
    assert workplace.tree() == before


INDEX_FAULTS = {
    "hangs": Behaviour(delay=3),
    "cuts off": Behaviour(cut_after=20),
    "redirects in a circle": Behaviour(redirect="/simple/soup/"),
    "fails": Behaviour(status=500),
}


@pytest.mark.parametrize("fault", INDEX_FAULTS)
def test_a_broken_index_gives_one_message_in_time(workplace: Workplace, fault: str) -> None:
    _publish(workplace, fallback=True)
    before = workplace.tree()
    with serve(workplace.folder) as server:
        server.set("simple/soup/", INDEX_FAULTS[fault])
        done = _install_from(server, workplace)
        assert server.url.split("/")[2] in done.stderr
    assert _is_one_message(done), done.stderr
    assert workplace.tree() == before


def test_a_download_that_is_cut_off_or_changed_is_not_installed(workplace: Workplace) -> None:
    _publish(workplace, fallback=False)
    before = workplace.tree()
    wheel = "wheels/soup-1.0-py3-none-any-sweet.whl"
    data = (workplace.folder / wheel).read_bytes()
    with serve(workplace.folder) as server:
        for behaviour in (
            Behaviour(cut_after=100, ranges=False),
            Behaviour(body=data[:-1] + b"?", ranges=False),
            Behaviour(status=404),
        ):
            server.set(wheel, behaviour)
            done = _install_from(server, workplace, "--no-cache")
            assert _is_one_message(done), done.stderr
            assert "soup-1.0-py3-none-any-sweet.whl" in done.stderr
            assert workplace.tree() == before


def test_credentials_are_never_printed(workplace: Workplace) -> None:
    _publish(workplace, fallback=True)
    with serve(workplace.folder) as server:
        server.default = Behaviour(status=500)
        done = workplace.run(
            *("install", "soup", "--index-url", server.with_user("me:hidden") + "simple/"),
            *("--python", workplace.python, "--retries", "0", "-v"),
        )
    assert _is_one_message(done), done.stderr
    assert "hidden" not in done.stderr + done.stdout


def _rewrite(
    wheel: Path, change: Callable[[dict[str, bytes]], None], *, double: str | None = None
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(wheel, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in members.items():
            archive.writestr(name, data)
        if double is not None:
            archive.writestr(double, b"again")


def _record_line(name: str, data: bytes) -> bytes:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"{name},sha256={digest.decode()},{len(data)}\n".encode()


def _escape(members: dict[str, bytes]) -> None:
    record = "soup-1.0.dist-info/RECORD"
    members["../../../escaped.py"] = b"here"
    members[record] += _record_line("../../../escaped.py", b"here")


def _other_label(members: dict[str, bytes]) -> None:
    document = json.dumps(GOOD).replace('"sweet": {', '"bitter": {').encode()
    _replace(members, "soup-1.0.dist-info/variant.json", document)


def _other_properties(members: dict[str, bytes]) -> None:
    document = variant_json(
        {"sweet": {"taste": {"kind": ["salty"]}}}, namespaces=["taste"], providers=PROVIDERS
    )
    _replace(members, "soup-1.0.dist-info/variant.json", json.dumps(document).encode())


def _without_variant_json(members: dict[str, bytes]) -> None:
    name = "soup-1.0.dist-info/variant.json"
    del members[name]
    record = "soup-1.0.dist-info/RECORD"
    lines = members[record].splitlines(keepends=True)
    members[record] = b"".join(line for line in lines if not line.startswith(name.encode()))


def _without_record(members: dict[str, bytes]) -> None:
    del members["soup-1.0.dist-info/RECORD"]


def _replace(members: dict[str, bytes], name: str, data: bytes) -> None:
    _without_variant_json(members)
    members[name] = data
    members["soup-1.0.dist-info/RECORD"] += _record_line(name, data)


WHEEL_FAULTS: dict[str, Callable[[dict[str, bytes]], None]] = {
    "no RECORD": _without_record,
    "wrong RECORD": lambda members: members.update({"soup/__init__.py": b"changed"}),
    "file not in RECORD": lambda members: members.update({"soup/more.py": b""}),
    "escape": _escape,
    "no variant.json": _without_variant_json,
    "another label's": _other_label,
    "disagrees": _other_properties,
}


@pytest.mark.parametrize("fault", WHEEL_FAULTS)
def test_a_broken_wheel_gives_one_message_and_changes_nothing(
    workplace: Workplace, fault: str
) -> None:
    workplace.build_tastes(tastes=["sweet"])
    wheel = workplace.wheels / "soup-1.0-py3-none-any-sweet.whl"
    _rewrite(wheel, WHEEL_FAULTS[fault])
    write_project(workplace.folder, "soup", [wheel], variants={"1.0": GOOD})
    before = workplace.tree()
    with serve(workplace.folder) as server:
        done = _install_from(server, workplace)
    assert _is_one_message(done), done.stderr
    assert wheel.name in done.stderr
    assert workplace.tree() == before
    assert not list(workplace.folder.rglob("escaped.py"))


SELF_DESCRIPTION_FAULTS = ("no variant.json", "another label's", "disagrees")


@pytest.mark.parametrize("fallback", ["plain", "null"])
@pytest.mark.parametrize("fault", SELF_DESCRIPTION_FAULTS)
def test_a_wheel_that_contradicts_its_index_is_passed_over_where_another_serves(
    workplace: Workplace, fault: str, fallback: str
) -> None:
    workplace.build_tastes(tastes=["sweet"])
    wheel = workplace.wheels / "soup-1.0-py3-none-any-sweet.whl"
    _rewrite(wheel, WHEEL_FAULTS[fault])
    if fallback == "null":
        workplace.build_null()
    else:
        workplace.build()
    files = sorted(workplace.wheels.glob("soup-*.whl"))
    write_project(workplace.folder, "soup", files, variants={"1.0": GOOD})
    before = workplace.tree()
    with serve(workplace.folder) as server:
        strict = _install_from(server, workplace, "--strict")
        assert _is_one_message(strict), strict.stderr
        assert workplace.tree() == before
        done = _install_from(server, workplace)
    assert done.code == 0, done.stderr
    assert done.stdout.endswith(": soup 1.0 (null)\n" if fallback == "null" else ": soup 1.0\n")
    assert "warning: " in done.stderr
    assert wheel.name in done.stderr
    assert "`variant.json`" in done.stderr


@pytest.mark.parametrize("damage", ["not a zip", "truncated", "double"])
def test_a_damaged_archive_gives_one_message(workplace: Workplace, damage: str) -> None:
    wheel = workplace.build("soup")
    if damage == "double":
        _rewrite(wheel, lambda _: None, double="soup/__init__.py")
    else:
        wheel.write_bytes(b"no zip at all" if damage == "not a zip" else wheel.read_bytes()[:-40])
    before = workplace.tree()
    done = workplace.install("soup")
    assert _is_one_message(done), done.stderr
    assert wheel.name in done.stderr
    assert workplace.tree() == before


def test_a_label_of_dots_is_left_out_with_a_word(workplace: Workplace) -> None:
    workplace.build("soup")
    good = workplace.wheels / "soup-1.0-py3-none-any.whl"
    (workplace.wheels / "soup-2.0-py3-none-any-...whl").write_bytes(good.read_bytes())
    done = workplace.install("soup")
    assert done.code == 0, done.stderr
    assert done.stdout.endswith(": soup 1.0\n")


def test_endless_numbers_from_outside_end_in_one_message(workplace: Workplace) -> None:
    endless = "1" * 5000
    workplace.build("foo", requires=[f"bar>={endless}"])
    workplace.build("bar")
    for requirement in ("foo", f"bar<{endless}"):
        done = workplace.install(requirement)
        assert done.code in {1, 2}
        assert "a number in it has thousands of digits" in done.stderr
        assert "Traceback" not in done.stderr
    page = workplace.wheels / "bar" / "index.html"
    page.parent.mkdir()
    name = "bar-1.0-py3-none-any.whl"
    link = f'<a href="../{name}" data-requires-python="&gt;={endless}">{name}</a>'
    page.write_text(link, encoding="utf-8")
    index = workplace.wheels.as_uri()
    done = workplace.run("install", "--python", workplace.python, "--index-url", index, "bar")
    assert done.code == 0, done.stderr
