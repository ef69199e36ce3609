"""The credentials of a client: texts, or functions of the user's that return them, asked at each login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from relay_actors.kit.actor import forward_interrupt
from relay_actors.kit.fork import spawn
from relay_actors.kit.user_code import checked_function, name_of, refuse_result
from relay_actors.session.state import Credentials
from relay_runtime.settings.kinds import CREDENTIAL

__all__ = ["CredentialSources", "CredentialsError", "Secret", "checked_secret"]

Secret: TypeAlias = str | Callable[[], str]
"""A credential, or what returns it."""


class CredentialsError(Exception):
    """A function did not give a credential.

    Attributes:
        retryable: whether it may do so the next time: False for what is no credential.
    """

    def __init__(self, text: str, *, retryable: bool) -> None:
        super().__init__(text)
        self.retryable = retryable


class CredentialSources(msgspec.Struct, frozen=True):
    """Where the credentials of a login come from: project and token, or a JWT."""

    project: str = ""
    token: Secret = ""
    jwt_token: Secret = ""

    def known(self) -> Credentials:
        """Return what is known without asking anybody."""
        return Credentials(self.project, _known(self.token), _known(self.jwt_token))

    def asked(self, limit: float) -> Credentials:
        """Return the credentials of a login. Blocks the current greenlet while a function is asked, in one of its own.

        Args:
            limit: seconds for that; a function that takes longer is ended.

        Raises:
            CredentialsError: it raised, took too long, or returned what is no credential.
        """
        known = self.known()
        if self.jwt_token:
            return msgspec.structs.replace(known, jwt_token=_asked(self.jwt_token, "jwt_token", limit))
        return msgspec.structs.replace(known, token=_asked(self.token, "token", limit))

    def renewed(self, token: Secret | None, jwt_token: Secret | None) -> CredentialSources:
        """Return these with another token, or another JWT in their place.

        Raises:
            ValueError: not exactly one of both is given, it is empty, or a token has no project.
            TypeError: it is neither a text nor a function without arguments.
        """
        if (token is None) == (jwt_token is None):
            raise ValueError("renew() takes either token= or jwt_token=")
        if jwt_token is not None:
            return CredentialSources(self.project, self.token, checked_secret(jwt_token, "jwt_token"))
        if not self.project:
            raise ValueError("renew(token=…) needs a project, and this client was made with a JWT alone")
        assert token is not None
        return CredentialSources(self.project, checked_secret(token, "token"))

    def __repr__(self) -> str:
        """Show the form in use and no secret."""
        return f"<CredentialSources {'jwt_token' if self.jwt_token else 'project and token'}>"


def checked_secret(secret: Any, name: str) -> Secret:
    """Return a credential, or what returns it, if it is one; the message never repeats it.

    Raises:
        ValueError: it is an empty text, or one with a space, a line break or a control character.
        TypeError: it is neither a text nor a function without arguments.
    """
    if isinstance(secret, str):
        return _read(secret, name)
    if not callable(secret):
        accepted = "accepted is a text, or a function without arguments that returns one"
        raise TypeError(f"{name} is {type(secret).__name__}; {accepted}")
    function: Callable[[], str] = checked_function(secret, f"the function for {name}", given=0)
    return function


def _known(secret: Secret) -> str:
    return secret if isinstance(secret, str) else ""


def _read(value: Any, name: str) -> str:
    try:
        return str(CREDENTIAL.read(value))
    except ValueError as error:
        kind = "" if isinstance(value, str) else f" is {type(value).__name__};"
        raise ValueError(f"{name}{kind or ':'} {error}") from None


def _asked(secret: Secret, name: str, limit: float) -> str:
    if isinstance(secret, str):
        return secret
    shown = f"{name} by {name_of(secret)}()"
    asker = spawn(_outcome, secret)
    try:
        asker.join(limit)
        if not asker.ready():
            raise CredentialsError(f"{shown} did not come within {limit:g} s", retryable=True)
    finally:
        asker.kill(block=False)
    value, error = asker.value
    if error is not None:
        text = f"no {shown}: it raised {type(error).__name__}: {error}"
        raise CredentialsError(text, retryable=True) from error
    try:
        refuse_result(value, secret)
    except TypeError as coroutine:
        raise CredentialsError(str(coroutine), retryable=False) from None
    try:
        return _read(value, f"what came as {shown}")
    except ValueError as problem:
        raise CredentialsError(str(problem), retryable=False) from None


def _outcome(secret: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Return what a function returned, and what it raised."""
    try:
        return secret(), None
    except BaseException as error:  # noqa: BLE001 - told where the function is asked for
        forward_interrupt(error)
        return None, error
