"""The table of options."""

from __future__ import annotations

import inspect
import re

import pytest

from relay_runtime import RelayClient
from relay_runtime.settings.kinds import COUNT, SECONDS, SWITCH, TEXT
from relay_runtime.settings.options import OPTIONS, Client, Option


def test_names_variables_and_flags_are_each_their_own() -> None:
    for column in (
        [each.variable for each in OPTIONS.values()],
        [s for each in OPTIONS.values() for s in each.spellings],
    ):
        assert len(set(column)) == len(column)


def test_an_option_has_a_variable_and_a_flag_after_its_name_unless_it_says_otherwise() -> None:
    plain = Option("drain_timeout", SECONDS, "how long", "How long.")
    assert (plain.variable, plain.flag) == ("RELAY_DRAIN_TIMEOUT", "--drain-timeout")
    named = Option("app", TEXT, "what", "What.", spellings=("APP",), variable="THE_APP")
    assert (named.variable, named.flag) == ("THE_APP", "APP")
    assert Option("token", TEXT, "a token").flag == ""


@pytest.mark.parametrize(
    ("option", "unset"),
    [
        (Option("a", COUNT, "", default=1000), "1000"),
        (Option("a", SECONDS, "", default=30.0), "30"),
        (Option("a", SECONDS, "", default=0.5), "0.5"),
        (Option("a", SWITCH, "", default=False), "false"),
        (Option("a", TEXT, "", otherwise="never"), "never"),
        (Option("a", TEXT, ""), ""),
        (Option("a", TEXT, "", default=()), ""),
    ],
)
def test_what_holds_without_a_value_is_told_in_words(option: Option, unset: str) -> None:
    assert option.unset == unset


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_a_default_is_a_value_of_its_kind(option: Option) -> None:
    if option.default not in {None, ()}:
        assert option.kind.read(option.default) == option.default


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_meaning_and_help_are_in_the_form_of_the_others(option: Option) -> None:
    assert re.fullmatch(r"[^A-Z].*[^.]|API token|a JWT .*", option.meaning)
    assert not option.help or re.fullmatch(r".*\.|.*\{default\}\.", option.help)
    assert "{" not in option.help.format(default=option.unset)


def test_what_a_client_is_given_it_has_an_argument_for_with_the_same_default() -> None:
    arguments = inspect.signature(RelayClient).parameters
    for option in OPTIONS.values():
        if option.client is Client.IS_GIVEN:
            assert arguments[option.name].default == option.default
