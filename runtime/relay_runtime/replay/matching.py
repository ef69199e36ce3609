"""Which request of a recorded call a request of today's code is."""

from __future__ import annotations

from relay_runtime.replay.story import Request, Story

__all__ = ["Matching"]


class Matching:
    """Finds for each request the recorded one, as they come.

    One that asks the same, of the same call, is the same. Another takes the place of the recorded one that comes next,
    if that is of its method and call, until the same comes after all; what is left is new.

    Args:
        story: the recorded call.
    """

    def __init__(self, story: Story) -> None:
        self._left = list(story.requests)
        self._furthest = -1  # the place of the last one that was found

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
            self._furthest = max(self._furthest, same.line)
            return same, True
        following = next((each for each in self._left if each.line > self._furthest), None)
        if following is None or (following.method, following.call_id) != (request.method, call_id):
            return None, False
        self._furthest = following.line
        return following, False
