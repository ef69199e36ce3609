"""Replays of recorded calls: the people of a recording call today's code, and what it sends is compared.

`story` reads what was asked and told in a recording, `courses`, `people` and `acts` derive what the far ends and the
network do, `player` has a sandbox do it, and `comparison` says what the app sent otherwise. `verbatim` does without a
sandbox's judgement: it serves the recording as it is.
"""
