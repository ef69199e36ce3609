"""The pictures of docs/how, each drawn from the code or from what a run of it did: ``make drawings``."""
