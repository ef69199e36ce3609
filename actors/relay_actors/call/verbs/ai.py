"""Verbs of AI agents (protocol 7.6)."""

from __future__ import annotations

from typing import Any

from relay_actors.call.actions import AIAction, OnCompleted
from relay_actors.call.commands import begin, invoke
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given
from relay_actors.kit.ids import new_id
from relay_actors.wire.events import AIEvent, AIStopEvent, CallStateEvent

__all__ = ["AIVerbs"]

_NAMES = {"params": "ai_params"}


class AIVerbs(Verbs):
    """AI agents. Each verb blocks the current greenlet until the server's reply, not until the agent is done."""

    __slots__ = ()

    def ai(
        self,
        *,
        control_id: str | None = None,
        agent: str | None = None,
        prompt: dict[str, Any] | str | None = None,
        post_prompt: dict[str, Any] | str | None = None,
        post_prompt_url: str | None = None,
        post_prompt_auth_user: str | None = None,
        post_prompt_auth_password: str | None = None,
        global_data: dict[str, Any] | None = None,
        pronounce: list[dict[str, Any]] | None = None,
        hints: list[str] | None = None,
        languages: list[dict[str, Any]] | None = None,
        SWAIG: dict[str, Any] | None = None,  # noqa: N803 - its name on the wire
        ai_params: dict[str, Any] | None = None,
        on_completed: OnCompleted[AIEvent | AIStopEvent | CallStateEvent] | None = None,
        **kwargs: Any,
    ) -> AIAction:
        """Let an AI agent talk on the call (``calling.ai``) and return it.

        Its events (``calling.ai.…``) go to listeners and to the hook ``on_ai``.

        Args:
            control_id: id of the operation; default a new UUID.
            agent: id of a stored agent, in place of a prompt.
            prompt: ``{"text": …}`` or ``{"pom": […]}``, with ``temperature``, ``top_p`` and so on.
            post_prompt: what to do at the end, in the same form.
            post_prompt_url: where its result is sent.
            post_prompt_auth_user: user name for that URL.
            post_prompt_auth_password: password for that URL; a secret.
            global_data: data kept for the session.
            pronounce: how words are spoken.
            hints: phrases that help recognition.
            languages: languages and voices.
            SWAIG: tools: ``functions``, ``defaults``, ``includes``, ``native_functions``, ``mcp_servers``.
            ai_params: tuning, times in milliseconds (``params`` on the wire).
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire.

        Raises:
            RelayError: the server refused.
        """
        params = given(
            {"params": ai_params},
            agent=agent,
            prompt=prompt,
            post_prompt=post_prompt,
            post_prompt_url=post_prompt_url,
            post_prompt_auth_user=post_prompt_auth_user,
            post_prompt_auth_password=post_prompt_auth_password,
            global_data=global_data,
            pronounce=pronounce,
            hints=hints,
            languages=languages,
            SWAIG=SWAIG,
            **kwargs,
        )
        return begin(self._relay, AIAction(self._relay, control_id or new_id(), on_completed), params, names=_NAMES)

    def amazon_bedrock(
        self,
        *,
        prompt: Any | None = None,
        SWAIG: dict[str, Any] | None = None,  # noqa: N803 - its name on the wire
        ai_params: dict[str, Any] | None = None,
        global_data: dict[str, Any] | None = None,
        post_prompt: dict[str, Any] | None = None,
        post_prompt_url: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Let an Amazon Bedrock agent talk on the call (``calling.amazon_bedrock``) and return the reply.

        It has no control_id and cannot be stopped; ``calling.ai.stop`` tells its end.

        Args:
            prompt: ``{"text": …}`` or ``{"pom": […]}``.
            SWAIG: tools, as for `ai`.
            ai_params: tuning (``params`` on the wire).
            global_data: data kept for the session.
            post_prompt: what to do at the end.
            post_prompt_url: where its result is sent.
            kwargs: further params, passed to the wire.
        """
        params = given(
            {"params": ai_params},
            prompt=prompt,
            SWAIG=SWAIG,
            global_data=global_data,
            post_prompt=post_prompt,
            post_prompt_url=post_prompt_url,
            **kwargs,
        )
        return invoke(self._relay, "calling.amazon_bedrock", params, names=_NAMES)

    def ai_message(
        self,
        *,
        message_text: str | None = None,
        role: str | None = None,
        reset: dict[str, Any] | None = None,
        global_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Put a message into the AI session (``calling.ai_message``) and return the reply.

        Args:
            message_text: the text.
            role: who says it: ``system``, ``user`` or ``assistant``.
            reset: start anew: ``full_reset`` (True or False), ``user_prompt``, ``system_prompt``; the text and the data
                of the same message are ignored then.
            global_data: data that the agent's functions see.
            kwargs: further params, passed to the wire.
        """
        params = given(message_text=message_text, role=role, reset=reset, global_data=global_data, **kwargs)
        return invoke(self._relay, "calling.ai_message", params)

    def ai_hold(self, *, timeout: str | None = None, prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Put the AI session on hold (``calling.ai_hold``) and return the reply.

        Args:
            timeout: how long: ``"60"`` (seconds) or ``"5m"``, 300 seconds at most. A number of seconds is turned into
                a text.
            prompt: instruction for the agent.
            kwargs: further params, passed to the wire.
        """
        length = f"{timeout:g}" if isinstance(timeout, int | float) and not isinstance(timeout, bool) else timeout
        return invoke(self._relay, "calling.ai_hold", given(timeout=length, prompt=prompt, **kwargs))

    def ai_unhold(self, *, prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Resume the AI session (``calling.ai_unhold``) and return the reply.

        Args:
            prompt: instruction for the agent; optional.
            kwargs: further params, passed to the wire.
        """
        return invoke(self._relay, "calling.ai_unhold", given(prompt=prompt, **kwargs))
