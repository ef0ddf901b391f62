"""Timings of the whole; never part of the tests."""
