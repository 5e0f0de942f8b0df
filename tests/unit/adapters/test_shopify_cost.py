"""What a request costs is reckoned before it is sent, and corrected by what Shopify says."""

from typing import Any

import pytest

from app.adapters.shopify import cost
from app.adapters.shopify.documents import reading, writing


@pytest.mark.parametrize(
    ("text", "variables", "points"),
    [
        ("{ shop { name } }", {}, 1),
        ("{ shop { name plan { shopifyPlus } } }", {}, 2),
        ("{ products(first: 10) { nodes { id } } }", {}, 10),
        (
            "query Q($n: Int!) { products(first: $n) { nodes { id options { name } } } }",
            {"n": 5},
            10,
        ),
        ("{ products(first: 2) { edges { node { id } } } }", {}, 2),
        ("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a", "b", "c"]}, 3),
        ("mutation { appUninstall { app { id } } }", {}, 11),
    ],
)
def test_objects_cost_one_and_connections_as_many_as_they_may_bring(
    text: str, variables: dict[str, Any], points: float
) -> None:
    assert cost.planned(text, variables) == points


def test_an_upsert_costs_more_with_every_part() -> None:
    variant = {"metafields": [{}], "file": {"id": "x"}}
    sent = {"variants": [variant] * 10, "files": [{}, {}], "metafields": [{}]}

    plain = cost.planned(writing.PRODUCT_SET.text, {"input": {}})
    full = cost.planned(writing.PRODUCT_SET.text, {"input": sent})

    assert full - plain == pytest.approx(10 * (0.2 + 0.6 + 0.4) + 2 * 1.9 + 0.4)


def test_fragments_are_counted_where_they_stand() -> None:
    one, ten = (
        cost.planned(reading.PRODUCTS_BY_ID.text, {"ids": ["a"], "variants": many, "media": 0})
        for many in (1, 10)
    )

    assert ten > one * 5


def _answer(**status: Any) -> dict[str, Any]:
    return {
        "extensions": {
            "cost": {
                "requestedQueryCost": status.pop("asked", 112),
                "actualQueryCost": None,
                "throttleStatus": {
                    "maximumAvailable": 2000.0,
                    "currentlyAvailable": 37,
                    "restoreRate": 100.0,
                    **status,
                },
            }
        }
    }


@pytest.mark.parametrize(
    ("asked", "available", "wait"),
    [(112, 37, 1.0), (900, 100, 8.0), (10, 500, 1.0)],
)
def test_the_wait_is_what_restores_the_missing_points(
    asked: int, available: int, wait: float
) -> None:
    budget = cost.read_budget(_answer(asked=asked, currentlyAvailable=available))

    assert budget is not None
    assert budget.wait == wait


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"extensions": None},
        {"extensions": {}},
        {"extensions": {"cost": None}},
        {"extensions": {"cost": {"requestedQueryCost": 3}}},
        _answer(restoreRate=None),
        _answer(restoreRate=0),
        _answer(maximumAvailable=0, currentlyAvailable=0),
        _answer(maximumAvailable="many"),
        _answer(asked=True),
    ],
)
def test_missing_figures_are_no_budget(answer: dict[str, Any]) -> None:
    assert cost.read_budget(answer) is None
