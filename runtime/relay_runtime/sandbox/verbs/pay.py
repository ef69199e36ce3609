"""calling.pay: a card-payment dialogue (protocol 7.4)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.verbs.table import Control, fresh, sub_command, verb

Flag = Literal["true", "false"]
Number = Annotated[str, Meta(pattern="^[0-9]+$")]
_STEP_SECONDS: Final = 1.0
_CARD: Final = {
    "payment_method": "credit-card",
    "payment_card_number": "xxxxxxxxxxxx4242",
    "payment_card_type": "visa",
    "payment_card_expiration_date": "12/2030",
    "payment_card_security_code": "xxx",
}


class PayParams(Control, kw_only=True):
    """Params of calling.pay; most scalars travel as strings."""

    payment_connector_url: Annotated[str, Meta(pattern="^https://")]
    input: Literal["dtmf", "voice"] = "dtmf"
    status_url: str = ""
    payment_method: Literal["credit-card"] = "credit-card"
    timeout: Number = "5"
    max_attempts: Number = "1"
    security_code: Flag = "true"
    postal_code: str = "true"
    min_postal_code_length: Number = "0"
    token_type: Literal["one-time", "reusable"] = "reusable"  # noqa: S105 (a kind of token)
    charge_amount: Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?$")] = "0.00"
    currency: str = "usd"


class Pay(Action):
    """A payment, field by field; whether it succeeds, the script at the far end says.

    Args:
        call: the call.
        params: what was asked for.
    """

    kind = "pay"
    event_type = "calling.call.pay"

    def __init__(self, call: Call, params: PayParams) -> None:
        super().__init__(call, params.control_id)
        self._params = params
        self._attempts = 1
        facts = call.run.script.facts
        self._result: str | None = facts.get("pays")
        self._extra: dict[str, Any] = facts.get("pay_fields", {})
        self._fields = ["payment-card-number", "expiration-date"]
        if params.security_code == "true":
            self._fields.append("security-code")
        if params.postal_code == "true":
            self._fields.append("postal-code")

    def start(self) -> None:
        """Ask for the first field; ``*`` breaks the dialogue off."""
        self.listen()
        self._ask()

    def _progress(self, what: str, **fields: str) -> None:
        self.event(**{"for": what}, status_url=self._params.status_url, attempt=str(self._attempts), **fields)

    def _ask(self) -> None:
        self._progress(self._fields[0])
        if self._result is None:  # nobody there who pays: no key is pressed
            self.set_timer("key", float(self._params.timeout), self._no_key)
        else:
            self.set_timer("field", _STEP_SECONDS, self._entered)

    def _no_key(self) -> None:
        if self._attempts >= int(self._params.max_attempts):
            self._over("too-many-failed-attempts", payment_error="timeout")
            return
        self._attempts += 1
        self._progress(self._fields[0], error_type="timeout")
        self.set_timer("key", float(self._params.timeout), self._no_key)

    def _entered(self) -> None:
        del self._fields[0]
        if self._fields:
            self._ask()
            return
        self._progress("payment-processing")
        self.set_timer("processing", _STEP_SECONDS, self._processed)

    def _processed(self) -> None:
        success = self._result == "success"
        self._progress("payment-completed" if success else "payment-failed")
        paid = {"payment_confirmation_code": f"ch_{self.control_id[:8]}", "payment_token": self._params.token_type}
        self._over(str(self._result), **({**_CARD, **paid} if success else {}), **self._extra)

    def on_digit(self, digit: str) -> None:
        """Break off at a star."""
        if digit == "*":
            self._progress("payment-canceled")
            self._over("caller-interrupted-with-star")

    def _over(self, result: str, **fields: str) -> None:
        extra: dict[str, str] = {}
        if self.ground.settings.event_shape == "sdk":
            extra["state"] = "finished" if result == "success" else "error"
        self.finish(result=result, status_url=self._params.status_url, **fields, **extra)

    def stop(self) -> None:
        """End on request of the client."""
        self._over("relay-pay-stop")

    def call_ends(self) -> None:
        """End since the caller is gone."""
        self._over("caller-hung-up")


@verb("calling.pay", "Processing payment", PayParams)
def pay(call: Call, params: PayParams) -> None:
    """Take a payment."""
    fresh(call, Pay, params.control_id)
    call.begin(Pay(call, params))


sub_command("calling.pay.stop", "Stopping payment", Pay, Pay.stop)
