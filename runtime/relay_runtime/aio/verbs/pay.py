"""The verb that takes a payment, awaited.

Written by tools/aio_verbs.py; change the original and run it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relay_actors.call.verbs import pay as model
from relay_actors.wire.dicts import PayParameter, PayPrompt
from relay_actors.wire.events import PayEvent
from relay_runtime.aio.actions import PayAction
from relay_runtime.aio.verbs.base import OnCompleted, Verbs

__all__ = ["PayVerbs"]


class PayVerbs(Verbs):
    """Payments."""

    __slots__ = ()

    async def pay(
        self,
        payment_connector_url: str,
        *,
        control_id: str | None = None,
        input_method: str | None = None,
        status_url: str | None = None,
        payment_method: str | None = None,
        timeout: str | None = None,
        max_attempts: str | None = None,
        security_code: str | None = None,
        postal_code: str | None = None,
        min_postal_code_length: str | None = None,
        token_type: str | None = None,
        charge_amount: str | None = None,
        currency: str | None = None,
        language: str | None = None,
        voice: str | None = None,
        description: str | None = None,
        valid_card_types: str | None = None,
        parameters: Sequence[PayParameter | dict[str, Any]] | None = None,
        prompts: Sequence[PayPrompt | dict[str, Any]] | None = None,
        on_completed: OnCompleted[PayEvent] | None = None,
        **kwargs: Any,
    ) -> PayAction:
        """Take a payment by card over the keypad (``calling.pay``) and return it.

        Card data never reach this program, only masked values. Most values travel as texts: numbers and flags are
        turned into them (``5`` into ``"5"``, ``True`` into ``"true"``). Blocks the current greenlet until the server's
        reply, not until the payment is through.

        Args:
            payment_connector_url: https URL of the payment connector.
            control_id: id of the operation; default a new UUID.
            input_method: ``dtmf`` (default), the only one that works today; ``voice`` is accepted by the server.
            status_url: webhook that gets the events too.
            payment_method: ``credit-card`` (default).
            timeout: seconds to wait for the next digit; default ``"5"``.
            max_attempts: how often a field may be entered; default ``"1"``.
            security_code: whether to ask for it: ``"true"`` (default) or ``"false"``.
            postal_code: ``"true"`` (default), ``"false"``, or the postcode when it is known.
            min_postal_code_length: fewest digits of a postcode; default ``"0"``.
            token_type: ``reusable`` (default) or ``one-time``.
            charge_amount: a decimal number, such as ``"25.99"``; default ``"0.00"``.
            currency: such as ``usd`` (default).
            language: BCP 47 code; default ``en-US``.
            voice: voice of the prompts; default ``woman``.
            description: shown to the connector.
            valid_card_types: separated by spaces; default ``visa mastercard amex``. Commas are turned into spaces.
            parameters: further pairs for the connector: ``[{"name": …, "value": …}]``.
            prompts: prompts in place of the stock ones: ``[{"for": "payment-card-number", "actions": [{"type": "Say",
                "phrase": …}]}]``.
            on_completed: called in the loop with the event that ended it.
            kwargs: further params, passed to the wire: ``bank_account_type``, ``say_voice``.

        Returns:
            The running payment: ``wait()`` gives a `PayEvent`, whose ``result`` is ``success`` or why it failed.

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        return await self._begin(
            PayAction,
            model.PayVerbs.pay,
            payment_connector_url,
            control_id=control_id,
            input_method=input_method,
            status_url=status_url,
            payment_method=payment_method,
            timeout=timeout,
            max_attempts=max_attempts,
            security_code=security_code,
            postal_code=postal_code,
            min_postal_code_length=min_postal_code_length,
            token_type=token_type,
            charge_amount=charge_amount,
            currency=currency,
            language=language,
            voice=voice,
            description=description,
            valid_card_types=valid_card_types,
            parameters=parameters,
            prompts=prompts,
            on_completed=on_completed,
            **kwargs,
        )
