"""What a worker writes down of its calls, and its parent reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import gevent
import pytest
from doubles.hub import LIMIT, until

from relay_actors.telemetry.stats import Stats
from relay_runtime.workers.tally import Tally, TallyFile, TallyKeeper


class Kept:
    """A worker's end and its parent's.

    Attributes:
        up: the ids of the calls that are up.
    """

    def __init__(self, directory: Path) -> None:
        self.file = TallyFile(directory)
        self.stats = Stats()
        self.up: list[str] = []
        self.keeper = TallyKeeper(self.file.fileno(), self.stats, self._ids)

    def _ids(self) -> Collection[str]:
        return self.up

    def admit(self, call_id: str) -> None:
        self.up.append(call_id)
        self.stats.calls_offered += 1
        self.stats.calls_admitted += 1

    def end(self, call_id: str) -> None:
        self.up.remove(call_id)
        self.stats.call_ended("hangup")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path)
    kept.keeper.start()
    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")):
        yield kept
    kept.keeper.close()
    kept.file.close()


def test_it_is_written_when_the_numbers_change_before_the_hub_waits(kept: Kept) -> None:
    kept.admit("a")
    kept.admit("b")
    gevent.sleep(0)
    until(lambda: kept.file.read() == Tally(up=2, named=("a", "b"), offered=2, admitted=2))
    kept.end("a")
    until(lambda: kept.file.read() == Tally(up=1, named=("b",), offered=2, admitted=2, ended={"hangup": 1}))


def test_no_change_is_missed_when_the_hub_blocks_right_behind_it(kept: Kept) -> None:
    seen: list[Tally] = []

    def serve() -> None:
        kept.admit("a")
        gevent.sleep(0.001)  # any wait for the outside
        seen.append(kept.file.read())  # by whoever comes next: a hub that is killed or blocked goes no further

    gevent.spawn(serve).get()
    assert [tally.up for tally in seen] == [1]


def test_a_blocked_hub_is_written_for_and_writes_the_newer_when_it_goes_on(kept: Kept) -> None:
    until(lambda: kept.file.read() == Tally() and kept.keeper._seen)
    kept.admit("a")
    kept.keeper.write_in_thread()
    assert kept.file.read().up == 1
    kept.up.append("b")  # no number has changed
    until(lambda: kept.file.read().up == 2)


def test_the_last_is_written_at_the_end_and_can_be_read_when_the_file_is_closed(tmp_path: Path) -> None:
    ending = Kept(tmp_path)
    ending.keeper.start()
    ending.up = ["left"]
    ending.keeper.close()
    ending.file.close()
    assert ending.file.read() == Tally(up=1, named=("left",))
    assert list(tmp_path.iterdir()) == []


def test_of_many_calls_the_first_are_named(kept: Kept) -> None:
    kept.up = [str(number) for number in range(25)]
    kept.keeper.write()
    tally = kept.file.read()
    assert tally.up == 25
    assert tally.names == f"{', '.join(str(number) for number in range(20))} and 5 more"


def test_calls_that_change_while_another_thread_reads_them_leave_what_was_written(kept: Kept) -> None:
    kept.admit("a")
    until(lambda: kept.file.read().up == 1)

    def changing() -> Collection[str]:
        raise RuntimeError("dictionary changed size during iteration")

    kept.keeper._up = changing
    kept.keeper.write_in_thread()
    assert kept.file.read().up == 1


def test_the_counts_are_metrics_with_their_own_names_and_meanings() -> None:
    offered, admitted, refused, ended = Tally(offered=2, admitted=1, refused={"busy": 1}, ended={"hangup": 1}).metrics()
    assert offered.values == (("relay_calls_offered_total", {}, 2.0),)
    assert admitted.values == (("relay_calls_admitted_total", {}, 1.0),)
    assert refused.values == (("relay_calls_refused_total", {"policy": "busy"}, 1.0),)
    assert ended.values == (("relay_calls_ended_total", {"reason": "hangup"}, 1.0),)
    assert all(each.meaning for each in (offered, admitted, refused, ended))
