"""Every verb of a call and every request of a client has an example in the reference, which runs, and its frames."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
from docs_parts import DOCS, part

from relay_actors.call import verbs
from relay_runtime import Call, RelayClient

pytest.importorskip("griffe", reason="griffe reads the docstrings; it is in the extra 'dev'")

PAGES = {"Call": "call", "RelayClient": "client"}
VERBS = {name for subject in verbs.__all__ for name in vars(getattr(verbs, subject)) if not name.startswith("_")}
OF_NO_REQUEST = {
    "run": "connects, and waits",
    "status": "asks nobody but the client",
    "live_calls": "asks nobody but the client",
    "call_status": "asks nobody but the client",
    "tell": "asks nobody but a call",
}
"""Methods of a client that ask nothing of the server, besides those that keep a handler."""


@pytest.fixture(scope="module")
def examples() -> ModuleType:
    return part("reference_examples")


def test_every_verb_has_an_example(examples: Any) -> None:
    assert examples.OF_CALLS.keys() == VERBS | {"command", "on"}


def test_every_request_of_a_client_has_an_example(examples: Any) -> None:
    methods = {name for name, value in vars(RelayClient).items() if name[0] != "_" and callable(value)}
    handlers = {name for name in methods if name.startswith("on_")}
    assert examples.OF_CLIENTS.keys() == methods - handlers - OF_NO_REQUEST.keys()


def test_each_uses_its_verb_and_sends_what_the_verb_says_that_it_sends(examples: Any) -> None:
    for name, example in examples.played().items():
        owner, _, method = name.partition(".")
        used = rf"\b{owner.removeprefix('Relay').lower()}\.{method}\("
        assert re.search(used, example.program), name
        docstring = getattr({"Call": Call, "RelayClient": RelayClient}[owner], method).__doc__ or ""
        said = re.search(r"\(``((?:calling|messaging)\.[\w.]+)``\)", docstring.partition("\n")[0])
        if said:
            assert said[1] in [frame["method"] for frame in example.frames], name


def test_they_send_the_same_each_time_and_nothing_random(examples: Any) -> None:
    again = examples.played.__wrapped__()
    assert again == examples.played()
    sent = json.dumps([example.frames for example in again.values()])
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|sandbox-[0-9a-f]{8}|signalwire\.ping", sent)


def test_a_page_shows_each_with_the_frames_that_it_sends(examples: Any) -> None:
    texts = {owner: (DOCS / "reference" / f"{page}.md").read_text(encoding="utf-8") for owner, page in PAGES.items()}
    for name, example in examples.played().items():
        owner, _, method = name.partition(".")
        entry = texts[owner].partition(f"\n### `{method}`\n")[2].partition("\n### ")[0]
        assert "**Example:** " in entry, name
        assert f"\n```python\n{example.program}\n```\n" in entry, name
        shown = re.search(r"\*\*Sends:\*\*\n\n```json\n(.*?)\n```", entry, re.DOTALL)
        frames = [json.loads(each) for each in re.split(r"\n(?=\{)", shown[1])] if shown else []
        assert frames == list(example.frames), name
        assert shown or "\nIt sends nothing.\n" in entry, name


def test_a_frame_is_broken_between_its_parts_and_stays_json(examples: Any) -> None:
    frame = {"method": "calling.play", "params": {"play": [{"text": 'a, "b", ' * 3, "n": n} for n in range(9)]}}
    lines = examples.frame_lines(frame)
    assert json.loads(lines) == frame
    assert lines.count("\n") > 1
    assert max(map(len, lines.split("\n"))) <= examples.WIDTH


def fails(call: Call) -> None:
    """Ask for what is not there."""
    call.queue_leave("nowhere")


def test_an_example_that_fails_is_named(examples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "OF_CALLS", {"queue_leave": fails})
    with pytest.raises(examples.ExampleFailed, match="queue_leave: RelayError"):
        examples.played.__wrapped__()


def hangs(call: Call) -> None:
    """Wait for what does not come."""
    call.wait_for("calling.call.play")


def test_an_example_that_does_not_end_is_named(examples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "OF_CALLS", {"wait_for": hangs})
    with pytest.raises(examples.ExampleFailed, match="wait_for: it has not come to its end"):
        examples.played.__wrapped__()


def waits_for_a_key(call: Call) -> None:
    """Say nothing, while somebody waits for a word."""
    call.sleep(30)


def test_a_person_who_does_not_hear_what_they_wait_for_is_told(examples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = part("verb_examples.staging")
    staging.staged(line=lambda line: line.hears("Press 1"))(waits_for_a_key)
    monkeypatch.setattr(examples, "OF_CALLS", {"sleep": waits_for_a_key})
    with pytest.raises(examples.ExampleFailed, match="sleep: .*Press 1"):
        examples.played.__wrapped__()


def test_two_things_that_are_random_have_names_of_their_own(examples: Any) -> None:
    one, other = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    frame = {
        "call_id": one,
        "control_id": other,
        "to": [{"call_id": one}],
        "node_id": "n",
        "url": f"http://h/{other}.wav",
    }
    named = {"call_id": "call-1", "control_id": "control-1", "to": [{"call_id": "call-1"}], "node_id": "node-1"}
    assert examples.Naming().named(frame) == {**named, "url": "http://h/….wav"}


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_mypy_in_its_strict_mode_finds_no_fault_in_them() -> None:
    pytest.importorskip("mypy", reason="it is in the extra 'dev'")
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH"}}
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-version=3.11", "verb_examples"]
    done = subprocess.run(command, cwd=DOCS, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
