"""Which orders the rules make rush orders, however shops spell it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.orders import rush
from app.orders.rush import Facts, Look, RushRule


@pytest.mark.parametrize(
    ("rule", "facts", "is_fit"),
    [
        (RushRule(Look.TAG, "rush"), Facts(tags=("vip", " RUSH ")), True),
        (RushRule(Look.TAG, "rush"), Facts(tags=("rush hour",)), False),
        (RushRule(Look.TAG, "Straße"), Facts(tags=("STRASSE",)), True),
        (RushRule(Look.TAG, "café"), Facts(tags=("cafe\u0301",)), True),
        (RushRule(Look.TAG, "rush"), Facts(tags=("ｒｕｓｈ",)), True),
        (RushRule(Look.METHOD, "next day"), Facts(method="UPS Next-Day  Air"), True),
        (RushRule(Look.METHOD, "next day"), Facts(method="next\u00a0day"), True),
        (RushRule(Look.METHOD, "express"), Facts(method="DHL EXPRESS 12:00"), True),
        (RushRule(Look.METHOD, "express"), Facts(method="Standard", tags=("express",)), False),
        (RushRule(Look.METHOD, "express", is_on=False), Facts(method="Express"), False),
        (RushRule(Look.TAG, " - "), Facts(tags=("", "-")), False),
        (RushRule(Look.TOTAL, "10000 USD"), Facts(total_minor=10_000, currency="USD"), True),
        (RushRule(Look.TOTAL, "10000 USD"), Facts(total_minor=9_999, currency="USD"), False),
        (RushRule(Look.TOTAL, "10000 USD"), Facts(total_minor=90_000, currency="JPY"), False),
        (RushRule(Look.COUNTRY, "CH"), Facts(country="ch"), True),
        (RushRule(Look.COUNTRY, "CH"), Facts(country=""), False),
        (RushRule(Look.CHANNEL, "a-1"), Facts(connection_id="a-1"), True),
        (RushRule(Look.CHANNEL, "a-1"), Facts(connection_id="a-2"), False),
    ],
)
def test_a_rule_fits_what_people_mean(rule: RushRule, facts: Facts, is_fit: bool) -> None:
    assert rush.fits(rule, facts) is is_fit


@pytest.mark.parametrize("method", ["Express", "overnight shipping", "Next Day Delivery"])
def test_the_rules_everybody_begins_with_know_fast_methods(method: str) -> None:
    assert rush.first_fit(rush.DEFAULT, Facts(method=method)) is not None
    assert rush.first_fit(rush.DEFAULT, Facts(method="Standard")) is None
    assert rush.first_fit((), Facts(method=method)) is None


def test_the_first_rule_that_fits_is_the_reason() -> None:
    table = (RushRule(Look.TAG, "vip", is_on=False), *rush.DEFAULT, RushRule(Look.TAG, "vip"))
    facts = Facts(tags=("vip", "rush"), method="Express")

    rule = rush.first_fit(table, facts)

    assert rule is not None
    assert rush.words(rule, {}) == "tag is “rush”"


def test_rules_say_what_they_look_at() -> None:
    table = (
        RushRule(Look.METHOD, "express"),
        RushRule(Look.TOTAL, "10000 USD"),
        RushRule(Look.COUNTRY, "CH"),
        RushRule(Look.CHANNEL, "1"),
        RushRule(Look.CHANNEL, "2"),
    )

    assert [rush.words(rule, {"1": "Web shop"}) for rule in table] == [
        "shipping method contains “express”",
        "total is at least 100.00 USD",
        "ships to CH",
        "sold on Web shop",
        "sold on a channel that is gone",
    ]
    assert rush.from_json(rush.to_json(table)) == table


@given(st.text(max_size=60))
def test_folding_again_changes_nothing_and_every_text_fits_itself(text: str) -> None:
    once = rush.folded(text)

    assert rush.folded(once) == once
    assert rush.fits(RushRule(Look.TAG, text), Facts(tags=(text,))) is bool(once)
