"""The table of methods: what each takes, and whose absence a 404 tells."""

from __future__ import annotations

import pytest

from relay_actors.wire.methods import METHODS, NOT_ABOUT_THE_CALL
from relay_actors.wire.rules import Shape

OPERATIONS = [name for name, shape in METHODS.items() if "control_id" in shape.fields]
SUB_COMMANDS = [name for name in METHODS if name.rpartition(".")[0] in METHODS]


@pytest.mark.parametrize("method", METHODS)
def test_the_address_of_a_call_is_in_no_entry_and_every_rule_says_what_it_accepts(method: str) -> None:
    fields = METHODS[method].fields
    assert "call_id" not in fields
    assert "node_id" not in fields or method == "calling.dial"  # there it names a server, not a call
    assert [name for name, rule in fields.items() if not isinstance(rule, Shape) and not rule.accepted] == []


@pytest.mark.parametrize("method", [name for name in SUB_COMMANDS if name.rpartition(".")[0] in OPERATIONS])
def test_a_sub_command_names_the_operation_that_it_is_for(method: str) -> None:
    assert "control_id" in METHODS[method].fields


@pytest.mark.parametrize("method", OPERATIONS)
def test_an_operation_without_an_id_is_accepted_since_its_verb_makes_one_up(method: str) -> None:
    shape = METHODS[method]
    assert not shape.fields["control_id"].required
    with pytest.raises(ValueError, match="control_id"):
        shape.fields["control_id"].check("control_id", "")


def test_a_404_that_says_nothing_about_the_call_belongs_to_a_method_that_is_sent() -> None:
    assert METHODS.keys() > NOT_ABOUT_THE_CALL
    assert not {"calling.answer", "calling.end", "calling.play"} & NOT_ABOUT_THE_CALL
