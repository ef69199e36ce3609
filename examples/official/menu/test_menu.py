"""The menu, with callers who press this and that."""

from __future__ import annotations

from pathlib import Path

import pytest
from official_app import serving

from relay_runtime.sandbox import Callee, Caller

APP = Path(__file__).with_name("app.py")
AGENT = "+15550100007"


def test_each_key_leads_to_its_sentence_and_silence_to_none_of_them() -> None:
    with serving(APP, "waiting for calls") as (sandbox, _):
        for key, sentence in (("1", "Sales will be"), ("2", "hold for support"), ("7", "not one of the choices")):
            caller = Caller().dials("default").hears("Press 1").presses(key).hears(sentence).waits_for_hangup()
            assert sandbox.place(caller).wait(15).ok
        silent = Caller().dials("default").hears("not one of the choices", timeout=15).waits_for_hangup()
        assert sandbox.place(silent).wait(15).ok


@pytest.mark.parametrize(("agent", "bridge"), [(Callee().answers(), "connected"), (Callee().is_busy(), "failed")])
def test_zero_leads_to_a_person_if_there_is_one(agent: Callee, bridge: str) -> None:
    with serving(APP, "waiting for calls") as (sandbox, app):
        caller = Caller().dials("default").hears("Press 1").presses("0").hears("One moment")
        if bridge == "connected":
            sandbox.on_dial(AGENT, agent.says("hello, what can I do for you").hangs_up())
            run = sandbox.place(caller.hears("what can I do").hangs_up())
        else:
            sandbox.on_dial(AGENT, agent)
            run = sandbox.place(caller.hears("Nobody is there").waits_for_hangup())
        app.wait_for_line(f"the bridge is {bridge}", "stdout")
        assert run.wait(15).ok
