"""What a call costs on each Python from 3.11 that is here: `python -m benchmarks.pythons dist/*.whl`."""
