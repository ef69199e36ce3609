"""Conferences: made on the first join, forgotten at their end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from relay_runtime.sandbox.calls.conferences import Conference, Conferences
from relay_runtime.sandbox.ground.frames import Frame


class Guest:
    """A member whose call no client has."""

    def __init__(self, *, starts: bool = True, ends: bool = False) -> None:
        self.call: Any = SimpleNamespace(node_id="n", call_id="c", session=None)
        self.starts = starts
        self.ends = ends
        self.out = False

    def flags(self) -> Frame:
        return {}

    def put_out(self) -> None:
        self.out = True


def test_one_name_is_one_conference_until_it_is_over() -> None:
    conferences = Conferences()
    first = conferences.named("standup", "us")
    assert conferences.named("standup", "eu") is first
    first.join(Guest())
    assert conferences.sizes() == {"standup": 1}
    conferences.over(first)
    assert conferences.named("standup", "us") is not first


def test_it_starts_with_the_first_who_may_start_it() -> None:
    conference = Conference("standup", "us")
    conference.join(Guest(starts=False))
    assert not conference.started
    conference.join(Guest())
    assert conference.started


def test_it_is_over_with_its_last_member_and_with_a_host_who_ends_it() -> None:
    conference, first, second = Conference("a", "us"), Guest(), Guest()
    conference.join(first)
    conference.join(second)
    assert [conference.leave(member) for member in (first, first, second)] == [False, False, True]
    host, guest = Guest(ends=True), Guest()
    conference.join(host)
    conference.join(guest)
    assert conference.leave(host)
    assert (guest.out, conference.members) == (True, [])
