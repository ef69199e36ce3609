"""Credentials, which the client of the app wants when it is imported; the tests' own server takes any."""

import os

os.environ.setdefault("SIGNALWIRE_PROJECT_ID", "test")
os.environ.setdefault("SIGNALWIRE_API_TOKEN", "test")
