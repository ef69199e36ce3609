"""A call that a plain function serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_actors.call.call import Call, CallActor, read_hooks
from relay_actors.call.setup import CallSetup

__all__ = ["HandlerCall"]


class HandlerCall(CallActor):
    """Serves a call by ``handler(call)``, in the call's own greenlet: the function is its ``run()``."""

    def __init__(self, setup: CallSetup, *, handler: Callable[[Call], Any], when_done: str = "hangup") -> None:
        super().__init__(setup)
        self._handler = handler
        if when_done != type(self).when_done:
            self.when_done = when_done

    def run(self) -> Any:
        """Call the handler; what it returns is looked at for code that has not run."""
        return self._handler(self)


read_hooks(HandlerCall).by_function = True
