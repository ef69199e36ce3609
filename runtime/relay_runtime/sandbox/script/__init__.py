"""Scripted callers and callees."""
