"""Where a process may have the ledgers of its client: in a directory of its user's own, which is found out at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay_runtime.client.client import RelayClient
from relay_runtime.client.ledgers import keep_ledger


def client(**given: str) -> RelayClient:
    return RelayClient(project="p", token="t", host="127.0.0.1:9", **given)


@pytest.mark.parametrize("mode", [0o755, 0o2777])
def test_a_directory_that_others_can_open_is_refused_and_one_in_it_is_made(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(ValueError, match=r"is not this user's alone; accepted is .* such as (.+), which is made"):
        keep_ledger(client(), str(tmp_path), "app:It")
    keep_ledger(client(), str(tmp_path / "ledgers"), "app:It")
    assert (tmp_path / "ledgers").stat().st_mode & 0o777 == 0o700


def test_a_directory_that_the_program_has_chosen_is_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(ValueError, match=r"the directory .*/file can't be made: File exists"):
        keep_ledger(client(ledger=str(tmp_path / "file")), "auto", "app:It")


@pytest.mark.parametrize("choice", ["auto", "off"])
def test_words_are_no_directories(choice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keep_ledger(client(), choice, "app:It")
    assert list(tmp_path.iterdir()) == []
