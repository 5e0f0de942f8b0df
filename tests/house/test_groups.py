"""Tests that share processes run on one worker; the runner must keep them together."""

import os

import pytest


@pytest.mark.xdist_group("kept-together")
def test_a_group_is_kept_on_one_worker(request: pytest.FixtureRequest) -> None:
    is_spread = "PYTEST_XDIST_WORKER" in os.environ

    assert request.node.nodeid.endswith("@kept-together") or not is_spread
