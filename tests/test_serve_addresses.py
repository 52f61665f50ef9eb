import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from whichwheel.serve.running.addresses import HOST, AddressBook


def test_a_choice_keeps_its_address_and_shares_it_with_no_other(tmp_path: Path) -> None:
    book = AddressBook(tmp_path)
    first, second = book.address("a"), book.address("b")
    assert AddressBook(tmp_path).address("a") == first
    assert first.port != second.port
    assert first.token != second.token
    assert first.token not in first.masked(first.url)


def test_runs_at_the_same_time_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: AddressBook(tmp_path).address(f"{n % 4}"), range(32)))
    assert len(set(found)) == 4
    assert len({address.port for address in found}) == 4


def test_a_port_in_use_makes_an_address_for_this_run(tmp_path: Path) -> None:
    book = AddressBook(tmp_path)
    usual, opened = book.listen("a")
    with opened:
        other, second = book.listen("a")
        with second, socket.create_connection((HOST, other.port)):
            assert other.port != usual.port
            assert other.token != usual.token
    again, third = book.listen("a")
    third.close()
    assert again == usual


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        '{"format": 2, "addresses": {}}',
        '{"format": 1, "addresses": []}',
        '{"format": 1, "addresses": {"a": 1}}',
        '{"format": 1, "addresses": {"a": {"port": 80, "token": "x", "used": 1}}}',
        '{"format": 1, "addresses": {"a": {"port": 25000, "token": "../x", "used": 1}}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_made_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "addresses.json"
    path.write_text(text)
    address = AddressBook(tmp_path).address("a")
    assert AddressBook(tmp_path).address("a") == address
    assert json.loads(path.read_text())["addresses"]["a"]["port"] == address.port


def test_one_port_in_a_file_stands_for_one_choice(tmp_path: Path) -> None:
    AddressBook(tmp_path).address("a")
    path = tmp_path / "addresses.json"
    document = json.loads(path.read_text())
    document["addresses"]["b"] = document["addresses"]["a"]
    path.write_text(json.dumps(document))
    book = AddressBook(tmp_path)
    assert book.address("b").port != book.address("a").port


def test_the_file_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "addresses.json"
    token = "0" * 32
    listed = {
        f"{n}": {"port": 20_000 + n, "token": token, "used": 1_000_000_000 + n} for n in range(600)
    }
    path.write_text(json.dumps({"format": 1, "addresses": listed}))
    AddressBook(tmp_path).address("new")
    kept = json.loads(path.read_text())["addresses"]
    assert len(kept) == 512
    assert "new" in kept
    assert "599" in kept
    assert "0" not in kept


def test_where_nothing_can_be_remembered_there_is_an_address_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    address, opened = AddressBook(blocked / "cache").listen("a")
    opened.close()
    assert address.port


def test_answers_go_out_at_once(tmp_path: Path) -> None:
    """Where the protocol of a socket is not told, asyncio lets each answer wait for more."""
    _, opened = AddressBook(tmp_path).listen("a")
    with opened:
        assert opened.proto == socket.IPPROTO_TCP
