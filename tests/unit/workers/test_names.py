"""Whoever takes work is told apart from everybody else, whatever their machines are called."""

import socket

import pytest

from workers import jobs


def test_no_two_workers_have_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        socket, "gethostname", lambda: "production-syncstore-worker-7d9f8b6c5d-x2x7k"
    )
    names = {jobs._worker() for _ in range(50)}  # as in containers, whose processes have one number

    assert len(names) == 50
    assert max(map(len, names)) <= 64  # what a lease has room for
