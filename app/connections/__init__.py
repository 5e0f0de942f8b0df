"""Connections: an authorised account on a channel."""
