"""Finding the app that a person named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_process import clean_process

from relay_actors.call.call import CallActor
from relay_runtime import RelayClient
from relay_runtime.aio import RelayClient as AsyncioClient
from relay_runtime.process.appload import AppError, load_app, load_asyncio_app, load_hooks

TWO = """
from relay_runtime import CallActor, RelayClient
class One(CallActor): pass
class Two(CallActor): pass
number = 5
"""
ONE = """
from relay_runtime import CallActor
class Only(CallActor): pass
"""
CLIENT = """
from relay_runtime import RelayClient
client = RelayClient(project="p", token="t")
"""
BOTH = """
from relay_runtime import CallActor, aio
class Only(CallActor): pass
client = aio.RelayClient(project="p", token="t")
"""
LOOPS = """
from relay_runtime.aio import RelayClient
day = RelayClient(project="p", token="t")
night = RelayClient(project="p", token="t")
"""
LOOP = """
from relay_runtime.aio import RelayClient
client = RelayClient(project="p", token="t")
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with clean_process():
        monkeypatch.chdir(tmp_path)
        modules = {"two": TWO, "one": ONE, "withclient": CLIENT, "both": BOTH, "loops": LOOPS, "loop": LOOP}
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        yield tmp_path


def named(app: object) -> str:
    assert isinstance(app, type)
    assert issubclass(app, CallActor)
    return app.__name__


@pytest.mark.parametrize("spec", ["two:Two", "two.py:Two", "./two.py:Two"])
def test_a_class_is_found_by_module_or_by_file(spec: str) -> None:
    assert named(load_app(spec)) == "Two"


def test_a_file_is_found_by_its_whole_path_from_anywhere(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert named(load_app(f"{here}/one.py")) == "Only"


def test_a_file_can_import_its_neighbours(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "neighbour.py").write_text("from one import Only as Base\nclass Mine(Base): pass\n")
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert named(load_app(f"{here}/neighbour.py")) == "Mine"


def test_the_only_class_of_a_module_needs_no_name() -> None:
    assert named(load_app("one")) == "Only"


def test_the_only_client_of_a_module_needs_no_name() -> None:
    assert isinstance(load_app("withclient"), RelayClient)
    assert isinstance(load_app("withclient:client"), RelayClient)


@pytest.mark.parametrize("spec", ["loop", "loop.py", "loop:client", "both", "both:client"])
def test_a_client_of_asyncio_is_found_where_one_is_wanted(spec: str) -> None:
    assert isinstance(load_asyncio_app(spec), AsyncioClient)


def test_what_greenlets_serve_is_found_beside_a_client_of_asyncio() -> None:
    assert named(load_app("both")) == "Only"


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("loop", "loop:client is a client of relay_runtime.aio"),
        ("loop:client", "loop:client is a client of relay_runtime.aio"),
        ("loops", "loops:day is a client of relay_runtime.aio"),
    ],
)
def test_an_app_of_asyncio_without_the_option_is_refused_in_one_line_that_names_it(spec: str, what: str) -> None:
    with pytest.raises(AppError, match=f"^{what}: start it with --asyncio$"):
        load_app(spec)


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("one", "one:Only is a CallActor class"),
        ("two:Two", "two:Two is a CallActor class"),
        ("withclient", "withclient:client is a client of relay_runtime"),
        ("both:Only", "both:Only is a CallActor class"),
    ],
)
def test_an_app_on_greenlets_with_the_option_is_refused_in_one_line_that_names_it(spec: str, what: str) -> None:
    with pytest.raises(AppError, match=f"^{what}, which greenlets serve: start it without --asyncio$"):
        load_asyncio_app(spec)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("", "names no app: accepted with --asyncio is MODULE:CLIENT"),
        ("loops", "has day, night: say which, as in loops:day"),
        ("loop:clint", r"has no 'clint'; did you mean client\?"),
        ("two:number", "two:number is a int; accepted is a client of relay_runtime.aio"),
        ("json", "json has no client of relay_runtime.aio: accepted with --asyncio"),
        ("none.py", "none.py is no file"),
    ],
)
def test_what_names_no_client_of_asyncio_is_refused_in_one_line_that_helps(spec: str, text: str) -> None:
    with pytest.raises(AppError, match=text) as caught:
        load_asyncio_app(spec)
    assert "\n" not in str(caught.value)


def test_a_class_beside_a_client_is_taken_for_neither(here: Path) -> None:
    (here / "mixed.py").write_text(ONE + "\nfrom relay_runtime import RelayClient\nclient = RelayClient('p', 't')\n")
    with pytest.raises(AppError, match="mixed has Only, client: say which, as in mixed:Only"):
        load_app("mixed")


