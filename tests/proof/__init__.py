"""The proof of docs/reliability.md: faults on purpose, storms, floods of hostile frames, and what must hold after them.

Run by ``make faults``, ``make orphans``, ``make fleet-chaos``, ``make chaos`` and ``make fuzz``; shorter
versions are tests.
"""
