"""What came of an item of a campaign."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

import msgspec
import pykka

from relay_actors.errors import CommandTooLarge, DialFailed, RelayError, RelayTimeout, RequestTimeout
from relay_actors.wire.constants import END_REASON_NO_ANSWER
from relay_runtime.campaign.item import CampaignItem
from relay_runtime.campaign.retry import REFUSED

__all__ = ["CampaignOutcome", "Verdict", "judged"]

Verdict = Literal["answered", "failed", "refused", "unknown", "unsent", "error"]


C = TypeVar("C")


class CampaignOutcome(msgspec.Struct, Generic[C], frozen=True, kw_only=True):
    """What came of an item of a campaign; each item has one outcome, or is left.

    ======== ==================================================================================================
    result   meaning
    ======== ==================================================================================================
    answered somebody answered: ``call`` is the call, which may be live
    failed   nobody answered, in the last try that was due: ``reason`` says why
    refused  the server refused the dial: ``error`` has its code
    unknown  the dial was sent, and the connection, the session or the client was lost before its outcome came:
             it may have rung, and is not tried again
    unsent   the campaign was stopped while the dial waited to be sent: nobody was called, as if it were left
    error    the dial could not be made: a malformed argument; nobody was called
    ======== ==================================================================================================

    Attributes:
        item: whom it is about.
        result: see above.
        reason: the reason of `DialFailed`, as the server spells it (``busy``, ``noAnswer``, …); ``refused``; or empty.
        attempts: how many dials were sent.
        call: the call that was answered, a `Call`, or None.
        error: what the last dial raised, or None.
    """

    item: CampaignItem
    result: Verdict
    reason: str = ""
    attempts: int = 0
    call: C | None = None
    error: BaseException | None = None

    @property
    def key(self) -> Any:
        """The key of the item."""
        return self.item.key

    def __repr__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return f"<CampaignOutcome {self.result}{reason}, attempts: {self.attempts}>"


def judged(error: BaseException, *, sent: bool) -> tuple[Verdict, str]:
    """Return what an error of a dial says of it, and the reason.

    Args:
        error: what the dial raised.
        sent: whether the dial was handed to the socket.
    """
    if isinstance(error, CommandTooLarge):
        return "error", ""  # the server has not taken it, sent or not
    if sent and isinstance(error, DialFailed):
        return "failed", error.reason
    if sent and isinstance(error, RelayTimeout) and not isinstance(error, RequestTimeout):
        return "failed", END_REASON_NO_ANSWER
    if type(error) is RelayError:  # its subclasses are failures of our own
        return "refused", REFUSED
    if sent:
        return "unknown", ""
    ours = isinstance(error, RelayError | pykka.Timeout | pykka.ActorDeadError) and not isinstance(error, DialFailed)
    return ("unsent" if ours else "error"), ""
