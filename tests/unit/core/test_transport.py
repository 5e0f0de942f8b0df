"""The wire: what is recorded, refused, told apart and reported."""

import gzip
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from app.core import clock, guard
from app.core.guard import NetworkInsideWork
from app.core.hosts import PrivateHost, public_addresses
from app.core.rate_limit import Costs, Standing
from app.core.transport import (
    MAX_ANSWER,
    RECORDED_CHARACTERS,
    AnswerLost,
    Exchange,
    ForbiddenHost,
    NotSent,
    Transport,
    asked_to_wait,
)

Answer = Callable[[httpx.Request], httpx.Response]


def _wire(answer: Answer, **options: object) -> tuple[Transport, list[Exchange]]:
    said: list[Exchange] = []
    inner = httpx.MockTransport(answer)
    return Transport(inner=inner, recorder=said.append, **options), said  # type: ignore[arg-type]  # as named


def _ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"token": "abc", "name": "Mug"})


def test_an_exchange_is_recorded_without_its_secrets() -> None:
    wire, said = _wire(_ok)

    wire.send(
        "POST",
        "https://shop.test/a?consumer_secret=cs_0123456789",
        json_body={"password": "hunter2", "name": "Mug"},
        auth=("ck_0123456789", "cs_0123456789"),
    )

    [exchange] = said
    assert (exchange.method, exchange.status, exchange.error) == ("POST", 200, None)
    everything = f"{exchange.url} {exchange.request} {exchange.response}"
    assert "Mug" in everything
    for secret in ("hunter2", "cs_0123456789", "abc"):
        assert secret not in everything


def test_of_a_long_answer_the_beginning_is_recorded_without_its_secrets() -> None:
    rows = [{"id": at, "token": f"secret-{at}", "name": "Mug" * 20} for at in range(2_000)]
    wire, said = _wire(lambda _: httpx.Response(200, json=rows))

    wire.send("GET", "https://shop.test/a")

    assert len(said[0].response) == RECORDED_CHARACTERS
    assert said[0].response.startswith('[{"id": 0, "token": ')
    assert "secret" not in said[0].response


def test_binary_bodies_are_recorded_by_their_size() -> None:
    png = {"content-type": "image/png"}
    wire, said = _wire(lambda _: httpx.Response(200, content=b"\x89PNG", headers=png))

    wire.send("GET", "https://shop.test/a.png")

    assert said[0].response == "(4 bytes of image/png)"


