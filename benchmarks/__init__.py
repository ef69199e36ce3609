"""The measured claims of relay-runtime, side by side with the official client and a floor: `python -m benchmarks`."""
