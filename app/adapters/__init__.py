"""Channels, outward: the port, its words, its errors and one package per channel."""
