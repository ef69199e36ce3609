"""What other processes of a fleet are answered."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.inspected import InspectedClient

from relay_actors.errors import CallEnded, RelayError, RelayTimeout
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.fleet_desk import FleetDesk
from relay_runtime.fleet.mail import Letter, Refusal


class Told(InspectedClient):
    """Keeps what its calls are told, or raises.

    Attributes:
        told: call ids and values.
        fails: raised in the place of telling.
    """

    def __init__(self, *call_ids: str) -> None:
        super().__init__(*call_ids)
        self.told: list[tuple[str, Any]] = []
        self.reasons: list[str] = []
        self.fails: Exception | None = None

    def hangup_call(self, call_id: str, reason: str = "hangup") -> bool:
        self.reasons.append(reason)
        return super().hangup_call(call_id)

    def tell(self, call_id: str, value: Any) -> None:
        if self.fails is not None:
            raise self.fails
        if call_id not in self.calls:
            raise CallEnded
        self.told.append((call_id, value))


def asked(client: Told, op: str, call_id: str = "", value: Any = None) -> Any:
    desk = FleetDesk(client, ClientActors())  # type: ignore[arg-type]
    return desk.answer(
        Letter(id="1", sender="a", op=op, call_id=call_id, value=msgspec.Raw(msgspec.json.encode(value)))
    )


def refused(client: Told, op: str, call_id: str = "", value: Any = None) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        asked(client, op, call_id, value)
    return caught.value.kind, str(caught.value)


def test_a_report_has_the_calls_when_they_are_asked_for() -> None:
    client = Told("c1", "c2")
    client.stats.calls_admitted = 7
    report = asked(client, "report", value=True)
    assert [each.call_id for each in report.calls] == ["c1", "c2"]
    assert (report.admitted, report.status.calls.live) == (7, 2)
    assert asked(client, "report", value=False).calls == ()


def test_a_call_is_shown_told_and_hung_up() -> None:
    client = Told("c1", "c2")
    assert asked(client, "call", "c1").call_id == "c1"
    assert asked(client, "tell", "c2", {"page": 5}) == {"call_id": "c2"}
    assert client.told == [("c2", {"page": 5})]
    assert asked(client, "hangup", "c1", "busy") == {"call_id": "c1"}
    assert (client.calls, client.reasons) == (["c2"], ["busy"])


@pytest.mark.parametrize(("op", "value"), [("call", None), ("tell", 1), ("hangup", "hangup")])
def test_a_call_that_is_not_there_is_unknown(op: str, value: Any) -> None:
    kind, why = refused(Told("c1"), op, "c9", value)
    assert kind == "unknown_call"
    assert "'c9'" in why


@pytest.mark.parametrize(
    ("error", "kind"),
    [(RelayTimeout("it has not answered"), "no_answer"), (TypeError("it has no on_told"), "refused")],
)
def test_what_telling_raises_has_its_kind(error: Exception, kind: str) -> None:
    client = Told("c1")
    client.fails = error
    assert refused(client, "tell", "c1", 1) == (kind, str(error))


def test_a_hang_up_that_the_server_refuses_and_a_reason_that_is_none_are_refused() -> None:
    client = Told("c1")
    client.error = RelayError(500, "no")
    assert refused(client, "hangup", "c1", "hangup")[0] == "refused"
    client.error = ValueError("reason is 5")
    assert refused(client, "hangup", "c1", "hangup")[0] == "refused"
    assert refused(client, "hangup", "c1", 5)[0] == "refused"


def test_a_question_of_another_version_is_refused() -> None:
    kind, why = refused(Told(), "dance")
    assert kind == "failed"
    assert "'dance'" in why


def test_a_client_that_is_stopped_is_not_told_to_stay_away() -> None:
    FleetDesk(Told(), ClientActors()).stay_away(True)  # type: ignore[arg-type]
