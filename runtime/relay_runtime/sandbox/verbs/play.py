"""calling.play and its sub-commands (protocol 7.3)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.fields import Decibels
from relay_runtime.sandbox.ground.line import Heard
from relay_runtime.sandbox.verbs.media import Media, Playlist
from relay_runtime.sandbox.verbs.table import Control, fresh, running, sub_command, verb

__all__ = ["Play", "VolumeParams"]


class PlayParams(Control):
    """Params of calling.play."""

    play: Playlist
    volume: Decibels = 0
    direction: Literal["listen", "speak", "both"] = "listen"
    loop: Annotated[int, Meta(ge=0)] = 1


class VolumeParams(Control):
    """Params of calling.play.volume."""

    volume: Decibels


class Play(Action):
    """A playlist that takes its time.

    Args:
        call: the call it is played on.
        control_id: its name.
        items: what is played, in order.
        loop: how many times; 0 is until it is stopped.
        volume: in dB.
    """

    kind = "play"
    event_type = "calling.call.play"

    def __init__(self, call: Call, control_id: str, items: list[Media], loop: int, volume: float) -> None:
        super().__init__(call, control_id)
        self.items = items
        self.loop = loop
        self.volume = volume
        self._index = 0
        self._rounds = 0
        self._sound: Heard | None = None
        self._pace = 1.0

    def last(self, seconds: float, *, at_least: bool) -> None:
        """Play all of it in so many line seconds; what plays until it is stopped goes on as it is."""
        own = sum(item.heard(self.ground).seconds for item in self.items) * self.loop
        if own > 0 and not (at_least and own >= seconds):
            self._pace = seconds / own

    def start(self) -> None:
        """Send ``playing`` and begin with the first item."""
        self.event(state="playing")
        self._play_item()

    def _play_item(self) -> None:
        self._sound = self.items[self._index].heard(self.ground)
        self._sound.seconds *= self._pace
        self.set_timer("item", self._sound.seconds, self._item_over)
        self.line.plays(self._sound)

    def _item_over(self) -> None:
        if self._sound is not None:
            self._sound.complete()
            self.line.changed()
        if not self.open:  # what the far end heard made it hang up
            return
        self._index += 1
        if self._index == len(self.items):
            self._index = 0
            self._rounds += 1
            if self._rounds == self.loop:
                self.over()
                return
        self._play_item()

    def over(self) -> None:
        """End since everything was played."""
        self.finish(state="finished")

    def pause(self) -> None:
        """Stand still."""
        if self._sound is None or not self._sound.running:
            return
        self.cancel_timer("item")
        self._sound.pause()
        self.event(state="paused")
        self.line.changed()

    def resume(self) -> None:
        """Go on where it stood still."""
        if self._sound is None or self._sound.running:
            return
        self._sound.resume()
        self.set_timer("item", self._sound.seconds - self._sound.position, self._item_over)
        self.event(state="playing")
        self.line.changed()

    def close(self) -> None:
        """Fall silent."""
        if self._sound is not None:
            self._sound.stop()
        super().close()


@verb("calling.play", "Playing", PlayParams)
def play(call: Call, params: PlayParams) -> None:
    """Play media."""
    fresh(call, Play, params.control_id)
    call.begin(Play(call, params.control_id, params.play, params.loop, params.volume))


@verb("calling.play.volume", "Changed play volume", VolumeParams)
def volume(call: Call, params: VolumeParams) -> None:
    """Change the volume of a playback."""
    running(call, Play, params.control_id).volume = params.volume


sub_command("calling.play.pause", "Paused play", Play, Play.pause)
sub_command("calling.play.resume", "Resumed play", Play, Play.resume)
sub_command("calling.play.stop", "Stopping", Play, Play.stop)
