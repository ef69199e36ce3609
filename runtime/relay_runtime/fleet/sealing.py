"""Encrypts what of a ledger is nobody's business but the fleet's: the session, memos, and what becomes of calls.

The other lines stay as they are, for the engine finds calls by them. AES-GCM with a key that follows from a secret:
whoever reads the engine can't resume a session, and whoever writes there can't make one up.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["Seal", "SealError"]

_SECRET: Final = re.compile(rb'^\["(?:session|memo|class)",.*$', re.MULTILINE)
_SEALED: Final = re.compile(rb'^\["sealed","([A-Za-z0-9+/=]+)"\]$', re.MULTILINE)
_PLAIN: Final = re.compile(
    rb'\["(?:ledger|offer|serve|answer|engage|end|over|dial|leg|dialled|sealed)",.*|\["taken"\]|',
)
_FORGED: Final = b"?"  # a line that can't be read
_NONCE: Final = 12  # bytes


class SealError(Exception):
    """What was read was sealed with another key, or for another ledger."""


class Seal:
    """Seals and opens lines.

    Args:
        secret: from which the key follows, such as the project's token; not empty.

    Attributes:
        fingerprint: tells keys apart, and nothing else of them.
    """

    def __init__(self, secret: str) -> None:
        key = hmac.new(b"relay-runtime fleet", secret.encode(), hashlib.sha256).digest()
        self._cipher = AESGCM(key)
        self.fingerprint = hashlib.sha256(b"fingerprint" + key).hexdigest()[:8]

    def seal(self, lines: bytes, ledger: str) -> bytes:
        """Return lines of a ledger as they may be shown to the engine."""
        return _SECRET.sub(lambda found: self._sealed(found[0], ledger.encode()), lines)

    def _sealed(self, line: bytes, ledger: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return b'["sealed","' + base64.b64encode(nonce + self._cipher.encrypt(nonce, line, ledger)) + b'"]'

    def unseal(self, lines: bytes, ledger: str) -> bytes:
        """Return lines as they were. One that should have been sealed and was not is made unreadable.

        Raises:
            SealError: one of them can't be opened.
        """
        lines = b"\n".join(line if _PLAIN.fullmatch(line) else _FORGED for line in lines.split(b"\n"))
        return _SEALED.sub(lambda found: self._unsealed(found[1], ledger.encode()), lines)

    def _unsealed(self, text: bytes, ledger: bytes) -> bytes:
        try:
            sealed = base64.b64decode(text)
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], ledger)
        except (ValueError, InvalidTag):
            raise SealError("it was sealed with another key") from None