@pytest.mark.parametrize(
    ("content", "kind", "recorded"),
    [
        (b'["a\\u0000b \\ud83d!"]', "application/json", r'["a\u0000b �!"]'),
        (b"<p>bro\x00ken</p>", "text/html", "<p>broken</p>"),
    ],
)
def test_what_no_database_keeps_is_not_recorded(content: bytes, kind: str, recorded: str) -> None:
    wire, said = _wire(
        lambda _: httpx.Response(200, content=content, headers={"content-type": kind})
    )

    wire.send("GET", "https://shop.test/a")

    assert said[0].response == recorded


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ConnectTimeout("slow"), NotSent),
        (httpx.PoolTimeout("busy"), NotSent),
        (httpx.ReadTimeout("slow"), AnswerLost),
        (httpx.WriteError("reset"), AnswerLost),
        (httpx.RemoteProtocolError("cut"), AnswerLost),
    ],
)
def test_what_was_not_sent_is_told_from_what_was_not_answered(
    error: Exception, kind: type[Exception]
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    wire, said = _wire(fail)

    with pytest.raises(kind):
        wire.send("POST", "https://shop.test/a")
    assert said[0].status is None
    assert said[0].error is not None
    assert type(error).__name__ in said[0].error


def test_the_limiter_is_asked_before_each_call() -> None:
    asked: list[Costs] = []
    wire, _ = _wire(_ok, limiter=asked.append)

    for method in ("GET", "POST", "DELETE", "HEAD"):
        wire.send(method, "https://shop.test/")

    assert asked == [{"read": 1}, {"write": 1}, {"write": 1}, {"read": 1}]


def test_a_call_names_what_it_takes_beside_itself() -> None:
    asked: list[Costs] = []
    wire, _ = _wire(_ok, limiter=asked.append)

    wire.send("POST", "https://shop.test/", costs={"points": 52})

    assert asked == [{"write": 1, "points": 52}]


def test_what_the_far_side_says_is_left_reaches_the_limiter() -> None:
    told: list[Standing] = []
    answer = httpx.Response(200, headers={"X-RateLimit-Limit": "40", "X-RateLimit-Remaining": "3"})
    wire, _ = _wire(lambda _: answer, on_standing=told.append)

    wire.send("GET", "https://shop.test/")
    wire.report("points", 900, restore_rate=50, maximum=1000)

    assert told == [Standing("call", 3), Standing("points", 900, 50, 1000)]


def test_a_limiter_that_raises_keeps_the_call_here() -> None:
    def refuse(_: Costs) -> None:
        raise TimeoutError("read")

    wire, said = _wire(_ok, limiter=refuse)

    with pytest.raises(TimeoutError):
        wire.send("GET", "https://shop.test/")
    assert not said


def test_a_far_side_that_asks_us_to_wait_is_reported() -> None:
    told: list[float] = []
    slow = httpx.Response(429, headers={"retry-after": "7"})
    wire, _ = _wire(lambda _: slow, on_throttled=told.append)

    answer = wire.send("GET", "https://shop.test/")

    assert answer.status_code == 429
    assert told == [7.0]


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (200, "7", None),
        (503, None, None),
        (503, "7", 7.0),
        (429, None, 5.0),
        (429, "soon", 5.0),
        (429, "2.0", 2.0),
        (429, "Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        (429, "Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_how_long_to_wait_is_read_in_both_spellings(
    status: int, header: str | None, seconds: float | None
) -> None:
    headers = {} if header is None else {"retry-after": header}

    with clock.frozen(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)):
        assert asked_to_wait(httpx.Response(status, headers=headers)) == seconds


def test_a_priced_call_asks_for_its_points_and_a_plain_one_does_not() -> None:
    spent: list[float] = []
    wire, _ = _wire(_ok, spend=spent.append)

    wire.send("POST", "https://shop.test/", cost=12.5)
    wire.send("POST", "https://shop.test/")

    assert spent == [12.5]


def test_points_that_are_not_to_be_had_keep_the_call_here() -> None:
    def refuse(_: float) -> None:
        raise TimeoutError

    wire, said = _wire(_ok, spend=refuse)

    with pytest.raises(TimeoutError):
        wire.send("POST", "https://shop.test/", cost=1.0)
    assert not said


def test_what_a_body_says_about_limits_is_passed_on() -> None:
    told: list[object] = []
    wire, _ = _wire(_ok, on_throttled=told.append, on_budget=lambda *each: told.append(each))

    wire.back_off(3.0)
    wire.learn(37.0, 2000.0, 100.0)

    assert told == [3.0, (37.0, 2000.0, 100.0)]


def test_a_file_is_streamed_from_a_byte_on() -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("range"))
        return httpx.Response(206 if asked[-1] else 200, content=b"abcdef")

    wire, said = _wire(answer)

    with wire.stream("https://files.test/a?Signature=xyz") as (response, chunks):
        assert (response.status_code, b"".join(chunks)) == (200, b"abcdef")
    with wire.stream("https://files.test/a", offset=3) as (response, _):
        assert response.status_code == 206

    assert asked == [None, "bytes=3-"]
    assert [(each.url, each.status) for each in said] == [
        ("https://files.test/a", 200),
        ("https://files.test/a", 206),
    ]


def test_a_stream_that_breaks_off_is_an_answer_lost() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    wire, said = _wire(answer)

    with pytest.raises(AnswerLost), wire.stream("https://files.test/a") as (_, chunks):
        list(chunks)
    assert [(each.status, each.error) for each in said] == [(None, "ReadError: gone")]


