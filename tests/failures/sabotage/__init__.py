"""Deliberate defects, one at a time: a suite that has never failed proves nothing."""
