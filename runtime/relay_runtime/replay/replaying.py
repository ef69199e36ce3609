"""Playing a recorded call again, against today's code, in virtual time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Final

from relay_runtime import aio
from relay_runtime.client.client import RelayClient
from relay_runtime.recording.lines import Line
from relay_runtime.recording.reading import Recording, read_recording
from relay_runtime.replay.comparison import compared, sent_in
from relay_runtime.replay.limits import NotReplayable, check_replayable, check_verbatim
from relay_runtime.replay.live_tokens import LiveTokens
from relay_runtime.replay.outcome import Replay
from relay_runtime.replay.playing import Playing, Serving
from relay_runtime.replay.story import Story, read_story
from relay_runtime.testing.app import AppUnderTest, makes_calls
from relay_runtime.testing.stage import owned_time, stage

__all__ = ["replay"]

_MORE: Final = 3600.0
"""Seconds that a replay may take longer than the recording took twice."""


def replay(
    recording: str | os.PathLike[str] | Recording,
    app: Any,
    *,
    strict: bool = False,
    numbers: Mapping[str, str] | None = None,
    dials: Callable[[RelayClient], object] | None = None,
    seed: int = 0,
    **client_options: Any,
) -> Replay:
    """Play a recorded call again, in virtual time, and compare what the app sends.

    Blocks the current greenlet; nothing else of this thread's hub keeps real time meanwhile.

    Args:
        recording: the file, or what `read_recording` returned.
        app: the app that serves the call: a subclass of `CallActor`, a function for `RelayClient.on_call`, or a
            `RelayClient`.
        strict: serve the recording as it is, each reply and event, and stop at the first request that is another one.
        numbers: what is to stand for numbers of the recording, such as ``{"<number-1>": "+15550100001"}``; others are
            made up.
        dials: makes the call, for the recording of a dial: called with the client, connected. None dials as it was
            recorded, with ``app``, a subclass of `CallActor`, to serve the call.
        seed: ids and jitter follow from it.
        **client_options: arguments of the client that is made for the app, such as ``max_active_calls``.

    Raises:
        RecordingError: the file is no recording. `OSError`: it can't be read.
        NotReplayable: the recording can't be played again; the text says why.
        ValueError: a number is given for what is not in the recording, or the client has its options already.
        TypeError: ``app`` is none of these.
        RuntimeError: the time of this process is owned by a test already.
    """
    _check_app(app)
    read = recording if isinstance(recording, Recording) else read_recording(recording)
    name = "the recording" if isinstance(recording, Recording) else Path(recording).name
    story = read_story(read)
    (check_verbatim if strict else check_replayable)(story)
    tokens = LiveTokens(_from_outside(read, dials), numbers)
    dial = None if read.header.direction == "inbound" else _dial_of(story, tokens, app, dials)
    longest = read.end.at * 2 + _MORE
    with ExitStack() as block:
        block.enter_context(owned_time(seed=seed, limit=longest * 2))
        sandbox = block.enter_context(stage(seed=seed))
        tested = AppUnderTest(app, sandbox, **client_options)
        client = _plain(tested)
        playing = (Serving if strict else Playing)(story, tokens, sandbox, tested, client, longest)
        block.callback(tested.stop)
        block.callback(client.tap.watch(playing.take.see))
        tested.start()
        playing.play(dial)
    sent = sent_in(read.frames), sent_in(playing.take.lines)
    return Replay(
        name=name,
        recorded=sent[0],
        replayed=sent[1],
        differences=() if strict else compared(*sent),
        notes=(*read.end.doubtful, *playing.notes),
        crashes=tuple(crash.text for crash in tested.phones.crashes.all),
        divergence=playing.divergence,
    )


def _check_app(app: Any) -> None:
    if iscoroutinefunction(app) or isinstance(app, aio.RelayClient):
        raise TypeError(
            "the app is one of asyncio, whose loop keeps its own time; a replay is in virtual time, for a CallActor "
            "class, a function for on_call, or a RelayClient"
        )


def _plain(tested: AppUnderTest) -> RelayClient:
    client = tested.client
    assert isinstance(client, RelayClient)  # `_check_app` has looked
    return client


def _from_outside(read: Recording, dials: Callable[[RelayClient], object] | None) -> tuple[Line, ...]:
    """Return the frames; a dial that is made for the app counts as one that came from outside."""
    if dials is not None or read.header.direction == "inbound":
        return read.frames
    return tuple(
        Line(at=line.at, direction="in", frame=line.frame) if line.frame.get("method") == "calling.dial" else line
        for line in read.frames
    )


def _dial_of(
    story: Story, tokens: LiveTokens, app: Any, dials: Callable[[RelayClient], object] | None
) -> Callable[[RelayClient], object]:
    """Return what makes the call of the recording of a dial.

    Raises:
        NotReplayable: it takes a class that serves the call, or the dial is none.
    """
    if dials is not None:
        return dials
    if isinstance(app, RelayClient) or not makes_calls(app):
        raise NotReplayable(("it is of a dial: the app has to be the CallActor class that serves the call",))
    asked = next(request for request in story.requests if request.method == "calling.dial")
    if not isinstance(asked.params.get("devices"), list):
        raise NotReplayable(("its dial has no devices",))
    params = {key: value for key, value in tokens.filled(asked.params).items() if key != "tag"}
    return lambda client: client.dial(**params, call_actor=app)
