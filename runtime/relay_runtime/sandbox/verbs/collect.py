"""calling.collect and calling.play_and_collect (protocol 7.3)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.fields import Decibels, Positive
from relay_runtime.sandbox.verbs.gather import FINISHED, START_OF_INPUT, DigitRules, Gather, Result, SpeechRules
from relay_runtime.sandbox.verbs.media import Media, Playlist
from relay_runtime.sandbox.verbs.play import Play, VolumeParams
from relay_runtime.sandbox.verbs.table import Control, RefusalError, fresh, running, sub_command, verb

_NOTHING_TO_COLLECT: Final = "At least one of digits and speech is needed"


class CollectParams(Control, rename={"continue_": "continue"}):
    """Params of calling.collect; ``continue`` is the deprecated alias of ``continuous``."""

    initial_timeout: Positive = 4
    digits: DigitRules | None = None
    speech: SpeechRules | None = None
    partial_results: bool = False
    continuous: bool | None = None
    continue_: bool = False
    send_start_of_input: bool = False
    start_input_timers: bool | None = None


class PromptRules(Struct):
    """What calling.play_and_collect collects."""

    initial_timeout: Positive = 4
    digits: DigitRules | None = None
    speech: SpeechRules | None = None


class PromptParams(Control):
    """Params of calling.play_and_collect."""

    play: Playlist
    collect: PromptRules
    volume: Decibels = 0


class Collect(Action):
    """A collection of digits and speech without a prompt.

    Args:
        call: the call it runs on.
        params: what was asked for.
    """

    kind = "collect"
    event_type = "calling.call.collect"

    def __init__(self, call: Call, params: CollectParams) -> None:
        super().__init__(call, params.control_id)
        self._params = params
        self._continuous = params.continue_ if params.continuous is None else params.continuous
        self.gather = Gather(
            self,
            params.digits,
            params.speech,
            initial_timeout=params.initial_timeout,
            on_start=self._input_begins,
            on_partial=self._partial if params.partial_results else None,
            on_result=self._result,
        )

    def start(self) -> None:
        """Listen; the clock for the first input runs only when asked for (protocol 16.20)."""
        self.listen(self.gather)
        wanted = self._params.start_input_timers
        if self.ground.settings.start_input_timers if wanted is None else wanted:
            self.gather.start_timers()

    def _input_begins(self) -> None:
        if self._params.send_start_of_input:
            self.event(result=START_OF_INPUT)

    def _partial(self, result: Result) -> None:
        self.event(state="collecting", result=result, final=False)

    def _result(self, result: Result) -> None:
        if self._continuous and result["type"] != "no_input":
            self.event(state="collecting", result=result, final=True)
        else:
            self.finish(result=result)

    def stop(self) -> None:
        """End with what there is."""
        if self._continuous:
            self.finish(state="finished", result=FINISHED, final=True)
        else:
            self.finish(result=self.gather.stopped())


class PlayAndCollect(Play):
    """A prompt and the collection of the answer to it; input ends the prompt.

    Args:
        call: the call it runs on.
        params: what was asked for.
    """

    kind = "play_and_collect"

    def __init__(self, call: Call, params: PromptParams) -> None:
        items: list[Media] = params.play
        super().__init__(call, params.control_id, items, 1, params.volume)
        self._prompting = True
        rules = params.collect
        self.gather = Gather(
            self,
            rules.digits,
            rules.speech,
            initial_timeout=rules.initial_timeout,
            on_start=self._prompt_over,
            on_partial=None,
            on_result=self._result,
        )

    def start(self) -> None:
        """Listen, and begin the prompt."""
        self.listen(self.gather)
        super().start()

    def over(self) -> None:
        """Take the end of the prompt: now the clock for the answer runs."""
        self._prompt_over()
        self.gather.start_timers()

    def _prompt_over(self) -> None:
        if self._prompting:
            self._prompting = False
            self.cancel_timer("item")
            if self._sound is not None:
                self._sound.stop()
            self.event(state="finished")
            self.line.changed()

    def _result(self, result: Result) -> None:
        self._prompt_over()
        if not self.open:
            return
        self.close()
        self.call.event("calling.call.collect", control_id=self.control_id, result=result)

    def stop(self) -> None:
        """End prompt and collection with what there is."""
        self._result(self.gather.stopped())


@verb("calling.collect", "Collecting", CollectParams)
def collect(call: Call, params: CollectParams) -> None:
    """Collect digits and speech."""
    if params.digits is None and params.speech is None:
        raise RefusalError("400", _NOTHING_TO_COLLECT)
    fresh(call, Collect, params.control_id)
    call.begin(Collect(call, params))


@verb("calling.collect.start_input_timers", "Starting input timers", Control)
def start_input_timers(call: Call, params: Control) -> None:
    """Start the clock of a collection, with or without a prompt."""
    action = call.action(Collect, params.control_id) or running(call, PlayAndCollect, params.control_id)
    action.gather.start_timers()


@verb("calling.play_and_collect", "Playing and collecting", PromptParams)
def play_and_collect(call: Call, params: PromptParams) -> None:
    """Play a prompt and collect the answer."""
    if params.collect.digits is None and params.collect.speech is None:
        raise RefusalError("400", _NOTHING_TO_COLLECT)
    fresh(call, PlayAndCollect, params.control_id)
    call.begin(PlayAndCollect(call, params))


@verb("calling.play_and_collect.volume", "Changed play and collect volume", VolumeParams)
def play_and_collect_volume(call: Call, params: VolumeParams) -> None:
    """Change the volume of the prompt."""
    running(call, PlayAndCollect, params.control_id).volume = params.volume


sub_command("calling.collect.stop", "Stopping", Collect, Collect.stop)
sub_command("calling.play_and_collect.stop", "Stopping", PlayAndCollect, PlayAndCollect.stop)
