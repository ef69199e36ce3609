"""What a browser is told that comes later."""

from __future__ import annotations

from relay_runtime.softphone.events import AppCrashed, Event, LineEnded, LineNoted, LineOpened, MessageMoved
from relay_runtime.web.history import History


def opened(line: int, call_id: str = "c") -> LineOpened:
    return LineOpened(line, call_id, rings=False, number="+15550100099", context="office")


def noted(line: int, what: str) -> LineNoted:
    return LineNoted(line, 1.0, "app", what)


def ended(line: int) -> LineEnded:
    return LineEnded(line, 2.0, "app", "hangup", "answered")


def message(number: int, state: str) -> MessageMoved:
    return MessageMoved(f"m{number}", "+15550100001", "+15550100099", "Hello", state)


def kept(*events: Event) -> list[Event]:
    history = History()
    for event in events:
        history.add(event)
    return history.events()


def test_it_is_told_call_by_call() -> None:
    one, two = opened(1), opened(2, "d")
    crash = AppCrashed("c", "crashed", "trace")
    other = AppCrashed("", "the message handler crashed", "trace")
    told = [one, two, noted(2, "b"), noted(1, "a"), crash, other, message(1, "queued"), ended(1), message(1, "sent")]
    assert kept(*told) == [one, noted(1, "a"), crash, ended(1), two, noted(2, "b"), message(1, "sent"), other]


def test_a_line_that_is_used_again_is_another_call() -> None:
    first, second = opened(1, "first"), opened(1, "second")
    assert kept(first, ended(1), second, noted(1, "a")) == [first, ended(1), second, noted(1, "a")]


def test_what_is_of_no_known_call_is_not_kept() -> None:
    assert kept(noted(1, "a"), ended(1)) == []


def test_it_is_bounded_and_keeps_every_call_that_is_up() -> None:
    up = opened(1)
    told: list[Event] = [up]
    for _ in range(30):
        told += [opened(2), ended(2)]
    told.insert(1, noted(1, "answers"))
    told += [noted(1, str(number)) for number in range(1000)]
    told += [message(number, "received") for number in range(500)]
    told += [AppCrashed("", str(number), "trace") for number in range(50)]
    left = kept(*told)
    assert left[0] == up
    assert len([each for each in left if isinstance(each, LineOpened)]) == 21
    assert [each.what for each in left if isinstance(each, LineNoted)] == ["answers", *map(str, range(600, 1000))]
    assert len([each for each in left if isinstance(each, MessageMoved)]) == 200
    assert len([each for each in left if isinstance(each, AppCrashed)]) == 10
