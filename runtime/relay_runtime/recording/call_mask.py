"""Frames of one call for a recording: what is private is replaced by tokens, and all else is as it was."""

from __future__ import annotations

import re
from typing import Any, Final

from relay_runtime.client.frame_tap import Direction
from relay_runtime.recording.kept import BY_TYPE, KEYS, NAMES, OF_PAYMENTS, Kind, Manner, manner_of
from relay_runtime.recording.tokens import DIGITS, HEARD, NUMBER, SENT, Tokens, TokenSource
from relay_runtime.settings.kinds import MASK
from relay_runtime.watch.frame_mask import is_private
from relay_runtime.watch.masking import Masker

__all__ = ["CallMask"]

# Each looks at every character a few times at most, whatever a text holds: nothing else runs meanwhile.
_WORD: Final = re.compile(r"[\w.:+#*/-]{1,64}", re.ASCII)
_ID: Final = re.compile(r"[\w.:@+-]{1,128}", re.ASCII)
_MADE_UP: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PRESSED: Final = re.compile(r"[0-9*#A-Da-dwW,]{1,256}")
_URL: Final = re.compile(r"((?:https?|wss?)://)([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
_USER: Final = re.compile(r"([a-z][a-z0-9+.-]{0,20}://)[^/\s@]{1,256}@", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}"
# Nine digits in a row are more than the parts of an id that somebody makes up have by chance.
_IN_WORD: Final = re.compile(
    rf"(?<![0-9a-z])(?:{_UUID})(?![0-9a-z])|(?:\+|%2B)?\d{{9,40}}|\+\d{{7,8}}|\b\d{{3}}[-.]\d{{3}}[-.]\d{{4}}\b",
    re.IGNORECASE,
)
_ALONE: Final = re.compile(r"\+?\d{7,20}")
_IN_PATH: Final = re.compile(r"(?<![0-9A-Za-z])(?:\+|%2[Bb])?\d{7,20}(?![0-9A-Za-z])")
_IN_TEXT: Final = re.compile(
    r"""(?<!\w)sips?:[^\s"'<>,;]+ | \+?\(?\d(?:[\s().,/\u2010-\u2015-]{0,3}\d){6,60}""", re.IGNORECASE | re.VERBOSE
)
_NOT_DIALLED: Final = re.compile(r"[^\d]")
_PHONE: Final = re.compile(r"(?:sips?:|tel:)?\+?([\d ().-]{7,24})(?:[@;].*)?", re.IGNORECASE | re.DOTALL)
_HUGE: Final = 10**6
"""A number that is no smaller may be that of a person, where it is not known what it counts."""

_WORDLIKE: Final = frozenset({Kind.WORD, Kind.INSIDE, Kind.ID})
_COUNTED: Final = frozenset({Kind.WORD, Kind.INSIDE, Kind.OWN_ID})
_SECRET_NAMES: Final = frozenset(filter(Masker.hides, NAMES))
_SEEN: Final = 256


def _is_secret(key: str) -> bool:
    return key in _SECRET_NAMES if key in NAMES else Masker.hides(key)


class CallMask:
    """Masks the frames of one call, in the order in which they pass; it depends on nothing else.

    Numbers and addresses of people become ``<number-1>``; what was said, written or named becomes ``<words-1:42>`` when
    it is sent and ``<heard-1:42>`` when it is received, with its length; the same becomes the same token all through.
    Secrets become asterisks. What is kept is what the protocol knows (`kept`): methods, states, ids, codes, times,
    languages, and keys that were pressed.

    Args:
        keep_words: whether words are kept; numbers in them are masked all the same, as far as they are in digits.
        mask_digits: whether pressed keys become tokens as well, ``<digits-1:4>``.
        masker: masks secrets in what is kept.
        tokens: gives the tokens; None: new ones.

    Attributes:
        replaced: what a replay may miss of what was masked: ``digits``, ``payment`` and ``speech``.
    """

    def __init__(
        self,
        *,
        keep_words: bool = False,
        mask_digits: bool = False,
        masker: Masker | None = None,
        tokens: TokenSource | None = None,
    ) -> None:
        self.keep_words = keep_words
        self.mask_digits = mask_digits
        self.replaced: set[str] = set()
        self._masker = masker or Masker()
        self._tokens = tokens or Tokens()
        self._words_are = SENT
        self._seen: dict[str, str] = {}

    def __call__(self, direction: Direction, frame: dict[str, Any]) -> dict[str, Any]:
        """Return a decoded frame as it may be written. Never blocks.

        Args:
            direction: ``in`` for a frame that was received, ``out`` for one that was sent.
            frame: the frame; it stays as it is.

        Raises:
            RecursionError: it is nested too deeply.
        """
        self._words_are = SENT if direction == "out" else HEARD
        method, params = str(frame.get("method") or ""), frame.get("params")
        if not isinstance(params, dict):
            return self._known(frame)
        event = params.get("event_type")
        masked = self._known({name: value for name, value in frame.items() if name != "params"})
        if not isinstance(event, str):
            masked["params"] = self._body(method, params)
            return masked
        inner = params.get("params")
        envelope = self._known({name: value for name, value in params.items() if name != "params"})
        if inner is not None:
            envelope["params"] = self._body(event, inner)
            self._note_speech(event, inner)
        masked["params"] = envelope
        return masked

    def beside(self, key: str, value: Any) -> Any:
        """Return what stands for a value beside a key of the protocol's."""
        return self._item(value, key, KEYS[key])

    # Bodies

    def _body(self, name: str, body: Any) -> Any:
        if not isinstance(body, dict):
            return self._free(body)
        manner = manner_of(name)
        if name == "calling.bind_digit":
            return self._bound(body)
        if manner is Manner.KNOWN:
            return self._known(body)
        if manner is Manner.PAYMENT:
            self.replaced.add("payment")
            return {key: self._of_payment(value, key) for key, value in body.items()}
        ids = {key: value for key, value in body.items() if KEYS.get(key) in {Kind.ID, Kind.OWN_ID}}
        rest = {key: value for key, value in body.items() if key not in ids}
        return {**self._known(ids), **self._free(rest)}

    def _bound(self, body: dict[str, Any]) -> dict[str, Any]:
        """Mask a binding of digits, which holds the params of another method."""
        rest = self._known({key: value for key, value in body.items() if key != "params"})
        return (
            {**rest, "params": self._body(str(body.get("bind_method")), body["params"])} if "params" in body else rest
        )

    def _of_payment(self, value: Any, key: str) -> Any:
        kind = OF_PAYMENTS.get(key)
        if kind is None or _is_secret(key):
            return value if value is None or isinstance(value, bool) else MASK
        return self._free(value, key) if kind is Kind.WORDS else self._item(value, key, kind)

    def _known(self, part: dict[str, Any], kind: str = "") -> dict[str, Any]:
        """Mask an object key by key; ``kind`` is the type of what it is the params of."""
        own = part.get("type")
        masked: dict[str, Any] = {}
        for key, value in part.items():
            if key == "params" and isinstance(own, str) and isinstance(value, dict):
                masked[key] = self._known(value, own)
            else:
                name, beside = self._key(key), BY_TYPE.get((kind, key)) or KEYS.get(key, Kind.WORDS)
                masked[name] = self._item(value, key, beside)
        return masked

    def _item(self, value: Any, key: str, kind: Kind) -> Any:
        """Mask what stands beside a key of a kind."""
        if value is None or isinstance(value, bool):
            return value
        if kind is Kind.SECRET or _is_secret(key):
            return MASK
        if isinstance(value, str):
            return self._text(value, kind, key)
        if isinstance(value, dict):
            return self._known(value) if kind is Kind.INSIDE or kind is Kind.PRESSED else self._free(value, key)
        if isinstance(value, list):
            return [self._item(each, key, kind) for each in value]
        return value if kind in _COUNTED else self._figure(value, key, kind)

    # Texts and numbers

    def _text(self, text: str, kind: Kind, key: str) -> str:
        if kind in _WORDLIKE:
            kept = self._seen.get(text)  # most of them come again and again
            if kept is not None:
                return kept
            if (_ID if kind is Kind.ID else _WORD).fullmatch(text):
                return self._kept(text)
        match kind:
            case Kind.OWN_ID:
                return text if _MADE_UP.fullmatch(text) else self._tokens.of(self._words_are, text)
            case Kind.NUMBER:
                return self._number(text)
            case Kind.PRESSED if _PRESSED.fullmatch(text):
                return self._pressed(text)
            case Kind.PRESSED if key == "event" and _WORD.fullmatch(text):  # a detector's "finished"
                return self._kept(text)
            case Kind.SOURCE | Kind.CALLBACK:
                return self._url(text, kind)
        return self._kept_or_number(text, key)

    def _kept_or_number(self, text: str, key: str) -> str:
        return self._number(text) if self.keep_words and is_private(key) else self._words(text)

    def _figure(self, value: float, key: str, kind: Kind) -> Any:
        """Mask a number that is not known to count something."""
        if kind is Kind.NUMBER or is_private(key) or (self.keep_words and abs(value) >= _HUGE):
            return self._tokens.of(NUMBER, str(value))
        return value if self.keep_words else self._tokens.of(self._words_are, str(value))

    def _free(self, value: Any, key: str = "") -> Any:
        """Mask what is an app's own, all through; its shape stays."""
        if value is None or isinstance(value, bool):
            return value
        if key and _is_secret(key):
            return MASK
        if isinstance(value, dict):
            return {self._key(name): self._free(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self._free(item, key) for item in value]
        if isinstance(value, str):
            return self._kept_or_number(value, key)
        return self._figure(value, key, Kind.WORDS)

    def _key(self, key: str) -> str:
        """Return what stands for a key that an app may have made up."""
        return key if key in NAMES else self._words(key)

    def _words(self, text: str) -> str:
        """Return what stands for words."""
        return self._clean(text) if self.keep_words else self._tokens.of(self._words_are, text)

    def _kept(self, text: str) -> str:
        """Return a word of the protocol or an id, unless it is a number or a secret after all."""
        kept = self._number(text) if _ALONE.fullmatch(text) else _IN_WORD.sub(self._in_word, self._masker(text))
        if len(self._seen) >= _SEEN:
            self._seen.clear()
        self._seen[text] = kept
        return kept

    def _clean(self, text: str) -> str:
        """Return words that are kept, without numbers, addresses and secrets in it."""
        if text == MASK:
            return text
        text = _IN_TEXT.sub(lambda found: self._number(found[0]), _USER.sub(rf"\1{MASK}@", self._masker(text)))
        return _EMAIL.sub(lambda found: self._number(found[0]), text)

    def _in_word(self, found: re.Match[str]) -> str:
        """Return an id that was made up as it is, and a token for what may be a number of somebody."""
        return found[0] if _MADE_UP.fullmatch(found[0]) else self._number(found[0])

    def _number(self, text: str) -> str:
        if text == MASK:
            return text
        phone = _PHONE.fullmatch(text)
        same = _NOT_DIALLED.sub("", phone[1]) if phone else text.casefold()
        return self._tokens.of(NUMBER, text, same=same)

    def _pressed(self, text: str) -> str:
        if not self.mask_digits:
            return text
        self.replaced.add("digits")
        return self._tokens.of(DIGITS, text)

    def _url(self, text: str, kind: Kind) -> str:
        found = _URL.fullmatch(text)
        if found is None:
            return self._clean(text) if self.keep_words else self._tokens.of(self._words_are, text)
        scheme, authority, path, query, fragment = found.groups()
        user, at, host = authority.rpartition("@")
        path = f"/{self._tokens.of(self._words_are, path[1:])}" if kind is Kind.CALLBACK and path else self._place(path)
        query = f"?{self._tokens.of(self._words_are, query[1:])}" if query else ""
        fragment = f"#{self._tokens.of(self._words_are, fragment[1:])}" if fragment else ""
        return f"{scheme}{MASK if user else ''}{at}{self._place(host)}{path}{query}{fragment}"

    def _place(self, text: str) -> str:
        text = _IN_PATH.sub(lambda number: self._number(number[0]), self._masker(text))
        return _IN_WORD.sub(self._in_word, text)

    def _note_speech(self, event: str, body: Any) -> None:
        if self.keep_words or event != "calling.call.collect" or not isinstance(body, dict):
            return
        result = body.get("result")
        if isinstance(result, dict) and result.get("type") == "speech":
            self.replaced.add("speech")
