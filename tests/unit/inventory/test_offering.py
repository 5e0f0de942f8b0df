from hypothesis import given
from hypothesis import strategies as st

from app.inventory.offering import Member, Mode, Terms, offers

TERMS = st.builds(
    Terms,
    buffer=st.integers(0, 3),
    buffer_percent=st.sampled_from((0, 10, 50)),
    cap=st.none() | st.integers(0, 20),
    weight=st.integers(1, 3),
)
NAMES = ("a", "b", "c")


def strict(exposed: int, **terms: int) -> Member:
    return Member(Mode.STRICT, Terms(**terms), counted=30, exposed=exposed)


def shared(exposed: int, **terms: int) -> Member:
    return Member(Mode.SHARED, Terms(**terms), counted=30, exposed=exposed)


def shown(available: int, members: dict[str, Member]) -> dict[str, int]:
    return {name: each.quantity for name, each in offers(available, members).items()}


def test_shops_that_share_see_everything_less_what_is_held_back() -> None:
    members = {"a": shared(0), "b": shared(0, buffer=4), "c": shared(0, buffer_percent=50, cap=9)}

    assert shown(30, members) == {"a": 30, "b": 26, "c": 9}


def test_what_one_shop_still_shows_is_given_to_no_other() -> None:
    assert shown(30, {"a": strict(30), "b": strict(0)}) == {"a": 15, "b": 0}
    assert shown(30, {"a": strict(15), "b": strict(0)}) == {"a": 15, "b": 15}


def test_shops_that_share_hold_one_part_beside_strict_ones() -> None:
    assert shown(30, {"a": strict(0), "b": shared(0), "c": shared(0)}) == {
        "a": 15,
        "b": 15,
        "c": 15,
    }
    assert shown(30, {"a": strict(0), "b": shared(30)})["a"] == 0


def test_a_mirrored_shop_is_shown_nothing() -> None:
    mirror = Member(Mode.MIRROR, Terms(), counted=30, exposed=12)

    assert shown(30, {"a": mirror, "b": shared(0)}) == {"b": 30}


def test_what_a_shop_holds_that_takes_nothing_is_left_to_it() -> None:
    deaf = Member(Mode.STRICT, Terms(), counted=30, exposed=12, takes=False)

    assert shown(30, {"a": deaf, "b": strict(0)}) == {"a": 12, "b": 18}


def test_a_shop_gets_no_more_than_lies_where_it_counts() -> None:
    near = Member(Mode.STRICT, Terms(), counted=4)

    assert shown(30, {"a": near, "b": strict(0)})["a"] == 4


@given(
    available=st.integers(-2, 20),
    exposed=st.lists(st.integers(0, 20), min_size=3, max_size=3),
    terms=st.lists(TERMS, min_size=3, max_size=3),
    modes=st.lists(st.sampled_from((Mode.STRICT, Mode.SHARED)), min_size=3, max_size=3),
)
def test_raised_shares_never_add_up_to_more_than_there_is(
    available: int, exposed: list[int], terms: list[Terms], modes: list[Mode]
) -> None:
    members = {
        name: Member(mode, each, counted=max(available, 0), exposed=held)
        for name, mode, each, held in zip(NAMES, modes, terms, exposed, strict=True)
    }
    if Mode.STRICT not in modes:
        return

    found = shown(available, members)

    held = {name: max(found[name], members[name].exposed) for name in NAMES}
    parts = [held[name] for name, mode in zip(NAMES, modes, strict=True) if mode is Mode.STRICT]
    parts += [
        max((held[n] for n, m in zip(NAMES, modes, strict=True) if m is Mode.SHARED), default=0)
    ]
    before = [members[n].exposed for n, m in zip(NAMES, modes, strict=True) if m is Mode.STRICT]
    before += [
        max(
            (members[n].exposed for n, m in zip(NAMES, modes, strict=True) if m is Mode.SHARED),
            default=0,
        )
    ]
    assert sum(parts) <= max(available, sum(before), 0)
