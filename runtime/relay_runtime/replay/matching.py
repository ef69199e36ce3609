"""Which request of a recorded call a request of today's code is."""

from __future__ import annotations

from relay_runtime.replay.story import Request, Story

__all__ = ["Matching"]


class Matching:
    """Finds for each request the recorded one, as they come.

    One that asks the same, of the same call, is the same. Another takes the place of the next one of its method that
    nobody has taken, until that comes after all.

    Args:
        story: the recorded call.
    """

    def __init__(self, story: Story) -> None:
        self._left = list(story.requests)
        self._taken: list[Request] = []  # by others, for the time being

    def take(self, request: Request, call_id: str) -> tuple[Request | None, bool]:
        """Return the recorded request, if there is one, and whether it asks the same.

        Args:
            request: the request.
            call_id: the call that it is about, by its id in the recording; empty where it has none there.
        """
        content = request.content()
        same = next((each for each in self._left if each.call_id == call_id and each.content() == content), None)
        if same is not None:
            self._left.remove(same)
            if same in self._taken:
                self._taken.remove(same)
            return same, True
        like = next(
            (
                each
                for each in self._left
                if each.method == request.method and each.call_id == call_id and each not in self._taken
            ),
            None,
        )
        if like is not None:
            self._taken.append(like)
        return like, False
