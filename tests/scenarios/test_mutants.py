"""What the mutants change, which tests they are tried against, and that a hole is found."""

from __future__ import annotations

import textwrap

import pytest
from proof.mutants import ROOMS, drawn, equivalents, key_of, modules, package_of, report
from proof.mutation.changes import Change, changes_of
from proof.mutation.trial import ROOT, Mutant, Trial, stages_of

pytestmark = pytest.mark.scenario


def changed(source: str) -> set[str]:
    """Every text that a source can become, without its white space."""
    text = textwrap.dedent(source).strip().encode()
    return {" ".join(change.applied(text).decode().split()) for change in changes_of(text)}


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("a < b", {"(a <= b)", "(a >= b)"}),
        ("a == b", {"(a != b)"}),
        ("a is None", {"(a is not None)"}),
        ("a in b", {"(a not in b)"}),
        ("0 < a <= b", {"(0 <= a <= b)", "(0 >= a <= b)", "(0 < a < b)", "(0 < a > b)", "(1) < a <= b"}),
        ("a and b", {"(a)", "(b)", "(a or b)"}),
        ("a or b or c", {"(a and b and c)", "(b or c)", "(a or c)", "(a or b)"}),
        ("not a", {"(a)"}),
        ("a + b", {"(a - b)"}),
        ("a + 'text'", set()),
        ("x = True", {"x = (False)"}),
        ("x = 5", {"x = (6)"}),
        ("x = 'text'", set()),
        ("if a: b()", {"if (not a): b()", "if a: pass"}),
        ("f(a, b=c)", {"(f(a))", "pass"}),
        ("x = f(**k)", set()),
        ("self.a = b", {"pass"}),
        ("a = b", set()),
        ("a += b", {"pass"}),
        ("raise A", {"pass"}),
        ("logger.info('x', 5)", set()),
        ("assert a > b", set()),
        (
            "def f(a: int = 5) -> A | B: return",
            {"def f(a: int = (6)) -> A | B: return", "def f(a: int = 5) -> A | B: pass"},
        ),
        ("class A(Protocol):\n  x = 5", set()),
        ("class A(Struct, frozen=True): pass", set()),
        ("if TYPE_CHECKING:\n  x = 5", set()),
        ("def __repr__(self): return a + b", set()),
        ("__slots__ = f(5)", set()),
        ("x = f'{a + 5}'", set()),
        ("'a docstring'", set()),
    ],
)
def test_each_kind_of_change(source: str, becomes: set[str]) -> None:
    assert changed(source) == becomes


def test_a_change_of_several_lines_leaves_those_behind_it_where_they_are() -> None:
    source = b"x = (\n    a\n    and b\n)\ny = 1\n"
    first = changes_of(source)[0]
    assert first.applied(source).splitlines()[4] == b"y = 1"


def test_a_change_is_found_in_a_text_with_letters_of_several_bytes() -> None:
    source = "x = 'é' if a < 1 else 'ü'".encode()
    assert {change.before for change in changes_of(source)} == {"a < 1", "1"}


@pytest.mark.proof
def test_every_change_of_every_module_is_python() -> None:
    mutants = drawn(1, 3)
    assert {each.path for each in mutants} <= set(modules())
    for mutant in mutants:
        compile(mutant.change.applied((ROOT / mutant.path).read_bytes()), mutant.path, "exec")


def test_a_seed_draws_the_same_again_and_another_one_others() -> None:
    assert drawn(1, 2, "session/") == drawn(1, 2, "session/") != drawn(2, 2, "session/")


def test_the_nearest_tests_come_first_and_the_whole_suite_last() -> None:
    stages = stages_of("actors/relay_actors/session/outbox.py", thorough=True)
    assert [stage[0] for stage in stages] == [
        "tests/actors/session/test_outbox.py",
        "tests/actors/session",
        "tests/actors",
        "tests",
    ]
    assert stages_of("runtime/relay_runtime/version.py")[0] == ["tests/runtime/test_version.py"]
    assert len(stages_of("runtime/relay_runtime/sandbox/control/guard.py")) == 4


def test_packages_are_counted_by_what_was_noticed() -> None:
    change = Change(1, "not", "not a", "(a)", 0, 5, "not a")
    outbox, guard = (
        Mutant("actors/relay_actors/session/outbox.py", change),
        Mutant("runtime/relay_runtime/sandbox/control/guard.py", change),
    )
    assert report([(outbox, "tests"), (outbox, ""), (guard, "tests")]) == {
        "relay_actors.session": (1, 2), "relay_runtime.sandbox.control": (1, 1),
    }  # fmt: skip
    assert [package_of(f"{room}/x.py") for room in ROOMS[:2]] == ["relay_actors.x", "relay_runtime.websocket"]


def test_what_changes_nothing_still_is_in_the_code_and_has_a_reason() -> None:
    known = equivalents()
    there = {
        key_of(Mutant(path, change))
        for path in {path for path, *_ in known}
        for change in changes_of((ROOT / path).read_bytes())
    }
    assert [key for key in known if key not in there] == []
    assert [key for key, why in known.items() if len(why) < 20] == []
    assert not any(key_of(each) in known for each in drawn(1, 1000, "wire/"))


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_hole_is_found_and_what_is_tested_is_not() -> None:
    path = "actors/relay_actors/session/outbox.py"
    source = (ROOT / path).read_bytes()
    noticed = next(change for change in changes_of(source) if change.code == "return False")
    with Trial() as trial:
        assert trial.notices(Mutant(path, noticed)) == "tests/actors/session/test_outbox.py"
        nothing = Change(1, "constant", "", "", 0, 0, "")
        assert trial.notices(Mutant(path, nothing)) == ""
