"""``relay-runtime replay``: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from doubles.output import Output
from doubles.recorded import recorded
from doubles.replayed import Menu

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode

IVR = """
from doubles import replayed

class Menu(replayed.Menu):
    def begin(self):
        print("printed by the app")
        super().begin()

class Changed(Menu):
    patience = 9
"""


@pytest.fixture(scope="module")
def _call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def play(kit: object) -> None:
        line = kit.caller().dials("office").hears("for support", within=30)  # type: ignore[attr-defined]
        line.presses("1").is_hung_up_on(within=60)

    return recorded(Menu, play, tmp_path_factory.mktemp("call") / "r")


@pytest.fixture(autouse=True)
def call(_call: Path, here: Path) -> Path:
    (here / "ivr.py").write_text(IVR)
    made = here / "call.jsonl"
    made.write_bytes(_call.read_bytes())
    return made


@pytest.mark.parametrize("how", [[], ["--strict"]])
def test_no_difference_is_one_line_and_exit_code_0(output: Output, how: list[str]) -> None:
    assert run(["replay", "call.jsonl", "ivr.py:Menu", *how]) == ExitCode.OK
    assert output() == ("call.jsonl: no difference in 4 requests\n", "printed by the app\n")


def test_a_client_that_takes_its_credentials_from_the_environment_needs_none(output: Output, here: Path) -> None:
    client = "from relay_runtime import RelayClient\nclient = RelayClient(call_actor=Menu)\n"
    (here / "ivr.py").write_text(IVR + client)
    assert run(["replay", "call.jsonl", "ivr.py:client"]) == ExitCode.OK
    assert output()[0] == "call.jsonl: no difference in 4 requests\n"


def test_a_difference_is_printed_with_exit_code_1(output: Output) -> None:
    assert run(["replay", "call.jsonl", "ivr.py:Changed"]) == 1
    out, _ = output()
    assert out.splitlines()[:3] == [
        "--- call.jsonl, 4 requests",
        "+++ ivr.py:Changed, 4 requests",
        "@@ request -2 +2 @@",
    ]
    assert "-                             collect.initial_timeout: 5\n+" in out


def test_a_verbatim_replay_says_where_it_stopped(output: Output) -> None:
    assert run(["replay", "call.jsonl", "ivr.py:Changed", "--strict"]) == 1
    out, _ = output()
    assert out.startswith(
        "call.jsonl: the replay stopped\nrequest 2, at 0.000 s:\n  expected  calling.play_and_collect\n"
    )
    assert "the app's code stands at" in out


@pytest.mark.slow
def test_scripts_get_json(output: Output) -> None:
    assert run(["replay", "call.jsonl", "ivr.py:Changed", "--json"]) == 1
    facts = msgspec.json.decode(output()[0])
    (difference,) = facts["differences"]
    assert (facts["same"], facts["recorded"], facts["replayed"]) == (False, 4, 4)
    assert difference["replayed"]["method"] == "calling.play_and_collect"
    assert "collect.initial_timeout: 9" in difference["replayed"]["params"]
    assert run(["replay", "call.jsonl", "ivr.py:Changed", "--json", "--strict"]) == 1
    stopped = msgspec.json.decode(output()[0])["divergence"]
    assert (stopped["number"], stopped["got"]["method"]) == (2, "calling.play_and_collect")


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["none.jsonl", "ivr.py:Menu"], ExitCode.BAD_CONFIG, "none.jsonl can't be read: No such file"),
        (["ivr.py", "ivr.py:Menu"], ExitCode.BAD_CONFIG, "ivr.py, line 1: it is empty"),
        (["call.jsonl", "nothing.py"], ExitCode.BAD_APP, "nothing.py is no file"),
        (["call.jsonl", "ivr.py:Menu", "--number", "1"], ExitCode.USAGE, "accepted is TOKEN=NUMBER"),
        (["call.jsonl", "ivr.py:Menu", "--number", "<number-9>=+15550100001"], ExitCode.USAGE, "has no <number-9>"),
        (["call.jsonl"], ExitCode.USAGE, "Missing argument 'APP'"),
    ],
)
def test_what_can_not_be_is_one_line_with_a_code(
    output: Output, arguments: list[str], code: ExitCode, why: str
) -> None:
    assert run(["replay", *arguments]) == code
    out, err = output()
    assert out == ""
    assert why in err
    assert len(err.splitlines()) == 1


def test_a_call_that_can_not_be_played_again_is_told_with_a_code_of_its_own(output: Output, call: Path) -> None:
    call.write_text(call.read_text().replace('"not_replayable":[]', '"not_replayable":["frames were left out"]'))
    assert run(["replay", "call.jsonl", "ivr.py:Menu"]) == ExitCode.NEGATIVE
    assert output() == ("", "relay-runtime: call.jsonl: the recording can't be played again: frames were left out\n")
