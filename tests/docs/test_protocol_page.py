"""The page about the protocol has all that the machine-readable protocol has, and names nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from protocol_data import DATA

from relay_actors.call import actions
from relay_actors.timing import Timing
from relay_runtime import CallActor, RelayClient

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")

ADDRESS = {"node_id", "call_id"}
COMMON = {"node_id": True, "call_id": True, "segment_id": False, "tag": False}
"""Fields of every event of a call, and whether they must be there; the page names them once."""
BASE = {"code", "message", "data"}
"""What every result has; the page names it once."""
OTHER_NAMES = {"calling.queue", "calling.call.received"}
"""Names in use elsewhere, which the page mentions as such."""


def section(number: str) -> str:
    """Return the text under the heading with this number, its subsections included."""
    level = "#" * (2 + number.count("."))
    pattern = rf"^{level} {re.escape(number)}\.? .*?(?=^#{{2,{len(level)}}} |\Z)"
    found = re.search(pattern, PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"section {number} is missing"
    return found[0]


def rows(number: str) -> dict[str, list[str]]:
    """Return the rows of a section's tables, by the first name in code of their first cell."""
    found: dict[str, list[str]] = {}
    lines = section(number).splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("| ") and not below.startswith("|---"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            name = re.search(r"`(.+?)`", cells[0])
            key = name[1] if name else cells[0]
            assert key not in found, f"{key} has two rows in section {number}"
            found[key] = cells
    return found


def fields(cell: str) -> dict[str, bool]:
    """Return the fields that a cell lists, and whether each must be there."""
    return {name: bool(star) for name, star in re.findall(r"`(\w+)`(\*?): ", cell)}


def needed(specs: dict[str, Any]) -> dict[str, bool]:
    return {name: bool(spec.get("required")) for name, spec in specs.items()}


METHODS, OBJECTS, ACTIONS, EVENTS = rows("7"), rows("8"), rows("9"), rows("10")


def test_the_sections_are_numbered_without_a_gap() -> None:
    assert re.findall(r"^## (\d+)\. ", PAGE, re.MULTILINE) == [str(number) for number in range(1, 18)]


@pytest.mark.parametrize(("pattern", "number", "last"), [(r"^\| (\d+) \|", "16", 45), (r"^(\d+)\. ", "17", 20)])
def test_what_is_cited_by_row_is_numbered_without_a_gap(pattern: str, number: str, last: int) -> None:
    found = re.findall(pattern, section(number), re.MULTILINE)
    assert found == [str(row) for row in range(1, last + 1)]


def test_every_method_object_action_and_event_has_its_row_and_no_other() -> None:
    assert METHODS.keys() == DATA["methods"].keys()
    assert OBJECTS.keys() == DATA["types"].keys()
    assert ACTIONS.keys() == DATA["actions"].keys()
    assert EVENTS.keys() == DATA["events"].keys()


@pytest.mark.parametrize("method", DATA["methods"])
def test_a_methods_row_has_its_params_its_result_and_its_events(method: str) -> None:
    entry = DATA["methods"][method]
    _, _, params, result, events = METHODS[method]
    wanted = needed(entry["params"])
    if entry["scope"] == "call":
        wanted = {name: must for name, must in wanted.items() if not (must and name in ADDRESS)}
    assert fields(params) == wanted
    told = needed(entry["result"] or {})
    assert {name: told[name] for name in fields(result)} == fields(result)
    assert told.keys() - fields(result).keys() <= BASE | {"call_id", "control_id"}
    assert (f'"{entry["ok_message"]}"' in result) is bool(entry["ok_message"])
    assert re.findall(r"`(.+?)`", events) == entry["emits"]


@pytest.mark.parametrize("name", DATA["types"])
def test_an_objects_row_has_its_fields(name: str) -> None:
    entry, cell = DATA["types"][name], OBJECTS[name][1]
    if "variants" not in entry:
        assert fields(cell) == needed(entry["fields"])
        return
    parts = re.split(r"\*\*(\w+)\*\*", cell)
    assert parts[1::2] == list(entry["variants"])
    for variant, text in zip(parts[1::2], parts[2::2], strict=True):
        params = (entry["variants"][variant] or {}).get("params", {})
        assert fields(text) == needed(params.get("fields", {}))
        assert params.get("ref", "") in text


@pytest.mark.parametrize("kind", DATA["actions"])
def test_an_actions_row_tells_how_it_begins_goes_on_and_ends(kind: str) -> None:
    entry = DATA["actions"][kind]
    _, method, event, told_by, states, over, commands = ACTIONS[kind]
    assert (method, event, told_by) == (f"`{entry['method']}`", f"`{entry['event']}`", f"`{entry['state_field']}`")
    assert states.replace("&lt;", "<").split(", ") == entry["states"]
    assert over.split(", ") == entry["terminal"]
    described = {name for name in entry["subcommands"].values() if DATA["methods"][name]["status"] != "undocumented"}
    assert set(re.findall(r"`(.+?)`", commands)) == described


@pytest.mark.parametrize("event", DATA["events"])
def test_an_events_row_has_its_fields_and_states(event: str) -> None:
    entry = DATA["events"][event]
    _, by, told, cell = EVENTS[event]
    listed = {**(COMMON if entry["scope"] == "call" else {}), **fields(cell)}
    wanted = needed(entry["params"])
    assert {name: listed[name] for name in wanted} == wanted
    assert fields(cell).keys() <= wanted.keys()
    assert by == (f"`{entry['match_by']}`" if entry["match_by"] else "")
    assert not [state for state in entry["states"] if state not in told + cell]
    if entry["terminal"] and entry["terminal"] != entry["states"]:
        assert f"Over at {', '.join(entry['terminal'])}." in told


def test_the_states_of_a_call_follow_each_other_as_they_may() -> None:
    transitions = {
        cells[0].strip("`"): re.findall(r"`(\w+)`", cells[1])
        for cells in rows("6").values()
        if cells[0].strip("`") in {"(not seen yet)", *DATA["call_states"]}
    }
    assert transitions == {name or "(not seen yet)": after for name, after in DATA["call_transitions"].items()}


def test_every_end_reason_is_there_with_its_other_spelling() -> None:
    told = {name: cells for name, cells in rows("6").items() if name in DATA["end_reasons"]}
    assert list(told) == DATA["end_reasons"]
    spelt = {alias: name for name, cells in told.items() for alias in re.findall(r"`(\w+)`", cells[1])}
    assert spelt == DATA["end_reason_aliases"]
    assert [name for name, cells in told.items() if cells[2] == "yes"] == DATA["end_request_reasons"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("5", "dial_states"),
        ("6", "connect_states"),
        ("6", "end_sources"),
        ("11", "message_states"),
        ("13", "environment"),
    ],
)
def test_every_state_side_and_variable_is_named_where_it_belongs(number: str, words: str) -> None:
    assert [word for word in DATA[words] if f"`{word}`" not in section(number)] == []


