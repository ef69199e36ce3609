"""The app of the picture of a killed process: an order that a successor goes on with."""

from __future__ import annotations

from relay_runtime import CallActor, RelayClient

__all__ = ["Order", "client"]


class Order(CallActor):
    """Notes what is ordered, and waits; `on_adopted` goes on with it."""

    def run(self) -> None:
        """Serve the call. Blocks its greenlet."""
        self.answer()
        self.memo = {"item": "two lamps"}
        self.play_tts("Please hold the line.")
        self.wait_for_ended()

    def on_adopted(self) -> None:
        """Serve a call of a process that has died. Blocks its greenlet."""
        self.play_tts(f"We were cut off. About your order of {self.memo['item']}:").wait()
        self.hangup()


if __name__ != "drawings.order_app":  # as `relay-runtime start` loads it
    client = RelayClient(contexts=["office"], call_actor=Order)
