"""AI agents on a call: calling.ai, calling.amazon_bedrock and what belongs to them (protocol 7.6)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.clock import epoch_us
from relay_runtime.sandbox.ground.line import Heard
from relay_runtime.sandbox.verbs.table import Control, Params, RefusalError, answered, fresh, sub_command, verb

AnyObject = dict[str, Any]
Prompt = AnyObject | str


class AiParams(Control, kw_only=True):
    """Params of calling.ai; SDKs also send prompts as plain texts."""

    prompt: Prompt | None = None
    post_prompt: Prompt | None = None
    agent: str = ""
    global_data: AnyObject | None = None
    SWAIG: AnyObject | None = None
    params: AnyObject | None = None
    hints: list[str | AnyObject] | None = None
    languages: list[AnyObject] | None = None
    pronounce: list[AnyObject] | None = None


class BedrockParams(Params, kw_only=True):
    """Params of calling.amazon_bedrock."""

    prompt: Prompt | None = None
    post_prompt: Prompt | None = None
    global_data: AnyObject | None = None
    SWAIG: AnyObject | None = None
    params: AnyObject | None = None


class Reset(Struct):
    """What an AI message resets."""

    full_reset: bool = False
    user_prompt: str = ""
    system_prompt: str = ""


class MessageParams(Params):
    """Params of calling.ai_message."""

    message_text: str = ""
    role: Literal["system", "user", "assistant"] = "user"
    reset: Reset | None = None
    global_data: AnyObject | None = None


class HoldParams(Params):
    """Params of calling.ai_hold; ``timeout`` is a text such as ``60`` or ``5m``."""

    timeout: Annotated[str, Meta(pattern="^[0-9]+[smh]?$")] = "300"
    prompt: str = ""


class UnholdParams(Params):
    """Params of calling.ai_unhold."""

    prompt: str = ""


class Agent(Action):
    """An agent that answers each utterance of the caller with the same few words.

    Args:
        call: the call.
        control_id: its name; empty for an agent that has none.
        params: what was asked for.
    """

    kind = "ai"
    event_type = "calling.call.ai"

    def __init__(self, call: Call, control_id: str, params: AiParams | BedrockParams) -> None:
        super().__init__(call, control_id)
        self._post_prompt = params.post_prompt
        functions = (params.SWAIG or {}).get("functions")
        self._functions: list[Any] = functions if isinstance(functions, list) else []
        self._began_us = epoch_us()
        self.held = False

    def _log(self, name: str, **fields: Any) -> None:
        self.call.event(f"calling.ai.{name}", **fields)

    def start(self) -> None:
        """Send ``calling.ai.start`` and listen."""
        self.listen()
        self._log("start")

    def on_speech_begins(self, text: str) -> None:
        """Note that the caller speaks."""
        if not self.held:
            self._log("user_speaking")
            self._log("partial_result", text=text.split(" ", 1)[0], barged=False)

    def on_speech_ends(self, text: str) -> None:
        """Answer."""
        if not self.held:
            self._log("speech_detect", text=text)
            self.answer(text)

    def answer(self, text: str) -> None:
        """Take a turn, calling the first function of the agent if it has one."""
        if self._functions and isinstance(self._functions[0], dict):
            name = self._functions[0].get("function", self._functions[0].get("name", ""))
            self._log("swaig", function=name, argument={"text": text})
            self._log("swaig_action", action={"say": text})
        reply = f"You said: {text}"
        self._log("begin_speaking")
        self._log("response_utterance", utterance=reply)
        seconds = self.ground.speech_seconds(reply)
        self._log("response", response=reply)
        self._log("completion", text=reply, type="normal")
        self.line.plays(Heard(self.clock, "tts", reply, seconds))

    def _last_words(self) -> None:
        if self._post_prompt is not None:
            self._log("post_prompt", post_prompt_data={"raw": "The caller was served."})
        self._log("stop", start_time=self._began_us, end_time=epoch_us(), wallet_paused_sec=0, billing={})

    def stop(self) -> None:
        """End."""
        if not self.open:
            return
        self._last_words()
        if self.control_id:
            self.finish(state="finished")
        else:
            self.close()


def _agent(call: Call) -> Agent:
    """Return the agent of a call.

    Raises:
        RefusalError: there is none (404).
    """
    for action in call.actions.values():
        if isinstance(action, Agent):
            return action
    raise RefusalError("404", "No AI session is running on this call")


def _no_agent(call: Call) -> None:
    answered(call)
    if any(isinstance(action, Agent) for action in call.actions.values()):
        raise RefusalError("409", "An AI session is already running on this call")


@verb("calling.ai", "AI started", AiParams)
def ai(call: Call, params: AiParams) -> None:
    """Attach an agent."""
    fresh(call, Agent, params.control_id)
    _no_agent(call)
    if params.prompt is None and not params.agent:
        raise RefusalError("400", "calling.ai: prompt or agent is needed")
    call.begin(Agent(call, params.control_id, params))


@verb("calling.amazon_bedrock", "success", BedrockParams)
def amazon_bedrock(call: Call, params: BedrockParams) -> None:
    """Attach an Amazon Bedrock agent; it has no control_id."""
    _no_agent(call)
    call.begin(Agent(call, "", params))


@verb("calling.ai_message", "+OK", MessageParams)
def ai_message(call: Call, params: MessageParams) -> None:
    """Put a message into the session; one of the user is answered."""
    agent = _agent(call)
    if params.reset is None and params.role == "user" and params.message_text:
        agent.answer(params.message_text)


@verb("calling.ai_hold", "+OK", HoldParams)
def ai_hold(call: Call, params: HoldParams) -> None:  # noqa: ARG001
    """Put the session on hold."""
    _agent(call).held = True


@verb("calling.ai_unhold", "+OK", UnholdParams)
def ai_unhold(call: Call, params: UnholdParams) -> None:  # noqa: ARG001
    """Resume the session."""
    _agent(call).held = False


sub_command("calling.ai.stop", "+OK", Agent, Agent.stop)
