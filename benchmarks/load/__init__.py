"""The far end of the benchmarks: a RELAY load server that shares no code with the runtime or its sandbox."""
