"""Rules: what they accept, what they refuse, and in which words."""

from __future__ import annotations

import math
from typing import Any

import pytest
from doubles.odd_values import Foreign, Loud, Several, Share, Size, Table, Whole, Word

from relay_actors.wire.rules import (
    ANYTHING,
    FLAG,
    Either,
    Listed,
    Rule,
    Shape,
    Typed,
    e164,
    integer,
    needed,
    number,
    one_of,
    recipient,
    sender,
    text,
)


def complaint(rule: Rule, value: Any) -> str:
    with pytest.raises(ValueError) as caught:
        rule.check("it", value)
    return str(caught.value)


@pytest.mark.parametrize("value", [-40, 0, 40, 39.9])
def test_a_number_in_its_range_is_accepted(value: float) -> None:
    number("a number from -40 to 40", minimum=-40, maximum=40).check("it", value)


@pytest.mark.parametrize("value", [-40.1, 41, math.nan, math.inf])
def test_a_number_out_of_its_range_is_refused_with_the_range(value: float) -> None:
    rule = number("a number from -40 to 40 (dB)", minimum=-40, maximum=40)
    assert complaint(rule, value) == f"it is {value}; accepted is a number from -40 to 40 (dB)"


def test_a_bound_that_must_be_exceeded_is_refused_itself() -> None:
    rule = number("above 0", above=0)
    rule.check("it", 0.001)
    assert complaint(rule, 0) == "it is 0; accepted is above 0"


@pytest.mark.parametrize("value", ["1", None, True, [1]])
def test_what_is_no_number_is_refused_by_its_type(value: Any) -> None:
    assert complaint(number("a number"), value) == f"it is {type(value).__name__}; accepted is a number"


def test_a_whole_number_may_be_written_as_a_float_but_has_no_fraction() -> None:
    rule = integer("a whole number, at least 1", minimum=1)
    rule.check("it", 3)
    rule.check("it", 3.0)
    assert complaint(rule, 3.5) == "it is 3.5; accepted is a whole number, at least 1"


def test_a_flag_is_true_or_false_and_nothing_like_it() -> None:
    FLAG.check("it", False)
    assert complaint(FLAG, 1) == "it is int; accepted is True or False"
    assert complaint(FLAG, "true") == "it is str; accepted is True or False"


def test_a_word_out_of_the_few_is_refused_with_the_few() -> None:
    rule = one_of("listen", "speak")
    rule.check("it", "speak")
    assert complaint(rule, "both") == "it is 'both'; accepted is one of listen, speak"


@pytest.mark.parametrize("value", ["+15550100001", "+12", "+123456789012345"])
def test_a_number_in_e164_form_is_accepted(value: str) -> None:
    e164().check("it", value)


@pytest.mark.parametrize(
    "value", ["5550100001", "+", "+0123456", "+1234567890123456", "+1555-0100", "+1555010000 ", ""]
)
def test_any_other_number_is_refused_and_not_repeated(value: str) -> None:
    said = complaint(e164(), value)
    assert "E.164" in said
    assert not value or value not in said.replace("+15550100001", "").replace("+ and", "")


SENDERS = [
    "+15550100001",
    "12345",
    "7726",
    "12345678",
    "ACME",
    "MyShop",
    "Shop 24",
    "A&B-C_D.E+F",
    "4YOU",
    "Elevenchars",
]
NO_SENDERS = ["", "123", "123456789", "5559871234", "Twelve chars", " Shop", "Shop ", "Shop!", "Müller", "-", "12345\n"]


@pytest.mark.parametrize("value", SENDERS)
def test_a_message_comes_from_a_number_a_short_code_or_a_name(value: str) -> None:
    assert sender().check("it", value) == value
    assert sender().fits(value)


@pytest.mark.parametrize("value", NO_SENDERS)
def test_any_other_sender_is_refused_with_the_way_to_send_it_all_the_same(value: str) -> None:
    said = complaint(sender(), value)
    assert "E.164" in said
    assert "a short code of 4 to 8 digits, or for an SMS a name" in said
    assert said.endswith('; client.execute("messaging.send", {…}) sends any other as it is')
    assert not value.strip() or value not in said.replace("+ . _ -", "")


@pytest.mark.parametrize("value", [*NO_SENDERS, "ACME", "1234567890"])
def test_a_message_goes_to_a_number_or_a_short_code(value: str) -> None:
    recipient().check("it", "72345")
    recipient().check("it", "+15550100001")
    assert complaint(recipient(), value).endswith('client.execute("messaging.send", {…}) sends any other as it is')


