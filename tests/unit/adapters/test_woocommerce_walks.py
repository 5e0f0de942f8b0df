"""Walking a list of changes while it changes: nothing is missed, and the walk ends."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.woocommerce.walks import OVERLAP, Walk

START = datetime.fromisoformat("2026-11-21T08:00:00")
PAGE = 5
law = settings(deadline=None)


def _stamp(second: int) -> str:
    return (START + timedelta(seconds=second)).isoformat()


class _List:
    """A list ordered by modification, in pages, whose items move to its end when saved."""

    def __init__(self, seconds: list[int]) -> None:
        self.moments = {str(number): _stamp(second) for number, second in enumerate(seconds, 1)}

    def page(self, walk: Walk) -> tuple[list[tuple[str, str]], bool]:
        rows = sorted(
            (
                (key, moment)
                for key, moment in self.moments.items()
                if walk.after is None or moment > walk.after
            ),
            key=lambda row: (row[1], int(row[0])),
        )
        start = (walk.page - 1) * PAGE
        return rows[start : start + PAGE], start + PAGE < len(rows)


def _walk_through(shop: _List, walk: Walk, saves: list[tuple[int, str]]) -> tuple[Walk, list[str]]:
    seen: list[str] = []
    for number in range(500):
        rows, has_more = shop.page(walk)
        walk, fresh = walk.step(rows)
        seen += fresh
        if not has_more:
            return walk, seen
        for at, key in saves:
            if at == number and key in shop.moments:
                shop.moments[key] = max(shop.moments.values())
    raise AssertionError("the walk does not end")


@law
@given(seconds=st.lists(st.integers(0, 6), max_size=60))
def test_a_quiet_list_is_read_once_and_wholly(seconds: list[int]) -> None:
    shop = _List(seconds)

    _, seen = _walk_through(shop, Walk(), [])

    assert sorted(seen, key=int) == sorted(shop.moments, key=int)


@law
@given(
    seconds=st.lists(st.integers(0, 900), min_size=1, max_size=60, unique=True),
    saves=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 60).map(str)), max_size=8),
)
def test_items_saved_while_reading_push_none_out_of_sight(
    seconds: list[int], saves: list[tuple[int, str]]
) -> None:
    shop = _List(seconds)

    _, seen = _walk_through(shop, Walk(), saves)

    assert set(seen) == set(shop.moments)


@law
@given(
    seconds=st.lists(st.integers(0, 600), min_size=1, max_size=40),
    late=st.integers(0, 119),
)
def test_a_save_that_becomes_visible_late_is_found_by_the_next_read(
    seconds: list[int], late: int
) -> None:
    shop = _List(seconds)
    walk, _ = _walk_through(shop, Walk(), [])
    shop.moments["late"] = _stamp(max(seconds) - late)
    shop.moments = {key if key != "late" else "999": m for key, m in shop.moments.items()}

    _, seen = _walk_through(shop, Walk.begin(walk.watermark()), [])

    assert "999" in seen


def test_what_was_read_a_while_before_the_newest_is_not_shown_again() -> None:
    shop = _List([0, 60, 100])
    walk, _ = _walk_through(shop, Walk(), [])

    _, seen = _walk_through(shop, Walk.begin(walk.watermark()), [])

    assert seen == ["3"]  # saved so lately that a second save could bear the same second


def test_an_empty_read_keeps_the_watermark() -> None:
    mark = {"since": _stamp(0), "known": {"1": _stamp(1)}}

    walk, seen = Walk.begin(mark).step([])

    assert (walk.watermark(), seen) == (mark, [])


def test_a_watermark_never_goes_back() -> None:
    walk, _ = Walk(since=_stamp(0), after=_stamp(0)).step([("1", _stamp(30))])

    assert walk.watermark()["since"] == _stamp(0)
    assert timedelta(seconds=30) < OVERLAP


@law
@given(st.lists(st.integers(0, 6), max_size=12))
def test_a_walk_survives_its_cursor(seconds: list[int]) -> None:
    walk, _ = _walk_through(_List(seconds), Walk(), [])

    assert Walk.from_json(walk.to_json()) == walk


class _Guarded(_List):
    """A list that leaves out, after counting, what the keys may not see."""

    hidden: frozenset[str] = frozenset()

    def page(self, walk: Walk) -> tuple[list[tuple[str, str]], bool]:
        rows, has_more = super().page(walk)
        return [row for row in rows if row[0] not in self.hidden], has_more


def test_a_page_of_which_nothing_may_be_seen_ends_no_walk() -> None:
    shop = _Guarded(list(range(12)))
    shop.hidden = frozenset(map(str, range(1, PAGE + 1)))

    _, seen = _walk_through(shop, Walk(), [])

    assert seen == [str(number) for number in range(PAGE + 1, 13)]


@law
@given(seconds=st.lists(st.integers(0, 6), max_size=20), unknown=st.integers(0, 20))
def test_what_names_no_moment_comes_first_and_once(seconds: list[int], unknown: int) -> None:
    shop = _List(seconds)
    shop.moments |= {str(100 + number): "" for number in range(unknown)}

    walk, seen = _walk_through(shop, Walk(), [])

    assert sorted(seen, key=int) == sorted(shop.moments, key=int)
    assert walk.watermark()["since"] is None or seconds
