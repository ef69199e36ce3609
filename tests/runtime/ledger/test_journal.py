"""What the actors note, when it is written, and what a process does that has lost its ledger to another one."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from doubles.forked import in_child
from doubles.frames import dial_event, event, leg_event, offer, state
from doubles.hub import until
from doubles.takeover import take_over
from hypothesis import given
from hypothesis import strategies as st

from relay_actors.call.call import CallActor
from relay_actors.call.crash_policy import HANGUP, CrashPolicy, Say, Transfer
from relay_actors.session.ledger import Ledger
from relay_actors.session.state import Session
from relay_actors.wire.events import RelayEvent
from relay_runtime.ledger import file as of_file
from relay_runtime.ledger import journal as of_journal
from relay_runtime.ledger.file import LedgerFile
from relay_runtime.ledger.folder import Folder
from relay_runtime.ledger.journal import Displaced, Journal, kind_name
from relay_runtime.ledger.records import Book, Opened, read_book

SESSION = Session(protocol="p1", authorization_state="blob", contexts=("office",))


class Shop(CallActor):
    """Has a policy for each case."""

    when_crashed = Say("Sorry.")
    when_orphaned = Transfer("context:other")


class Kiosk(CallActor):
    """Has one."""

    when_crashed = Say("Sorry.")


class Plain(CallActor):
    """Has none."""


class Desk:
    """A journal, and what stands in its file.

    Attributes:
        made: how many files it has asked for.
        room: whether there is room for one.
    """

    def __init__(self, path: Path, when_crashed: CrashPolicy = HANGUP) -> None:
        self.folder = Folder(path, "0" * 16, 20, None)
        self.made = 0
        self.room = True
        self.journal = Journal(self._make, when_crashed)
        self.journal.note_session(SESSION)

    def _make(self) -> LedgerFile | None:
        self.made += 1
        return self.folder.make() if self.room else None

    @property
    def file(self) -> LedgerFile:
        assert self.journal._file is not None
        return self.journal._file

    def book(self) -> Book:
        """Return what is written until now; the file is not opened a second time, which would lose its lock."""
        return read_book(os.pread(self.file._descriptor, 10**7, 0))

    def flushed(self) -> Book:
        self.journal.flush()
        return self.book()

    def gets(self, *events: RelayEvent) -> Book:
        self.journal.note_events(("id", each) for each in events)
        return self.flushed()

    def taken_over(self) -> Path:
        """Have another process take it over."""
        return take_over(self.file.path)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close(keep=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(of_journal, "clock", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.mark.parametrize("name", [name for name in vars(Ledger) if not name.startswith("_")])
def test_it_takes_what_the_model_tells(name: str) -> None:
    assert inspect.signature(getattr(Journal, name)) == inspect.signature(getattr(Ledger, name))


# When it is written


def test_what_is_noted_is_written_once_in_a_pass_of_the_hub(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.journal.flush()
    writes: list[bytes] = []
    monkeypatch.setattr(desk.file, "append", writes.append, raising=False)
    for number in range(5):
        desk.journal.note_dial(f"t{number}")
    assert writes == []
    until(lambda: writes)
    assert len(writes) == 1
    assert writes[0].count(b"\n") == 5


def test_it_is_written_at_once_before_frames_leave(desk: Desk) -> None:
    desk.journal.note_dial("t1")
    assert "t1" not in desk.book().tags
    desk.journal.flush()
    assert "t1" in desk.book().tags


def test_the_end_writes_what_was_noted(desk: Desk, tmp_path: Path) -> None:
    desk.journal.note_dial("t1")
    path = desk.file.path
    desk.journal.close(keep=True)
    assert list(read_book(path.read_bytes()).tags) == ["t1"]
    desk.journal.note_dial("t2")  # whoever notes later does no harm
    gevent.sleep(0.001)
    assert b"t2" not in path.read_bytes()


def test_a_forked_child_writes_nothing_of_it(desk: Desk) -> None:
    desk.journal.note_dial("t1")

    def go_on() -> bool:
        desk.journal.note_dial("t2")
        desk.journal.flush()
        desk.journal.close(keep=False)
        return True

    assert in_child(go_on)
    assert list(desk.flushed().tags) == ["t1"]
    assert os.pread(desk.file._descriptor, 10**6, 0).count(b"t1") == 1
    assert desk.journal.owns_session()


# What is noted


def test_an_offer_is_noted_until_it_is_over(desk: Desk) -> None:
    call = desk.gets(offer("c1", context="sales")).calls["c1"]
    assert (call.node_id, call.context, call.kind, call.dialled) == ("n1", "sales", None, False)
    assert list(desk.gets(state("ringing", "c1"), state("answered", "c1")).calls) == ["c1"]
    assert desk.gets(state("ended", "c1")).calls == {}


def test_a_number_of_a_caller_is_never_written(desk: Desk) -> None:
    desk.journal.note_dial("t1")
    desk.gets(offer("c1"), leg_event("ringing", "c2", "t1"), state("answered", "c1"))
    desk.journal.note_served("c1", "n1", Shop, dialled=False)
    assert b"1555" not in os.pread(desk.file._descriptor, 10**6, 0)


@pytest.mark.parametrize(
    ("kind", "policy"), [(Shop, Transfer("context:other")), (Kiosk, Say("Sorry.")), (Plain, Say("Bye."))]
)
def test_who_serves_a_call_is_noted_with_what_becomes_of_it(tmp_path: Path, kind: type, policy: CrashPolicy) -> None:
    desk = Desk(tmp_path, when_crashed=Say("Bye."))
    desk.gets(offer("c1"), offer("c2"))
    for call_id in ("c1", "c2"):
        desk.journal.note_served(call_id, "n1", kind, dialled=False)
    desk.journal.note_served("c3", "n1", kind, dialled=True)
    book = desk.flushed()
    (number,) = book.kinds
    assert {call.kind for call in book.calls.values()} == {number}
    assert [call.dialled for call in book.calls.values()] == [False, False, True]
    assert book.kinds[number].name == kind_name(kind) == f"{__name__}:{kind.__name__}"
    assert book.kinds[number].policy.made() == policy
    desk.journal.close(keep=False)


def test_numbers_of_classes_go_on_in_a_ledger_that_is_gone_on_with(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.journal.note_served("c1", "n1", Shop, dialled=False)
    former = desk.flushed()
    file = LedgerFile(tmp_path / "y.ledger", Opened(1, "k", 1, 1), former)
    journal = Journal(lambda: None, HANGUP, file, max(former.kinds) + 1)
    journal.note_session(SESSION)
    journal.note_served("c2", "n1", Kiosk, dialled=False)
    journal.flush()
    book = read_book(os.pread(file._descriptor, 10**6, 0))
    assert [book.kinds[call.kind].name for call in book.calls.values() if call.kind is not None] == [
        kind_name(Shop),
        kind_name(Kiosk),
    ]
    journal.close(keep=False)
    desk.journal.close(keep=False)


def test_what_becomes_of_a_call_is_noted(desk: Desk) -> None:
    desk.gets(offer("c1"))
    desk.journal.note_answered("c1")
    desk.journal.note_engaged("c1", ("a queue",))
    desk.journal.note_memo("c1", '{"name":"Zoë"}'.encode())
    call = desk.flushed().calls["c1"]
    assert (call.answered, call.engaged, call.memo) == (True, ("a queue",), '{"name":"Zoë"}')
    desk.journal.note_unserved("c1", "n1")
    assert desk.flushed().calls["c1"].unserved
    desk.journal.forget_call("c1")
    assert desk.flushed().calls == {}


def test_code_that_takes_up_an_offer_that_has_ended_meanwhile_does_not_bring_it_back(desk: Desk) -> None:
    """The event of the end is noted as it comes, before the call has heard of it."""
    desk.gets(offer("c1"), state("ended", "c1"))
    desk.journal.note_served("c1", "n1", Shop, dialled=False)
    assert desk.flushed().calls == {}


def test_nor_does_a_leg_that_has_ended_before_its_call_was_made(desk: Desk) -> None:
    desk.journal.note_dial("t1")
    desk.gets(leg_event("answered", "c1", "t1"), leg_event("ended", "c1", "t1"))
    desk.journal.note_served("c1", "n1", Shop, dialled=True)
    assert not desk.flushed().calls


def test_legs_of_a_dial_are_noted_until_it_is_over(desk: Desk) -> None:
    desk.journal.note_dial("t1")
    book = desk.gets(
        leg_event("created", "c1", "t1"), leg_event("ringing", "c1", "t1"), leg_event("created", "c2", "x")
    )
    assert [(call_id, call.tag, call.kind) for call_id, call in book.calls.items()] == [("c1", "t1", None)]
    book = desk.gets(dial_event("answered", "t1", winner="c3"))
    assert list(book.calls) == ["c1", "c3"]
    desk.journal.note_served("c3", "n1", Shop, dialled=True)
    desk.journal.forget_dial("t1")
    book = desk.flushed()
    assert list(book.tags) == []
    assert (book.calls["c3"].dialled, book.calls["c3"].kind) == (True, 0)


@pytest.mark.parametrize("call", [{}, {"call_id": 5}, {"call_id": ""}, {"call_id": "c1", "node_id": 5}, [], None, "c1"])
def test_a_dial_event_of_any_shape_is_noted_or_not_and_raises_nothing(desk: Desk, call: Any) -> None:
    desk.journal.note_dial("t1")
    desk.gets(event("calling.call.dial", tag="t1", dial_state="answered", call=call))
    desk.gets(event("calling.call.dial", tag="t1", dial_state="failed"), event("calling.call.dial"), event("odd"))
    desk.gets(event("calling.call.receive"), event("calling.call.state"))


def test_a_dial_that_nobody_knows_is_forgotten_without_a_line(desk: Desk) -> None:
    before = desk.flushed().damaged, os.fstat(desk.file._descriptor).st_size
    desk.journal.forget_dial("t9")
    assert (desk.flushed().damaged, os.fstat(desk.file._descriptor).st_size) == before


# The session


def kept(book: Book) -> Any:
    assert book.session is not None
    return book.session.protocol, book.session.authorization_state, book.session.contexts


def test_the_session_is_noted_with_its_newest_state(desk: Desk) -> None:
    assert kept(desk.flushed()) == ("p1", "blob", ("office",))
    desk.gets(event("signalwire.authorization.state", authorization_state="newer"))
    assert kept(desk.book()) == ("p1", "newer", ("office",))
    desk.journal.note_session(Session(protocol="p1", authorization_state="blob", contexts=("office", "sales")))
    assert kept(desk.flushed()) == ("p1", "newer", ("office", "sales"))


def test_the_same_session_is_noted_once(desk: Desk) -> None:
    desk.journal.flush()
    size = os.fstat(desk.file._descriptor).st_size
    desk.journal.note_session(SESSION)
    desk.journal.flush()
    assert os.fstat(desk.file._descriptor).st_size == size


def test_another_session_leaves_the_calls_behind_and_none_leaves_them_to_be_ended(desk: Desk) -> None:
    desk.gets(offer("c1"))
    desk.journal.note_session(SESSION.forgotten())
    assert list(desk.flushed().calls) == ["c1"]
    desk.journal.note_session(Session(protocol="p2"))
    assert desk.flushed().calls == {}
    assert desk.made == 1


# Whoever was displaced


def test_whoever_looks_and_finds_the_file_taken_over_writes_nothing_any_more(desk: Desk) -> None:
    desk.gets(offer("c1"))
    taken = desk.taken_over()
    written = taken.read_bytes()
    desk.journal.note_dial("t1")
    assert not desk.journal.owns_session()
    desk.journal.note_dial("t2")
    gevent.sleep(0.001)
    assert not desk.journal.owns_session()
    with pytest.raises(Displaced, match="another process"):
        desk.journal.flush()
    assert taken.read_bytes() == written
    assert os.listdir(taken.parent) == ["taken"]


def test_whoever_was_silent_looks_before_he_writes(desk: Desk, clock: list[float]) -> None:
    assert desk.journal.owns_session()
    taken = desk.taken_over()
    desk.journal.note_dial("t1")
    desk.journal.flush()  # not silent: nobody may have taken it over
    clock[0] += 1.1
    desk.journal.note_dial("t2")
    with pytest.raises(Displaced):
        desk.journal.flush()
    assert b"t2" not in taken.read_bytes()


def test_whoever_finds_out_by_the_beat_sends_nothing_either(desk: Desk) -> None:
    """The greenlet that shows that the process lives may be the first to run after a stop."""
    desk.taken_over()
    desk.journal.beat()
    for _ in range(3):
        with pytest.raises(Displaced):
            desk.journal.flush()


class Elsewhere:
    """A copy of which there was no word for too long.

    Args:
        taken: whether another host has taken it over, as is found out.
    """

    doubtful = True

    def __init__(self, *, taken: bool) -> None:
        self.taken = False
        self.asked = 0
        self._found = taken

    def confirm(self) -> None:
        self.asked += 1
        self.taken = self._found

    def give_up(self) -> None:
        self.taken = True

    def append(self, lines: bytes) -> None:
        pass

    def close(self, *, keep: bool) -> None:
        pass


@pytest.mark.parametrize("taken", [False, True])
def test_whoever_stood_still_asks_before_he_writes_whichever_greenlet_is_the_first(
    desk: Desk, clock: list[float], taken: bool
) -> None:
    assert desk.journal.owns_session()
    elsewhere: Any = Elsewhere(taken=taken)
    desk.file.copy = elsewhere
    desk.journal.flush()
    assert elsewhere.asked == 0  # who does not stand still is not in doubt: nobody can claim what can't be asked
    clock[0] += 1.1
    desk.journal.beat()
    if taken:
        with pytest.raises(Displaced):
            desk.journal.flush()
    else:
        desk.journal.flush()
        desk.journal.flush()
    assert elsewhere.asked == 1


def test_who_is_never_silent_looks_no_more_than_once_a_second(
    desk: Desk, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Any] = []
    monkeypatch.setattr(of_file, "is_in_place", lambda *given: looks.append(given) or True)
    assert desk.journal.owns_session()
    for _ in range(100):
        desk.journal.flush()
    assert len(looks) == 1
    clock[0] += 1.1
    for _ in range(100):
        desk.journal.flush()
    assert len(looks) == 2


def test_a_new_session_gets_a_new_file_however_long_its_login_takes(desk: Desk, clock: list[float]) -> None:
    desk.journal.note_served("c1", "n1", Shop, dialled=False)
    desk.journal.note_dial("t1")
    desk.gets(leg_event("created", "c2", "t1"))
    taken = desk.taken_over()
    assert not desk.journal.owns_session()
    desk.journal.note_session(SESSION.forgotten())  # the session is left
    for _ in range(3):
        clock[0] += 60.0
        desk.journal.flush()  # a login
        assert desk.journal.owns_session()
    desk.journal.note_session(Session(protocol="p2"))
    book = desk.flushed()
    assert desk.file.path != taken
    assert desk.made == 2
    assert book.session is not None
    assert book.session.protocol == "p2"
    assert (list(book.calls), list(book.tags)) == ([], ["t1"])
    desk.journal.note_served("c3", "n1", Shop, dialled=False)
    assert desk.flushed().kinds
    assert list(desk.gets(leg_event("created", "c2", "t1")).calls) == ["c3", "c2"]


def test_the_session_that_was_taken_over_gets_none_whatever_changes_of_it(desk: Desk) -> None:
    desk.taken_over()
    desk.journal.beat()
    desk.journal.note_session(Session(protocol="p1", contexts=("office", "sales")))
    assert desk.made == 1
    assert not desk.journal.owns_session()


def test_where_no_file_could_be_made_the_next_session_tries_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.journal.close(keep=False)
    room = [False]
    journal = Journal(lambda: desk.folder.make() if room[0] else None, HANGUP)
    journal.note_session(SESSION)
    journal.note_dial("t1")
    journal.flush()
    assert journal.owns_session()
    room[0] = True
    journal.note_session(Session(protocol="p2"))
    journal.flush()
    (name,) = os.listdir(tmp_path)
    assert list(read_book((tmp_path / name).read_bytes()).tags) == ["t1"]
    journal.close(keep=False)


# All of it, in any order

steps: st.SearchStrategy[Callable[[Journal], object]] = st.one_of(
    st.builds(
        lambda call_id, name: lambda journal: journal.note_events([("id", offer(call_id, context=name))]),
        st.sampled_from(["c1", "c2"]),
        st.sampled_from(["", "office"]),
    ),
    st.builds(
        lambda call_id, what: lambda journal: journal.note_events([("id", state(what, call_id))]),
        st.sampled_from(["c1", "c2"]),
        st.sampled_from(["ringing", "answered", "ended"]),
    ),
    st.builds(
        lambda call_id, tag, what: lambda journal: journal.note_events([("id", leg_event(what, call_id, tag))]),
        st.sampled_from(["c3", "c4"]),
        st.sampled_from(["t1", "t2"]),
        st.sampled_from(["created", "ended"]),
    ),
    st.builds(
        lambda call_id, kind: lambda journal: journal.note_served(call_id, "n1", kind, dialled=call_id > "c2"),
        st.sampled_from(["c1", "c2", "c3", "c4"]),
        st.sampled_from([Shop, Kiosk]),
    ),
    st.builds(lambda call_id: lambda journal: journal.note_answered(call_id), st.sampled_from(["c1", "c3"])),
    st.builds(
        lambda call_id, what: lambda journal: journal.note_engaged(call_id, what),
        st.sampled_from(["c1", "c3"]),
        st.sampled_from([(), ("a bridge",)]),
    ),
    st.builds(lambda call_id: lambda journal: journal.note_memo(call_id, b"[1]"), st.sampled_from(["c1", "c3"])),
    st.builds(lambda call_id: lambda journal: journal.note_unserved(call_id, "n1"), st.sampled_from(["c1", "c3"])),
    st.builds(lambda call_id: lambda journal: journal.forget_call(call_id), st.sampled_from(["c1", "c2", "c3"])),
    st.builds(lambda tag: lambda journal: journal.note_dial(tag), st.sampled_from(["t1", "t2"])),
    st.builds(lambda tag: lambda journal: journal.forget_dial(tag), st.sampled_from(["t1", "t2"])),
    st.builds(
        lambda name, blob: lambda journal: journal.note_session(Session(protocol=name, authorization_state=blob)),
        st.sampled_from(["", "p1", "p2"]),
        st.sampled_from(["a", "b"]),
    ),
)


@given(steps=st.lists(steps, max_size=30), at=st.integers(0, 30))
@pytest.mark.slow
def test_whatever_is_noted_comes_to_the_same_when_it_is_written_anew_at_any_moment(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Callable[[Journal], object]], at: int
) -> None:
    folder = tmp_path_factory.mktemp("ledgers")
    whole, anew = (LedgerFile(folder / f"{name}.ledger", Opened(1, "k", 1, 1)) for name in ("whole", "anew"))
    journals = [Journal(lambda: None, HANGUP, each) for each in (whole, anew)]
    for number, step in enumerate(steps):
        for journal in journals:
            step(journal)
            journal.flush()
        if number == at:
            anew._compact()
    first, second = (read_book(os.pread(each._descriptor, 10**6, 0)) for each in (whole, anew))
    assert (first.calls, first.tags, first.kinds, first.session) == (
        second.calls,
        second.tags,
        second.kinds,
        second.session,
    )
    assert (first.damaged, second.damaged) == (0, 0)
    for journal in journals:
        journal.close(keep=False)


def logged_in(desk: Desk) -> bool:
    """Log in if the session is ours, as the supervisor and the connection do; return whether it is."""
    owns = desk.journal.owns_session()
    for _ in range(2):
        desk.journal.note_session(Session("p", "s", ("office",)))
    return owns


def test_a_session_that_nobody_confirms_and_that_ends_soon_after_each_login_is_anothers(
    desk: Desk, clock: list[float]
) -> None:
    """As when this host alone is cut off, and somebody who has taken it over resumes it each time."""
    elsewhere: Any = Elsewhere(taken=False)
    desk.file.copy, path = elsewhere, desk.file.path
    for _ in range(3):
        assert logged_in(desk)
        clock[0] += 2
    assert not desk.journal.owns_session()
    with pytest.raises(Displaced):
        desk.journal.flush()
    assert not path.exists()


def test_logins_that_are_long_apart_or_confirmed_in_between_are_not_counted(desk: Desk, clock: list[float]) -> None:
    elsewhere: Any = Elsewhere(taken=False)
    desk.file.copy = elsewhere
    for _ in range(5):
        assert logged_in(desk)
        clock[0] += 40
    elsewhere.doubtful = False
    assert logged_in(desk)
    elsewhere.doubtful = True
    for _ in range(3):
        assert logged_in(desk)


def test_tries_that_bring_no_login_are_not_counted(desk: Desk) -> None:
    elsewhere: Any = Elsewhere(taken=False)
    desk.file.copy = elsewhere
    assert all(desk.journal.owns_session() for _ in range(20))