def test_what_is_called_is_a_number_and_the_refusal_says_how_to_call_something_else() -> None:
    assert complaint(e164(), "911").endswith("; client.execute(), and command() of a call, send any other as it is")


def test_a_value_comes_back_in_plain_types_as_far_as_the_rule_looks_and_else_as_it_is() -> None:
    rule = Shape(
        fields={
            "word": one_of("hello"),
            "size": integer("a size"),
            "list": Listed(accepted="a list", item=text()),
            "kind": Typed(accepted="a kind", variants={"hello": Shape(fields={"at": number("a number")})}),
            "own": ANYTHING,
        }
    )
    mine = object()
    given = Table(
        word=Word.HELLO,
        size=Size.BIG,
        list=(Loud("a"), "b"),
        kind=Table(type=Loud("hello"), params={"at": Share(1.5)}),
        own=mine,
    )
    found = rule.check("it", given)
    kind = {"type": "hello", "params": {"at": 1.5}}
    assert found == {"word": "hello", "size": 3, "list": ["a", "b"], "kind": kind, "own": mine}
    types = [type(each) for each in (found["word"], found["size"], found["list"][0], found["kind"]["type"])]
    assert types == [str, int, str, str]
    assert type(found["kind"]["params"]["at"]) is float
    assert type(given["word"]) is Word  # what was handed in is left as it is
    assert rule.check("it", found) is found


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        (one_of("a", "b"), Word.HELLO, "it is 'hello'; accepted is one of a, b"),
        (integer("up to 2", maximum=2), Size.BIG, "it is 3; accepted is up to 2"),
        (integer("up to 2", maximum=2), Foreign(), "it is 3; accepted is up to 2"),
        (FLAG, Whole(1), "it is Whole; accepted is True or False"),
        (text("a text"), Several(), "it is Several; accepted is a text"),
        (text("digits", r"[0-9]+\Z"), Loud("x"), "it is malformed; accepted is digits"),
    ],
)
def test_a_value_is_judged_by_what_it_holds(rule: Rule, value: Any, said: str) -> None:
    assert complaint(rule, value) == said


def test_a_text_of_another_form_is_refused_and_not_repeated() -> None:
    assert complaint(text("digits", r"[0-9]+\Z"), "4111 1111") == "it is malformed; accepted is digits"


def test_a_list_is_checked_item_by_item_and_names_the_item() -> None:
    rule = Listed(accepted="a list of words", item=one_of("a", "b"), least=1, most=3)
    rule.check("it", ["a", "b"])
    rule.check("it", ("a",))
    assert complaint(rule, ["a", "c"]) == "it[1] is 'c'; accepted is one of a, b"
    assert complaint(rule, []) == "it is empty; accepted is a list of words"
    assert complaint(rule, ["a"] * 4) == "it has 4 items; accepted is a list of words"
    assert complaint(rule, "ab") == "it is str; accepted is a list of words"


def test_a_shape_names_the_field_that_is_wrong_or_missing() -> None:
    rule = Shape(fields={"max": needed(integer("a whole number", minimum=1)), "deep": Shape(fields={"flag": FLAG})})
    rule.check("it", {"max": 1, "deep": {"flag": True, "unknown": 1}, "unknown": object()})
    assert complaint(rule, {}) == "it.max is missing; accepted is a whole number"
    assert complaint(rule, {"max": None}) == "it.max is missing; accepted is a whole number"
    assert complaint(rule, {"max": 0}) == "it.max is 0; accepted is a whole number"
    assert complaint(rule, {"max": 1, "deep": {"flag": 1}}) == "it.deep.flag is int; accepted is True or False"
    assert complaint(rule, [1]) == "it is list; accepted is a dict"


def test_a_field_is_named_as_the_caller_knows_it() -> None:
    rule = Shape(fields={"input": one_of("dtmf")})
    with pytest.raises(ValueError, match=r"^input_method is 'speech'; accepted is one of dtmf$"):
        rule.check_fields({"input": "speech"}, "", {"input": "input_method"})


def test_a_shape_that_needs_one_of_two_fields_says_so() -> None:
    rule = Shape(accepted="such as {'a': 1}", fields={"a": ANYTHING, "b": ANYTHING}, one_of=("a", "b"))
    rule.check("it", {"b": 0})
    assert complaint(rule, {"a": None}) == "it needs at least one of a, b; accepted is such as {'a': 1}"


