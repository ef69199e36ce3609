"""A replay under way: with the people of the recording, or with its frames as they are."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import gevent

from relay_actors.errors import RelayError
from relay_actors.kit import clock
from relay_runtime.client.client import RelayClient
from relay_runtime.replay.courses import speed_of
from relay_runtime.replay.live_tokens import LiveTokens
from relay_runtime.replay.outcome import Divergence
from relay_runtime.replay.people import caller_of
from relay_runtime.replay.player import Player
from relay_runtime.replay.story import Story
from relay_runtime.replay.take import Take
from relay_runtime.replay.verbatim import Verbatim
from relay_runtime.sandbox import Callee, Sandbox
from relay_runtime.testing.app import AppUnderTest, CodeStillRuns

__all__ = ["Dial", "Playing", "Serving"]

Dial = Callable[[RelayClient], object]
"""Makes the call of the recording of a dial; blocks the greenlet that it gets for that."""

_QUIET: Final = 30.0
"""Seconds, beyond the longest silence of the recording, after which somebody who has nothing to do hangs up."""


class Playing:
    """A replay under way: the people of the recording are at the far ends.

    Args:
        story: the recorded call.
        tokens: what stands for its tokens.
        sandbox: where it is played.
        tested: the app.
        client: its client.
        longest: seconds that it may take.

    Attributes:
        take: what passes of the call.
        notes: what went otherwise, in words.
    """

    def __init__(
        self,
        story: Story,
        tokens: LiveTokens,
        sandbox: Sandbox,
        tested: AppUnderTest,
        client: RelayClient,
        longest: float,
    ) -> None:
        self.notes: list[str] = []
        self._story = story
        self._tokens = tokens
        self._sandbox = sandbox
        self._tested = tested
        self._client = client
        self._longest = longest
        self._player = Player(story, tokens, sandbox)
        self.take = Take(story.recording.header, tokens, self._player.told)

    @property
    def divergence(self) -> Divergence | None:
        """None: it stops nowhere."""
        return None

    def play(self, dial: Dial | None) -> None:
        """Play the call to its end; blocks the current greenlet."""
        sandbox, player = self._sandbox, self._player
        sandbox.exchange.foresight = player.foresight
        sandbox.on_dial("*", Callee().never_answers())
        sandbox.settings.change(characters_per_second=speed_of(self._story) or 15.0)
        sandbox.watch(player.know)
        if dial is None:
            self._place()
        dialling = _Dialling(dial, self._client)
        self._wait(dialling)
        self._settle()
        dialling.check()

    def _place(self) -> None:
        offer = self._story.offer
        if offer is not None:
            caller = caller_of(offer, self._tokens)
            self._tested.serves_too(caller.context)
            self._player.begin(self._sandbox.place(caller))

    def _wait(self, dialling: _Dialling) -> None:
        """Wait until the call is over; who has nothing more to do hangs up."""
        player, began = self._player, clock.monotonic()
        quiet = _QUIET + self._longest_silence()
        while not self._is_over(dialling):
            player.changed.clear()
            if not player.changed.wait(quiet) and not player.busy:
                self.notes.append(f"nothing happened for {quiet:.0f} s: the far end hung up")
                break
            if clock.monotonic() - began > self._longest:
                self.notes.append(f"the call took more than {self._longest:.0f} s: the far end hung up")
                break

    def _is_over(self, dialling: _Dialling) -> bool:
        run = self._player.run
        if self.take.why or (run is not None and run.outcome is not None):
            return True
        return dialling.over and not self._client.live_calls()

    def _longest_silence(self) -> float:
        times = [line.at for line in self._story.recording.frames]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def _settle(self) -> None:
        try:
            self._tested.settle()
        except CodeStillRuns as error:
            self.notes.append(str(error))


class Serving:
    """A verbatim replay under way.

    Args:
        story: the recorded call.
        tokens: what stands for its tokens.
        sandbox: what passes the frames on.
        tested: the app.
        client: its client.
        longest: seconds that it may take, which it does not come near.

    Attributes:
        take: what passes of the call.
        notes: what went otherwise, in words.
    """

    def __init__(
        self,
        story: Story,
        tokens: LiveTokens,
        sandbox: Sandbox,
        tested: AppUnderTest,
        client: RelayClient,
        longest: float,  # noqa: ARG002
    ) -> None:
        self.notes: list[str] = []
        self._story = story
        self._tested = tested
        self._client = client
        self._server = Verbatim(story, tokens, sandbox, client)
        self.take = Take(story.recording.header, tokens, self._server.told)

    @property
    def divergence(self) -> Divergence | None:
        """Where it stopped; None: it came to its end."""
        return self._server.divergence

    def play(self, dial: Dial | None) -> None:
        """Serve the call to its end, or to where the app asks for something else; blocks the current greenlet."""
        header = self._story.recording.header
        if dial is None:
            self._tested.serves_too(header.context or "default")
        dialling = _Dialling(dial, self._client)
        self._server.serve()
        self._server.end()
        try:
            self._tested.settle()
        except CodeStillRuns as error:
            self.notes.append(str(error))
        dialling.check()


class _Dialling:
    """Has a call made in a greenlet of its own.

    Args:
        dial: makes it; None: nobody does.
        client: the client.
    """

    def __init__(self, dial: Dial | None, client: RelayClient) -> None:
        self._client = client
        self._error: Exception | None = None
        self._greenlet = None if dial is None else gevent.spawn(self._run, dial)

    def _run(self, dial: Dial) -> None:
        try:
            dial(self._client)
        except RelayError:
            pass  # nobody answers, or it is refused
        except Exception as error:  # noqa: BLE001 - raised where the replay was asked for
            self._error = error

    @property
    def over(self) -> bool:
        """Whether a call was made, and no other is."""
        return self._greenlet is not None and self._greenlet.dead

    def check(self) -> None:
        """Raise what went wrong with it, but for a dial that failed."""
        if self._error is not None:
            raise self._error
