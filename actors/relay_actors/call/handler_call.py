"""A call that a plain function serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_actors.call.call import Call, CallActor, read_hooks
from relay_actors.call.setup import CallSetup
from relay_actors.kit.user_code import name_of, refuse_result

__all__ = ["HandlerCall"]


class HandlerCall(CallActor):
    """Serves a call by ``handler(call)``, in the call's own greenlet: the function is its ``run()``."""

    def __init__(
        self, setup: CallSetup, *, handler: Callable[[Call], Any], when_done: str = "hangup", name: str = ""
    ) -> None:
        super().__init__(setup)
        self._handler = handler
        self._relay.facts.kind = name or name_of(handler)  # the log and `ps` name the function, not this class
        if when_done != type(self).when_done:
            self.when_done = when_done

    def run(self) -> None:
        """Call the handler."""
        refuse_result(self._handler(self), self._handler)


read_hooks(HandlerCall).by_function = True