def test_a_module_of_a_package_is_found(here: Path) -> None:
    (here / "phones").mkdir()
    (here / "phones" / "__init__.py").write_text("")
    (here / "phones" / "desk.py").write_text(ONE)
    assert named(load_app("phones.desk:Only")) == "Only"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("", "names no app"),
        (":Two", "names no app"),
        ("two:", "names no app"),
        ("tow:Two", "there is no module 'tow': .* here are both, loop, loops, one, two, withclient"),
        ("two.sub:Two", "there is no module 'two.sub'"),
        ("none.py", "none.py is no file"),
        ("two:Twoo", r"has no 'Twoo'; did you mean Two\?"),
        ("two:zzz", "has no 'zzz'; known are One, Two"),
        ("two", "has One, Two: say which, as in two:One"),
        ("two:number", "is a int; accepted is a subclass of CallActor"),
        ("two:CallActor", "is the class CallActor; accepted is a subclass"),
        ("two:RelayClient", "is the class RelayClient"),
        ("json", "json has no CallActor class and no RelayClient"),
        ("json:loads", "is a function"),
    ],
)
def test_what_names_no_app_is_refused_in_one_line_that_helps(spec: str, text: str) -> None:
    with pytest.raises(AppError, match=text) as caught:
        load_app(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import no_such_thing", r"app\.py, line 3: ModuleNotFoundError: No module named 'no_such_thing'"),
        ("from json import no_such", r"app\.py, line 3: ImportError"),
        ("1 / 0", r"app\.py, line 3: ZeroDivisionError: division by zero"),
        ("import json; json.loads('{')", r"app\.py, line 3: JSONDecodeError"),
        ("raise SystemExit(3)", r"app\.py, line 3: SystemExit: 3"),
        ("def f(:", r"app\.py, line 3: SyntaxError"),
        ("raise ValueError('one\\ntwo')", r"app\.py, line 3: ValueError: one$"),
        ("raise RuntimeError", r"app\.py, line 3: RuntimeError$"),
        ("import deeper", r"deeper\.py, line 1: ZeroDivisionError"),
    ],
)
@pytest.mark.parametrize("spec", ["app", "app.py"])
def test_an_error_in_the_apps_own_code_is_shown_with_file_and_line(here: Path, spec: str, code: str, text: str) -> None:
    (here / "deeper.py").write_text("1 / 0\n")
    (here / "app.py").write_text(f"# mine\n\n{code}\n")
    with pytest.raises(AppError, match=text):
        load_app(spec)
    assert "app" not in sys.modules


def test_ctrl_c_during_the_import_is_no_error_of_the_app(here: Path) -> None:
    (here / "app.py").write_text("raise KeyboardInterrupt\n")
    for spec in ("app", "app.py"):
        with pytest.raises(KeyboardInterrupt):
            load_app(spec)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("client.run()", r"client\.run\(\)"),
        ("client.connect()", r"client\.connect\(\)"),
        ("with client: pass", r"client\.connect\(\)"),
        ("import relay_runtime; relay_runtime.run(client)", r"relay_runtime\.run\(client\)"),
        ("import gevent; gevent.spawn(client.run).get()", r"client\.run\(\)"),
    ],
)
@pytest.mark.parametrize("spec", ["app", "app.py:client"])
def test_an_app_that_connects_while_it_is_imported_is_refused_with_file_and_line_and_what_to_write(
    here: Path, spec: str, code: str, what: str
) -> None:
    (here / "app.py").write_text(f"{CLIENT}{code}\n")
    place = spec.partition(":")[0]
    refused = rf"app\.py, line 4: RuntimeError: {what} was called while relay-runtime start imports {place}, .*"
    with pytest.raises(AppError, match=rf"{refused}; write: .*if __name__ == \"__main__\":") as caught:
        load_app(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("client.run()", r"client\.run\(\)"),
        ("from relay_runtime import aio; aio.run(client)", r"relay_runtime\.aio\.run\(client\)"),
        ("import asyncio; asyncio.run(client.connect())", r"client\.connect\(\)"),
        ("import asyncio; asyncio.run(client.__aenter__())", r"client\.connect\(\)"),
    ],
)
def test_an_app_of_asyncio_that_connects_while_it_is_imported_is_refused_as_well(
    here: Path, code: str, what: str
) -> None:
    (here / "app.py").write_text(f"{LOOP}{code}\n")
    with pytest.raises(AppError, match=rf"app\.py, line 4: RuntimeError: {what} was called while"):
        load_asyncio_app("app.py")


def test_what_stands_behind_the_guard_of_a_program_is_no_part_of_the_import(here: Path) -> None:
    (here / "app.py").write_text(f'{CLIENT}if __name__ == "__main__": client.run()\n')
    assert isinstance(load_app("app.py"), RelayClient)


@pytest.mark.parametrize("spec", ["app", "app:Only", "app.py", "./app.py:Only"])
def test_the_hooks_of_an_app_are_those_of_its_module(here: Path, spec: str) -> None:
    (here / "app.py").write_text("from one import Only as Base\nclass Only(Base): pass\ndef on_ready(client): pass\n")
    load_app(spec)
    hooks = load_hooks(spec)
    assert list(hooks) == ["on_ready"]
    assert hooks["on_ready"].__module__ == "app"