def test_every_code_is_explained() -> None:
    codes = {key for key in rows("12") if re.fullmatch(r"-?\d+", key)}
    assert codes == DATA["result_codes"].keys() | DATA["jsonrpc_error_codes"].keys()


def test_no_name_on_the_page_is_unknown() -> None:
    named = re.findall(r"(?<![\w.@/])(?:calling|messaging|queuing|signalwire|provisioning)(?:\.[a-z_]+)+", PAGE)
    known = DATA["methods"].keys() | DATA["events"].keys() | OTHER_NAMES
    assert sorted(set(named) - known) == []


def test_references_inside_the_page_lead_somewhere() -> None:
    for reference in re.findall(r"(?:\(|\bsee )(\d+\.\d+)\b", PAGE):
        number, _, row = reference.partition(".")
        assert re.search(rf"^### {number}\.{row} |^\| {row} \||^{row}\. ", section(number), re.MULTILINE), reference


def test_times_and_limits_are_those_of_the_runtime() -> None:
    timing, here = Timing(), {name: cells[-1] for name, cells in rows("13").items()}
    assert here["a reply"].startswith(f"{timing.request_timeout:g} s;")
    assert here["ping of the client"] == f"after {timing.probe_idle:g} s of silence"
    assert f"after {timing.probe_timeout:g} s" in here["silence of the server"]
    assert f"below {timing.backoff_first:g} s, doubling to {timing.backoff_limit:g} s" in here["before the next try"]
    assert f"to {timing.backoff_limit_live:g} s while calls are live" in here["before the next try"]
    assert f"lasted {timing.healthy_after:g} s" in here["before the next try"]
    assert (timing.refusals_allowed, timing.refusals_allowed_later) == (3, None)
    assert here["requests while offline"].startswith(str(timing.outbox_limit))
    assert here["a dial"] == f"{timing.dial_timeout:g} s"


def test_the_methods_of_a_call_are_there_and_send_what_the_page_says() -> None:
    owners: dict[str, Any] = {"call": CallActor, "client": RelayClient}
    sent = set()
    for cells in rows("15").values():
        for owner, name in re.findall(r"`(\w+)\.(\w+)`", cells[0]):
            assert hasattr(owners.get(owner) or getattr(actions, owner), name), f"{owner}.{name}"
        sent |= set(re.findall(r"`([\w.]+)`", cells[1]))
    ours = {name for name, method in DATA["methods"].items() if (method["python_sdk"] or "(").partition("(")[0]}
    assert sent == ours
