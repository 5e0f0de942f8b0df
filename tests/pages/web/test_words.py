"""How values, states and changes read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.core.money import Money
from app.web import filters
from app.web.diff import word_diff
from app.web.states import Tone, state_of
from app.web.ui import html_attrs, with_args
from tests.pages.web.conftest import ALICE

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def looking(app: Flask) -> Iterator[Flask]:
    with app.test_request_context("/products?sort=title&after=abc&q=mug"), clock.frozen(NOW):
        g.identity = ALICE
        yield app


@pytest.mark.parametrize(
    ("locale", "money", "text"),
    [
        ("en_US", Money(1234567890, "USD"), "$12,345,678.90"),
        ("en_US", Money(1, "JPY"), "¥1"),
        ("de_DE", Money(123450, "EUR"), "1.234,50\xa0€"),
        ("en_US", Money(1500, "KWD"), "KWD1.500"),
        ("not-a-locale", Money(100, "USD"), "$1.00"),
    ],
)
def test_money_reads_as_the_viewer_writes_it(
    looking: Flask, locale: str, money: Money, text: str
) -> None:
    g.identity = replace(ALICE, locale=locale)

    assert filters.money(money) == text


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5, minutes=50), "5 hours ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=8), "6 Mar 2026"),
        (-timedelta(hours=2), "in 2 hours"),
    ],
)
def test_a_moment_reads_relative_within_a_week(looking: Flask, away: timedelta, text: str) -> None:
    shown = filters.ago(NOW - away)

    assert f">{text}</time>" in shown
    assert "title=" in shown


def test_the_exact_time_is_in_the_viewers_zone(looking: Flask) -> None:
    g.identity = replace(ALICE, timezone="Asia/Bangkok")

    assert "19:00:00" in filters.ago(NOW)


def test_units_and_counts_read_well(looking: Flask) -> None:
    assert filters.plural(1, "product") == "1 product"
    assert filters.plural(12482, "entry", "entries") == "12,482 entries"
    assert filters.size(999_960) == "1,000 kB"
    assert filters.weight(Decimal(1250)) == "1.25 kg"
    assert filters.dimension(125) == "12.5 cm"
    assert filters.span(200) == "3 min 20 s"
    assert filters.percent(0.1254, 1) == "12.5%"
    assert filters.compact(12_482) == "12.5K"


# plural takes a count and exactly a moment, never nothing
TAKES_NOTHING = [each for each in filters.FILTERS if each.__name__ not in ("plural", "exactly")]


@pytest.mark.parametrize("write", TAKES_NOTHING)
def test_nothing_reads_as_a_dash(looking: Flask, write: object) -> None:
    assert write(None) == filters.ABSENT  # type: ignore[operator]  # each filter takes one value


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_diff_holds_both_texts(old: str, new: str) -> None:
    pieces = word_diff(old, new)

    assert "".join(p.text for p in pieces if p.kind != "new") == old
    assert "".join(p.text for p in pieces if p.kind != "gone") == new


def test_a_diff_of_very_long_texts_stays_whole() -> None:
    pieces = word_diff("a " * 5000, "b " * 5000)

    assert [p.kind for p in pieces] == ["gone", "new"]


def test_an_unknown_state_reads_as_words() -> None:
    assert state_of("needs_you").word == "Needs you"
    assert state_of("SYNCED").tone is Tone.GREEN
    assert state_of("on_the_moon").word == "On the moon"


def test_a_new_filter_starts_at_the_first_page(looking: Flask) -> None:
    assert with_args(sort="-price") == "/products?sort=-price&q=mug"
    assert with_args(after="xyz") == "/products?sort=title&after=xyz&q=mug"
    assert with_args(q=None, sort=None) == "/products"


def test_attributes_are_escaped_and_dashed() -> None:
    assert (
        html_attrs({"hx_post": '/x?a="b"', "disabled": True, "hidden": False, "id": None})
        == ' hx-post="/x?a=&#34;b&#34;" disabled'
    )
