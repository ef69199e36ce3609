"""The sandbox's HTTP control port."""