def test_a_stream_that_cannot_be_unpacked_is_an_answer_lost() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        headers = {"content-encoding": "gzip"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"no gzip"))

    wire, _ = _wire(answer)

    with pytest.raises(AnswerLost), wire.stream("https://files.test/a") as (_, chunks):
        list(chunks)


def test_redirects_are_answers_like_any_other() -> None:
    seen: list[str] = []

    def move(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(302, headers={"location": "https://elsewhere.test/"})

    wire, _ = _wire(move)

    assert wire.send("POST", "https://shop.test/").status_code == 302
    assert seen == ["https://shop.test/"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.8",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 (nothing is bound)
        "224.0.0.1",
        "2130706433",
        "0x7f000001",
        "127.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_no_spelling_of_a_private_address_is_public(host: str) -> None:
    with pytest.raises(PrivateHost):
        public_addresses(host)


@pytest.mark.parametrize("host", ["93.184.216.34", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_of_the_internet_are_public(host: str) -> None:
    assert public_addresses(host) == [host]


def _answers_in_turn(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name lead to these addresses, one after the other: a server an attacker runs."""
    real, waiting = socket.getaddrinfo, list(addresses)

    def look_up(host: str, *args: object, **kwargs: object) -> object:
        return real(waiting.pop(0) if host == "shop.test" else host, *args, **kwargs)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("method", ["send", "download"])
def test_a_name_that_turns_private_after_it_was_looked_at_is_refused(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    _answers_in_turn(monkeypatch, "93.184.216.34", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.setblocking(False)
        url = f"http://shop.test:{inside.getsockname()[1]}/"
        wire = Transport(timeout=httpx.Timeout(5))

        with pytest.raises(ForbiddenHost):
            wire.download(url, max_bytes=10) if method == "download" else wire.send("GET", url)

        with pytest.raises(BlockingIOError):
            inside.accept()
        wire.close()


def test_an_answer_without_end_is_given_up() -> None:
    zeros = gzip.compress(bytes(MAX_ANSWER + 1))
    bomb = httpx.Response(200, content=zeros, headers={"content-encoding": "gzip"})
    wire, said = _wire(lambda _: bomb)

    with pytest.raises(AnswerLost, match="larger than 64 MB"):
        wire.send("GET", "https://shop.test/")
    assert said[0].error is not None


def test_an_answer_is_read_as_it_was_packed() -> None:
    packed = gzip.compress(b'{"name": "Mug"}')
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    wire, _ = _wire(lambda _: httpx.Response(200, content=packed, headers=headers))

    assert wire.send("GET", "https://shop.test/").json() == {"name": "Mug"}


def test_an_answer_of_brackets_is_recorded_all_the_same() -> None:
    headers = {"content-type": "application/json"}
    wire, said = _wire(lambda _: httpx.Response(200, content=b"[" * 90_000, headers=headers))

    wire.send("GET", "https://shop.test/")

    assert said[0].response.startswith("[[[")


def test_a_real_wire_refuses_private_addresses_before_anything_is_sent() -> None:
    wire = Transport()

    with pytest.raises(ForbiddenHost):
        wire.send("GET", "http://127.0.0.1:9/")
    wire.close()


def test_a_wire_is_not_used_inside_a_unit_of_work() -> None:
    wire, said = _wire(_ok)
    token = guard.enter("a test")
    try:
        with pytest.raises(NetworkInsideWork):
            wire.send("GET", "https://shop.test/")
    finally:
        guard.leave(token)
    assert not said


@pytest.mark.parametrize("header", ["31536000", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_makes_us_wait_for_longer_than_an_hour(header: str) -> None:
    told: list[float] = []
    answer = httpx.Response(429, headers={"retry-after": header})
    wire, _ = _wire(lambda _: answer, on_throttled=told.append)

    wire.send("GET", "https://shop.test/a")

    assert told == [3600]
