"""The reference: generated from the docstrings, whole, and up to date."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docs_parts import DOCS, part

import relay_runtime
from relay_runtime import replay, sandbox, testing

pytest.importorskip("griffe", reason="griffe reads the docstrings; it is in the extra 'dev'")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    return part("reference")


def test_the_pages_are_up_to_date(reference: Any) -> None:
    assert reference.stale() == [], "run: python docs/reference.py"


def test_every_public_name_has_a_docstring(reference: Any) -> None:
    reference.pages()
    assert list(reference.undocumented) == []


def test_every_public_name_is_on_a_page(reference: Any) -> None:
    covered = [name for page in reference.pages() for name in page.covers]
    assert sorted(covered) == dir(relay_runtime)  # each on one page
    for module in (sandbox, testing, replay):
        text = next(page.text() for page in reference.pages() if page.name == module.__name__.partition(".")[2])
        assert [name for name in module.__all__ if f"\n## `{name}`\n" not in text] == []


def test_every_public_name_but_the_constants_has_an_entry_of_its_own(reference: Any) -> None:
    for page in reference.pages():
        text = page.text()
        assert [name for name in page.covers if f"\n## `{name}`\n" not in text and not name.isupper()] == [], page.name


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("RelayClient.stats", "client.md#stats"),
        ("RelayClient.tap", "client.md#tap"),
        ("Stats", "watching.md#stats"),
        ("Call.when_done", "call.md#when_done"),
        ("Call.when_crashed", "call.md#when_crashed"),
        ("Call.when_orphaned", "call.md#when_orphaned"),
        ("CallSetup", "more.md#callsetup"),
        ("PlayAction.pause", "actions.md#playactionpause"),
        ("aio.Call.play", "aio.md#callplay"),
        ("sandbox.Sandbox.place", "sandbox.md#sandboxplace"),
    ],
)
def test_the_index_leads_from_a_name_to_its_entry(name: str, where: str) -> None:
    assert f"\n- [`{name}`]({where})\n" in (DOCS / "reference" / "names.md").read_text()


def test_the_index_is_in_the_order_of_the_alphabet() -> None:
    listed = re.findall(r"^- \[`([\w.]+)`\]", (DOCS / "reference" / "names.md").read_text(), re.MULTILINE)
    assert listed == sorted(listed, key=lambda name: (name.lower(), name))
    assert len(listed) == len(set(listed)) > 500


def test_what_a_client_keeps_is_of_the_type_that_its_entry_says() -> None:
    page = (DOCS / "reference" / "client.md").read_text()
    client = relay_runtime.RelayClient(project="p", token="t")
    for name in ("stats", "tap"):
        assert f"### `{name}`\n\n```python\n{name}: {type(getattr(client, name)).__name__}\n```" in page


def test_what_completion_shows_on_a_client_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "client.md").read_text()
    documented = set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))
    attributes = page.partition("**Attributes:**")[2].partition("**Raises:**")[0]
    documented |= set(re.findall(r"^- `(\w+)`:", attributes, re.MULTILINE))
    client = relay_runtime.RelayClient(project="p", token="t")
    assert documented == {name for name in dir(client) if not name.startswith("_")}


def test_what_completion_shows_on_a_call_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "call.md").read_text()
    documented = set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))
    rows = re.findall(r"^\| (`[^|]*`) \|", page.partition("## What Pykka gives it")[2], re.MULTILINE)
    documented |= {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert documented == {name for name in dir(relay_runtime.CallActor) if not name.startswith("_")}


def test_a_page_that_is_missing_or_changed_or_too_many_is_stale(reference: Any, tmp_path: Path) -> None:
    for page in reference.pages():
        (tmp_path / f"{page.name}.md").write_text(page.text())
    assert reference.stale(tmp_path) == []
    (tmp_path / "call.md").write_text("old")
    (tmp_path / "events.md").unlink()
    (tmp_path / "former.md").write_text("gone")
    assert reference.stale(tmp_path) == ["call.md", "events.md", "former.md"]


def test_a_name_without_a_docstring_is_found(reference: Any) -> None:
    class Silent:
        def speak(self) -> None: ...

    reference.undocumented.clear()
    reference.Entries().of_class("Silent", Silent, ())
    reference.Entries().member("Silent", "speak", Silent.speak)
    assert list(reference.undocumented) == ["Silent", "Silent.speak"]
    reference.undocumented.clear()


def test_the_check_names_what_is_stale(tmp_path: Path) -> None:
    copy = tmp_path / "reference.py"
    for path in DOCS.glob("reference*.py"):
        shutil.copy(path, tmp_path)
    shutil.copytree(DOCS / "verb_examples", tmp_path / "verb_examples")
    done = subprocess.run(
        [sys.executable, str(copy), "--check"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "call.md" in done.stdout.split()


@pytest.mark.parametrize("name", ["call", "client", "events"])
def test_a_page_has_no_leftovers_of_another_markup(reference: Any, name: str) -> None:
    text = next(page.text() for page in reference.pages() if page.name == name)
    assert "``" not in text.replace("```", "")
    assert not re.search(r":(class|meth|func):", text)
