"""Shared HTTP furniture: fragments, guards, errors, live streams, the look. It knows no feature."""
