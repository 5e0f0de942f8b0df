"""Laws of lists and queries, for any sizes and any text."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.simulators.shopify import StoreState
from app.simulators.shopify.call import Call
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.search import Query

STORE = StoreState()
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 10_000)), max_size=40, unique_by=lambda row: row[1]
)


def _page(rows: list[tuple[int, int]], **args: Any) -> Connection[Any]:
    call = Call(STORE, frozenset())
    return connect(call, rows, args, place=lambda row: row, show=lambda row: row)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, size=st.integers(1, 9), is_reversed=st.booleans())
def test_pages_forward_are_the_list_in_its_order(
    rows: list[tuple[int, int]], size: int, is_reversed: bool
) -> None:
    seen: list[tuple[int, int]] = []
    after = None
    while True:
        page = _page(rows, first=size, after=after, reverse=is_reversed)
        seen += page.nodes()
        told = page.page_info()
        if not told["hasNextPage"]:
            break
        after = told["endCursor"]

    assert seen == sorted(rows, reverse=is_reversed)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, size=st.integers(1, 9))
def test_pages_backward_are_the_same_list(rows: list[tuple[int, int]], size: int) -> None:
    seen: list[tuple[int, int]] = []
    before = None
    while True:
        page = _page(rows, last=size, before=before)
        seen = page.nodes() + seen
        told = page.page_info()
        if not told["hasPreviousPage"]:
            break
        before = told["startCursor"]

    assert seen == sorted(rows)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, size=st.integers(1, 9), moved=st.integers(0, 39))
def test_what_does_not_move_is_seen_once_whatever_moves(
    rows: list[tuple[int, int]], size: int, moved: int
) -> None:
    first = _page(rows, first=size)
    later = [(9, row_id) if at == moved else (key, row_id) for at, (key, row_id) in enumerate(rows)]
    after = first.page_info()["endCursor"]
    rest = _page(later, first=250, after=after).nodes() if after else []

    still = [row for at, row in enumerate(rows) if at != moved]
    seen = first.nodes() + rest
    assert all(seen.count(row) == 1 for row in still)


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(
        st.sampled_from("abc019 :><=-()\"'*,.\\") | st.characters(codec="utf-8"), max_size=60
    )
)
def test_any_text_is_a_query(text: str) -> None:
    doc = {"id": 1, "title": "Mug", "sku": ["A"], "updated_at": 5, "status": "ACTIVE"}

    assert Query(text)(doc) in {True, False}


@settings(max_examples=100, deadline=None)
@given(
    value=st.text(st.characters(codec="utf-8", exclude_characters="\\"), min_size=1, max_size=20)
)
def test_a_quoted_value_finds_itself(value: str) -> None:
    quoted = value.replace('"', '\\"')
    doc = {"sku": value}

    assert Query(f'sku:"{quoted}"')(doc) or value.endswith("*") or not value.strip()
