"""Fields that the params of many methods share: texts that are not empty, lengths of time, volumes, numbers to dial."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

__all__ = ["E164", "Decibels", "Filled", "Positive", "Seconds"]

E164 = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{1,14}$")]
Filled = Annotated[str, Meta(min_length=1)]
Positive = Annotated[float, Meta(gt=0)]
Seconds = Annotated[float, Meta(ge=0)]  # line seconds
Decibels = Annotated[float, Meta(ge=-40, le=40)]
