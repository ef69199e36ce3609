"""Calls on any host, reached and taken over through Redis or Valkey."""
