"""Sums of what workers counted that have ended."""

from __future__ import annotations

import msgspec

from relay_runtime.metrics import MetricSamples
from relay_runtime.workers.tally import Tally
from relay_runtime.workers.totals import Lost


def counter(name: str, value: int, **labels: str) -> MetricSamples:
    return MetricSamples(name, "counter", "", ((f"{name}_total", labels, float(value)),))


def test_what_has_ended_is_added_up_by_name_and_by_reason_without_gauges() -> None:
    lost = Lost()
    lost.add([counter("relay_calls_offered", 2), counter("relay_calls_refused", 1, policy="drop")])
    lost.add([])
    lost.add(
        [
            counter("relay_calls_offered", 3),
            counter("relay_calls_refused", 1, policy="drop"),
            counter("relay_calls_refused", 4, policy="drain"),
            MetricSamples("relay_calls_live", "gauge", "", (("relay_calls_live", {}, 7.0),)),
        ]
    )
    assert lost.summary() == "calls offered: 5, admitted: 0, refused: drain 4, drop 2; ended: none"
    assert [each.name for each in lost.metrics] == ["relay_calls_offered", "relay_calls_refused"]


def test_of_a_worker_without_a_last_word_the_newer_of_what_is_known_counts_and_the_sum_says_so() -> None:
    lost = Lost()
    seen = [counter("relay_calls_offered", 2), counter("relay_calls_ended", 1, reason="hangup"), counter("other", 5)]
    tally = Tally(offered=4, admitted=3, refused={"busy": 1}, ended={"hangup": 2})
    lost.cut_short(seen, tally, served=True)
    counts = "calls offered: 4, admitted: 3, refused: busy 1; ended: hangup 2"
    assert lost.summary() == f"{counts}; incomplete: workers that died without a last word: 1"
    assert lost._count("other") == 5
    lost.cut_short([], Tally(), served=False)
    assert lost.unheard == 1


def test_what_a_worker_says_at_its_end_comes_as_json() -> None:
    lost = Lost()
    said = msgspec.json.decode(msgspec.json.encode([counter("relay_calls_ended", 4, reason="hangup")]))
    lost.hear(said)
    lost.hear(said)
    assert lost.summary().endswith("ended: hangup 8")
