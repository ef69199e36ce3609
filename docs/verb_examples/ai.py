"""Examples of the verbs of AI agents."""

from __future__ import annotations

from relay_runtime import Call
from verb_examples.staging import staged

__all__ = ["ai", "ai_hold", "ai_message", "ai_unhold", "amazon_bedrock"]


@staged(line=lambda line: line.waits(1).says("When do you open?"))
def ai(call: Call) -> None:
    """Let an agent talk for a minute, then stop it."""
    agent = call.ai(
        prompt={"text": "You answer questions about our opening hours: 9 to 5, Monday to Friday."},
        hints=["opening hours"],
        ai_params={"end_of_speech_timeout": 700},
    )
    call.sleep(60)
    agent.stop()


def amazon_bedrock(call: Call) -> None:
    """Let an agent of Amazon Bedrock talk; it can't be stopped."""
    call.amazon_bedrock(prompt={"text": "You take orders for pizza."})
    call.sleep(60)


def ai_message(call: Call) -> None:
    """Tell an agent something in the midst of its talk."""
    call.ai(prompt={"text": "You take orders for pizza."})
    call.sleep(30)
    call.ai_message(message_text="The oven is broken: take no more orders.", role="system")
    call.sleep(30)


def ai_hold(call: Call) -> None:
    """Put an agent on hold for a minute at most."""
    call.ai(prompt={"text": "You take orders for pizza."})
    call.sleep(10)
    call.ai_hold(timeout="60", prompt="Tell the caller that you will be back in a minute.")
    call.sleep(60)


def ai_unhold(call: Call) -> None:
    """Have an agent go on that was put on hold."""
    call.ai(prompt={"text": "You take orders for pizza."})
    call.sleep(10)
    call.ai_hold(timeout="5m")
    call.sleep(20)
    call.ai_unhold(prompt="Say that you are back.")
    call.sleep(10)
