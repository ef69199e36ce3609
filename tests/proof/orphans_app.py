"""The app of the orphans' proof, served by `relay-runtime start`: calls in every state, inbound and dialled.

The environment says how many dials a second the process makes (DIALS), and which number answers, which one is busy, and
which one rings for ever (CALLED).
"""

from __future__ import annotations

import os
import random
from typing import ClassVar

import gevent

from relay_runtime import CallActor, RelayClient, RelayError, Say, phone

US = "+15550100099"
ANSWERS, BUSY, RINGS = os.environ["CALLED"].split()
_QUEUE = "waiting"
_chance = random.Random()


class Guest(CallActor):
    """Serves who calls; when its process has died, says so and goodbye."""

    def run(self) -> None:
        self.memo = {"step": "begins"}
        self.answer()
        self.wait_for_answered(60)
        serve = _chance.choices([self.asks, self.connects, self.queues, self.idles], [6, 2, 1, 1])[0]
        self.memo = {"step": serve.__name__}
        serve()
        self.play_tts("Thank you, and goodbye.").wait(60)
        self.hangup()

    def asks(self) -> None:
        self.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 100}).wait(60)

    def connects(self) -> None:
        self.connect([[phone(BUSY, from_number=US)], [phone(ANSWERS, from_number=US), phone(RINGS, from_number=US)]])
        self.wait_for("calling.call.connect", lambda event: event.connect_state not in {"connecting", "connected"}, 60)

    def queues(self) -> None:
        self.queue_enter(_QUEUE)
        self.sleep(_chance.uniform(0.5, 2.0))
        self.queue_leave(_QUEUE)

    def idles(self) -> None:
        self.sleep(_chance.uniform(0.5, 2.0))

    def on_adopted(self) -> None:
        self.play_tts(f"Sorry, you were at {self.memo['step']}. Goodbye.").wait(60)
        self.hangup()


class Reminder(CallActor):
    """Serves who was called; when its process has died, the policy does."""

    when_orphaned: ClassVar[Say] = Say("Sorry, we will call again.")

    def run(self) -> None:
        self.play_tts("Your table is ready. Press 1 if you come, and stay on the line if you have a question.").wait(60)
        self.sleep(_chance.uniform(0.0, 1.0))
        self.hangup()


client = RelayClient(contexts=["office"], max_active_calls=5000, call_actor=Guest)


@client.on_ready
def dial_out(_client: RelayClient) -> None:
    rate = float(os.environ["DIALS"])
    while True:
        gevent.sleep(_chance.expovariate(rate))
        gevent.spawn(_dial)


def _dial() -> None:
    groups = _chance.choice([[[ANSWERS]], [[RINGS, ANSWERS]], [[BUSY], [RINGS, RINGS], [ANSWERS]], [[RINGS]]])
    devices = [[phone(number, from_number=US) for number in group] for group in groups]
    try:
        client.dial(devices, dial_timeout=5, call_actor=Reminder)
    except RelayError:
        pass  # nobody answered, or the client stops