def test_an_object_with_a_type_is_checked_by_its_type_and_an_unknown_type_passes() -> None:
    rule = Typed(accepted="an item", variants={"tts": Shape(fields={"text": needed(text())})})
    rule.check("it", {"type": "tts", "params": {"text": "hi"}})
    rule.check("it", {"type": "hologram", "params": {"text": 1}})
    assert complaint(rule, {"type": "tts"}) == "it.params.text is missing; accepted is a text"
    assert complaint(rule, {"type": "tts", "params": []}) == "it.params is list; accepted is a dict"
    assert complaint(rule, {"params": {}}) == "it.type is missing or no text; known are tts"
    assert complaint(rule, {"type": 1}) == "it.type is missing or no text; known are tts"
    assert complaint(rule, "tts") == "it is str; accepted is an item"


def test_a_closed_set_of_types_refuses_an_unknown_one() -> None:
    rule = Typed(accepted="a detector", variants={"machine": Shape(fields={})}, default="machine", closed=True)
    rule.check("it", {})
    assert complaint(rule, {"type": "robot"}) == "it.type is 'robot'; known are machine"


def test_one_of_several_rules_is_enough_and_a_dict_gets_the_complaint_of_the_shape() -> None:
    rule = Either(accepted="{…} or stop", rules=(Shape(fields={"n": FLAG}), one_of("stop")))
    rule.check("it", {"n": True})
    rule.check("it", "stop")
    assert complaint(rule, {"n": 1}) == "it.n is int; accepted is True or False"
    assert complaint(rule, "go") == "it is malformed; accepted is {…} or stop"
    assert complaint(rule, 3) == "it is int; accepted is {…} or stop"


RULES = (
    FLAG,
    text(),
    text("two digits", r"[0-9]{2}\Z"),
    e164(),
    one_of("a", "b"),
    number("0 to 3", minimum=0, maximum=3),
    number("above 0", above=0),
    integer("whole", minimum=0),
)
SCALARS = (
    "",
    "a",
    "x",
    "12",
    "12\n",
    "+15550100001",
    True,
    False,
    0,
    1,
    -1,
    4,
    1.5,
    2.0,
    math.nan,
    math.inf,
    None,
    b"a",
)


def combined() -> list[Rule]:
    rules: list[Rule] = [*RULES, Either(accepted="one or the other", rules=RULES[:4])]
    for rule in RULES:
        shape = Shape(fields={"x": needed(rule), "y": rule})
        rules += [
            Listed(accepted="a list", item=rule, least=1, most=2),
            shape,
            Shape(fields={"x": rule, "y": rule}, one_of=("x", "y")),
            Typed(accepted="an item", variants={"a": shape}, default="a"),
            Typed(accepted="an item", variants={"a": shape, "b": Shape(fields={})}, closed=True),
            Listed(accepted="a list", item=Typed(accepted="an item", variants={"a": shape})),
        ]
    return rules


def values() -> list[Any]:
    found: list[Any] = [*SCALARS, [], {}, (), ("a",), ["a", "a", "a"], {"type": []}, {"type": "b"}, {"type": "z"}]
    for value in SCALARS:
        params = {"x": value}
        found += [[value], ["a", value], params, {"x": "a", "y": value}, {"y": value}, {"other": value}]
        found += [{"type": value}, {"params": params}, {"type": "a", "params": params}, {"type": "b", "params": value}]
        found += [[{"type": "a", "params": params}], [{"type": "z", "params": value}]]
    return found


@pytest.mark.parametrize("rule", combined(), ids=lambda rule: type(rule).__name__)
def test_what_fits_at_the_first_look_is_never_what_the_check_refuses(rule: Rule) -> None:
    for value in values():
        if rule.fits(value):
            rule.check("it", value)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (text(), "hi"),
        (e164(), "+15550100001"),
        (one_of("a", "b"), "b"),
        (number("0 to 3", minimum=0, maximum=3), 3),
        (Listed(accepted="a list", item=text(), least=1), ["hi"]),
        (
            Typed(accepted="an item", variants={"tts": Shape(fields={"text": needed(text())})}),
            {"type": "tts", "params": {"text": "hi"}},
        ),
    ],
)
def test_what_is_right_most_of_the_time_is_seen_at_the_first_look(rule: Rule, value: Any) -> None:
    assert rule.fits(value)


def test_anything_is_accepted_by_the_rule_for_anything() -> None:
    for value in (None, 1, "x", [], {}):
        ANYTHING.check("it", value)
