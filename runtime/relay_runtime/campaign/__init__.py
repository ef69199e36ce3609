"""Campaigns: many dials at a pace, so many at a time, each with one outcome."""
