"""Recordings of calls: their frames with times, masked, for people to look at and for a replay to play again.

A recording is a file of JSON lines. The first is a `Header`, the last an `End`, and between them is a `Line` for each
frame, in the order in which they passed (`lines`). What is private in them is replaced by tokens (`call_mask`).
"""
