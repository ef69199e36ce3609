"""The decoder and the router under atheris, which looks for new paths through their code instead of trying at random.

    SECONDS=60 python -m proof.fuzz_guided     run; needs atheris (pip install atheris)

Left out of ``make fuzz`` where atheris can't be installed.
"""

from __future__ import annotations

import os
import random
import sys

import atheris

with atheris.instrument_imports(include=["relay_actors"]):
    import gevent
    from event_values import oddities
    from loguru import logger

    from proof.hostile import Hostile, mutated
    from relay_actors.call.call import Call
    from relay_actors.delivery.unrouted import Unrouted
    from relay_actors.messaging.actor import MessagingActor
    from relay_actors.messaging.roster import MessageRoster
    from relay_actors.routing.admission import Admission
    from relay_actors.routing.messages import SetCallHandler
    from relay_actors.routing.roster import CallRoster
    from relay_actors.routing.subscription import SubscriptionActor
    from relay_actors.session.link import Link
    from relay_actors.session.messages import EventsReceived
    from relay_actors.session.replies import LoginRefused, read_login, read_reply
    from relay_actors.telemetry.stats import Stats
    from relay_actors.timing import Timing
    from relay_actors.wire.events import parse_event
    from relay_actors.wire.frames import BadFrame, acknowledgement, decode_frame

_TURNS_EVERY = 256  # frames

escapes: list[str] = []


def _target() -> object:
    timing = Timing(call_linger=0.01, request_timeout=0.1)
    stats = Stats()
    subscription = SubscriptionActor(Link(timing), Admission(20, "drop"), stats, CallRoster(Unrouted(1.0, stats)))
    messaging = MessagingActor(timing, stats, MessageRoster(Unrouted(1.0, stats)))
    subscription.on_receive(SetCallHandler(Call))
    count = 0

    def one(data: bytes) -> None:
        nonlocal count
        count += 1
        frame = decode_frame(data)
        if not isinstance(frame, BadFrame):
            repr(frame)
            if frame.id is not None:
                acknowledgement(frame.id)
            if frame.method is None:
                read_reply(frame)
                try:
                    read_login(frame)
                except LoginRefused:
                    pass
            elif frame.params is not None and frame.params.event_type:
                event = parse_event(frame.params)
                escapes.extend(oddities(event))
                batch = EventsReceived(((frame.id, event),))
                subscription.on_receive(batch)
                messaging.on_receive(batch)
        if count % _TURNS_EVERY == 0:
            gevent.sleep(0)
        if escapes:
            raise RuntimeError(escapes[0])

    return one


def _mutate(data: bytes, size: int, seed: int) -> bytes:
    """Change a frame as JSON mostly, as bytes otherwise: JSON is decoded in C, where atheris sees no paths."""
    chance = random.Random(seed)
    changed = mutated(data, chance) if chance.random() < 0.8 else None
    if changed is None or len(changed) > size:
        return bytes(atheris.Mutate(data, size))
    return changed


def main() -> None:
    """Fuzz for SECONDS of the environment; exits with 0 when nothing escaped, and with libFuzzer's code otherwise."""
    logger.remove()
    logger.add(lambda line: escapes.append(str(line)), level="ERROR")
    corpus = os.path.join(os.environ.get("TMPDIR", "/tmp"), "relay-runtime-corpus")
    os.makedirs(corpus, exist_ok=True)
    for number, data in enumerate(Hostile(1).frames(300)):
        if len(data) < 4096:
            with open(os.path.join(corpus, f"seed-{number}"), "wb") as file:
                file.write(data)
    seconds = os.environ.get("SECONDS", "60")
    options = [f"-max_total_time={seconds}", "-rss_limit_mb=1024", "-max_len=4096", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], corpus, *options, *sys.argv[1:]], _target(), custom_mutator=_mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
