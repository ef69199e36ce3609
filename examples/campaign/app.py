"""Calls the guests of a CSV file at a pace, tells what came of each, and writes down who is left.

python app.py guests.csv left.csv
"""

from __future__ import annotations

import csv
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TextIO

import gevent

from relay_runtime import CallActor, CallSetup, CampaignItem, RelayClient, Retry, phone, serial

OUR_NUMBER = os.environ.get("OUR_NUMBER", "+15550100099")
DELAYS = tuple(float(seconds) for seconds in os.environ.get("RETRY_AFTER", "60,300").split(","))
DRAIN_SECONDS = 20.0


class Reminder(CallActor):
    """Serves the call to one guest."""

    def __init__(self, setup: CallSetup, guest: dict[str, str]) -> None:
        super().__init__(setup)
        self.guest = guest

    def run(self) -> None:
        prompt = self.prompt_tts(
            f"Hello, {self.guest['name']}. Your table is ready at eight. Press 1 to confirm.",
            {"digits": {"max": 1}, "initial_timeout": 10},
        )
        confirmed = prompt.wait(timeout=60).digits == "1"
        print(f"{self.guest['id']}: {'confirmed' if confirmed else 'did not confirm'}", flush=True)


def items(guests: Iterable[dict[str, str]]) -> Iterator[CampaignItem]:
    """Yield whom to call; the file is read row by row, as guests are called."""
    for guest in guests:
        devices = serial(phone(guest["number"], from_number=OUR_NUMBER, timeout=25))
        yield CampaignItem(devices, key=guest, call_actor=partial(Reminder, guest=guest))


def call_all(client: RelayClient, guests: Iterable[dict[str, str]], rest: TextIO) -> None:
    """Call guests, tell what came of each, and write down who is left. Blocks until all is over, or a drain begins."""
    campaign = client.campaign("reminders", cps=5, at_once=20, retry=Retry(delays=DELAYS))
    campaign.add_all(items(guests))
    left = csv.DictWriter(rest, ["id", "number", "name"])
    left.writeheader()
    for outcome in campaign.outcomes():
        print(f"{outcome.key['id']}: {outcome.result} {outcome.reason}".rstrip(), flush=True)
        if outcome.result == "unsent":
            left.writerow(outcome.key)
    for item in campaign.stop():
        left.writerow(item.key)


def main() -> None:
    source, left_over = sys.argv[1:]
    client = RelayClient()
    client.connect(timeout=30)
    # A drain stops the campaign: no more dials begin, and the calls that are up may end by themselves.
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, client.drain, DRAIN_SECONDS)
    with open(source, newline="", encoding="utf-8") as file, open(left_over, "w", encoding="utf-8") as rest:
        call_all(client, csv.DictReader(file), rest)
    client.disconnect()


if __name__ == "__main__":
    main()
