"""Ledgers that stand in a second place too: what becomes of the copy when one is made, taken over, or can't be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from doubles.second_place import NotedCopies

from relay_runtime.ledger import folder as of_folder
from relay_runtime.ledger.file import LedgerFile
from relay_runtime.ledger.folder import Folder
from relay_runtime.ledger.records import Offered, Opened, SessionKept, encode, read_book

KEY = "0" * 16
NAME = f"{KEY}-4711-0123abcd.ledger"
TEXT = encode(Opened(1, KEY, 4711, 7, "l", "dead")) + encode(SessionKept("p1", "blob", ("office",)))
CALL = encode(Offered("c1", "n1", "office"))


@pytest.fixture
def copies() -> NotedCopies:
    return NotedCopies()


@pytest.fixture
def mine(tmp_path: Path, copies: NotedCopies) -> Folder:
    return Folder(tmp_path, KEY, 20, None, copies)


def left_behind(path: Path) -> Path:
    (path / NAME).write_bytes(TEXT + CALL)
    (path / NAME).chmod(0o600)
    return path / NAME


def test_a_ledger_and_its_copy_have_the_same_and_end_together(mine: Folder, copies: NotedCopies) -> None:
    file = mine.make()
    file.append(CALL)
    (copy,) = copies.made
    assert copy.text == file._read() == encode(file.opened) + CALL
    assert (file.opened.ledger, file.opened.member) == ("l0", "me")
    file.close(keep=False)
    assert copy.ended is False


def test_what_was_written_anew_is_copied_anew(mine: Folder, copies: NotedCopies) -> None:
    file = mine.make()
    file._replace(encode(file.opened) + CALL)
    assert copies.made[0].text == encode(file.opened) + CALL
    file.close(keep=True)
    assert copies.made[0].ended is True


def test_one_that_another_host_has_taken_is_ours_no_more_and_nobody_here_finds_it(
    mine: Folder, copies: NotedCopies
) -> None:
    file = mine.make()
    assert file.is_ours
    copies.made[0].taken = True
    assert not file.is_ours
    file.close(keep=False)
    assert not file.path.exists()


def test_one_that_is_taken_over_goes_on_under_the_same_name_in_both(
    mine: Folder, copies: NotedCopies, tmp_path: Path
) -> None:
    left_behind(tmp_path)
    (claim,) = mine.claims()
    assert [each.ledger for each in copies.asked] == ["l"]
    assert copies.made[0].token == 7
    assert claim.file.opened == Opened(1, KEY, os.getpid(), 7, "l", "me")
    assert list(read_book(copies.made[0].text).calls) == ["c1"]
    claim.file.close(keep=False)


def test_one_that_another_host_was_faster_with_is_left_and_removed(
    mine: Folder, copies: NotedCopies, tmp_path: Path
) -> None:
    copies.token = None
    path = left_behind(tmp_path)
    assert list(mine.claims()) == []
    assert not path.exists()
    assert copies.made == []


def test_what_another_host_has_left_gets_a_file_here(mine: Folder, copies: NotedCopies, tmp_path: Path) -> None:
    copies.brought.append((read_book(TEXT + CALL), 9))
    (claim,) = mine.claims()
    assert list(claim.book.calls) == ["c1"]
    assert (claim.stopped, claim.file.opened.limit, copies.made[0].token) == (False, 7, 9)
    assert os.listdir(tmp_path) == [claim.file.path.name]
    claim.file.close(keep=False)


def no_room(*_: object) -> LedgerFile:
    raise OSError(28, "No space left on device")


def test_a_copy_of_what_cannot_be_made_is_given_up(
    mine: Folder, copies: NotedCopies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_folder, "LedgerFile", no_room)
    with pytest.raises(OSError, match="No space"):
        mine.make()
    assert [each.ended for each in copies.made] == [False]


@pytest.mark.parametrize("here", [True, False])
def test_a_copy_of_what_cannot_be_gone_on_with_here_is_left_to_others(
    mine: Folder, copies: NotedCopies, tmp_path: Path, here: bool, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    """Else it would be this process's in the engine for as long as that lives, and its calls nobody's."""
    monkeypatch.setattr(of_folder, "LedgerFile", no_room)
    if here:
        path = left_behind(tmp_path)
    else:
        copies.brought.append((read_book(TEXT + CALL), 9))
    assert list(mine.claims()) == []
    assert [each.ended for each in copies.made] == [True]
    assert any("No space left on device" in line for line in log_lines)
    if here:
        assert path.exists()
