"""The operations of a call that are open, by control_id: which events are theirs, and how each ends, once."""

from __future__ import annotations

from collections.abc import Callable

from relay_actors.call.actions import Action
from relay_actors.errors import LOCAL, RelayError
from relay_actors.wire.events import CallStateEvent, RelayEvent

__all__ = ["OpenOperations"]

Enqueue = Callable[..., object]


class OpenOperations:
    """The open operations of a call.

    Where an operation may end, ``enqueue`` is called with its completion callback and the event for it.
    """

    __slots__ = ("_by_id",)

    def __init__(self) -> None:
        self._by_id: dict[str, Action] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, control_id: str) -> bool:
        return control_id in self._by_id

    def all(self) -> tuple[Action, ...]:
        """Return those that are open, oldest first."""
        return tuple(self._by_id.values())

    def open(self, action: Action, enqueue: Enqueue) -> None:
        """Open an operation; one whose control_id is in use ends at once."""
        if self._by_id.setdefault(action.control_id, action) is not action:
            action.abort(RelayError(LOCAL, f"control_id {action.control_id!r} is in use by another operation"))
            _complete(action, enqueue)
        elif action.is_done:  # its command failed before it was opened
            del self._by_id[action.control_id]

    def tell(self, event: RelayEvent, enqueue: Enqueue) -> tuple[bool, bool]:
        """Give an event to the operation it belongs to, by its control_id or its type.

        Returns:
            Whether there is one, and whether the event was its last.
        """
        if event.control_id:
            action = self._by_id.get(event.control_id)
            concerned = [] if action is None else [action]
        else:
            concerned = [action for action in self._by_id.values() if event.event_type in action.CLOSED_BY]
        last = False
        for action in concerned:
            if action.apply(event):
                last = True
                del self._by_id[action.control_id]
            if action.is_done:
                _complete(action, enqueue)
        return bool(concerned), last

    def close(self, action: Action, error: RelayError, enqueue: Enqueue) -> None:
        """End an operation without an event."""
        if self._by_id.get(action.control_id) is action:
            del self._by_id[action.control_id]
        action.abort(error)
        _complete(action, enqueue)

    def end(
        self,
        error: Callable[[], RelayError],
        enqueue: Enqueue,
        *,
        last_state: CallStateEvent | None = None,
        late: bool = False,
    ) -> None:
        """End the operations, since their call has.

        Args:
            error: returns a fresh error for each.
            enqueue: see above.
            last_state: the event of the call's end, which is a result to some; None when there is none.
            late: whether to spare those whose result may come after the end.
        """
        for action in self.all():
            if late and action.LATE:
                continue
            if last_state is not None:
                action.call_ended(last_state)
            self.close(action, error(), enqueue)


def _complete(action: Action, enqueue: Enqueue) -> None:
    completion = action.completion()
    if completion is not None:
        enqueue(*completion)
