"""What the page says of this runtime and of SignalWire's client, as far as it can be looked at here."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest
from running_process import RunningProcess

import relay_runtime
from relay_runtime import CallActor, RelayClient, aio
from relay_runtime.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "compare.md").read_text(encoding="utf-8")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
PEERS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)[1:-1]
PARTS = ("for.", "better.", "not.", "when")
WHAT_IS_MEASURED = {
    "CPU per call, official ÷ ours": "It uses less CPU for a call.",
    "import, ms": "It imports and connects faster",
    "connect, ms": "It imports and connects faster",
    "10,000 held calls: memory per call, KB": "takes less memory than one that is written as `run()` here",
}
with_the_official_client = pytest.mark.skipif(
    find_spec("signalwire") is None, reason="signalwire-sdk is not installed; it is in the extra 'interop'"
)


def said(text: str) -> bool:
    """Return whether the page says this, however its lines are broken."""
    return " ".join(text.split()) in " ".join(PAGE.split())


def measured(name: str) -> float:
    """Return a ratio of docs/performance.md: how many times SignalWire's figure ours is, or the other way round."""
    rows = (DOCS / "performance.md").read_text(encoding="utf-8").splitlines()
    cells = next([cell.strip() for cell in row.split("|")[1:-1]] for row in rows if row.strip("|… ").startswith(name))
    return float(cells[2] if name.startswith("CPU") else cells[7])


def test_the_version_of_signalwires_client_is_the_one_that_is_tested() -> None:
    (pinned,) = [each for each in EXTRAS["interop"] if each.startswith("signalwire-sdk==")]
    assert set(re.findall(r"signalwire-sdk (\d[\d.]*\d)", PAGE)) == {pinned.partition("==")[2]}


def test_each_peer_has_the_four_parts() -> None:
    assert len(PEERS) == 7
    for name in PEERS:
        section = PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        heads = re.findall(r"^\*\*([^*]+)\*\*", section, re.MULTILINE)
        assert [head.split()[-1] for head in heads] == list(PARTS), name


def test_every_row_of_a_table_has_all_its_cells() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        rows = [row.split("|")[1:-1] for row in table.splitlines()]
        assert {len(row) for row in rows} == {len(rows[0])}
        assert all(cell.strip() for row in rows[1:] for cell in row)


@pytest.mark.parametrize("name", WHAT_IS_MEASURED)
def test_what_it_says_of_speed_and_memory_was_measured(name: str) -> None:
    assert said(WHAT_IS_MEASURED[name])
    assert measured(name) > 1


def test_it_has_no_figures_of_its_own() -> None:
    assert not re.search(r"\d\s*(?:µs|ms|KB|MB|%|times)|calls/s", PAGE)


@pytest.mark.parametrize("name", ["ai", "amazon_bedrock", "tap", "stream"])
def test_the_verbs_that_it_names_exist_in_both_faces(name: str) -> None:
    assert re.search(rf"`(?:call\.)?{name}(?:\(…\))?`", PAGE)
    assert hasattr(CallActor, name)
    assert hasattr(aio.Call, name)


def test_the_other_names_of_this_runtime_exist() -> None:
    assert "`when_crashed`" in PAGE
    assert "when_crashed" in inspect.signature(RelayClient).parameters
    assert "`SessionLost`" in PAGE
    assert issubclass(relay_runtime.SessionLost, relay_runtime.RelayError)
    assert "`on_adopted`" in PAGE
    assert "def on_adopted(self)" in (DOCS / "semantics.md").read_text(encoding="utf-8")


@with_the_official_client
def test_the_names_of_signalwires_client_exist() -> None:
    assert "`swaig-test`" in PAGE
    assert "swaig-test" in entry_points(group="console_scripts").names
    assert "`livewire`" in PAGE
    assert find_spec("signalwire.livewire")
    assert find_spec("signalwire.rest")


CUT_UNDER_ASYNC_WITH = """
import asyncio
from signalwire.relay import RelayClient

async def main():
    async with RelayClient(contexts=["office"]) as client:
        print("connected", flush=True)
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
        print("nothing is left that could connect again", flush=True)

asyncio.run(main())
"""


@pytest.mark.interop
@pytest.mark.slow
@with_the_official_client
def test_signalwires_client_connects_again_in_run_alone(tmp_path: Path) -> None:
    assert said("a client in `async with`, not only one in `run()`, connects again")
    pytest.importorskip("trustme", reason="trustme makes the certificate; it is in the extra 'test'")
    from played_programs import over_wss

    (tmp_path / "program.py").write_text(CUT_UNDER_ASYNC_WITH)
    environ, settings = over_wss(tmp_path)
    with Sandbox(time_scale=0.01, control_port=None, **settings) as sandbox:
        environ |= {
            "SIGNALWIRE_SPACE": sandbox.url.removeprefix("wss://"),
            "SIGNALWIRE_PROJECT_ID": sandbox.project,
            "SIGNALWIRE_API_TOKEN": sandbox.token,
        }
        with RunningProcess(["program.py"], cwd=tmp_path, environ=environ) as process:
            process.wait_for_line("connected", "stdout")
            sandbox.cut()
            process.wait_for_line("nothing is left", "stdout")
            assert process.exit_code() == 0, process.last_lines


def test_every_link_to_a_file_leads_somewhere() -> None:
    for page, anchor in re.findall(r"\]\(([^):#]+\.md)(?:#([^)]+))?\)", PAGE):
        text = (DOCS / page).read_text(encoding="utf-8")
        slugs = {
            re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-")
            for head in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        }
        assert not anchor or anchor in slugs, (page, anchor)
