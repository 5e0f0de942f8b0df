"""Serve one simulated store on loopback: `python -m app.simulators.shopify --port 8201`."""

import argparse
import json
import logging
import signal
import sys
import threading
import time
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from app.simulators.chaos import PROFILES, Chaos
from app.simulators.shopify import texts
from app.simulators.shopify.app import create_twin
from app.simulators.shopify.seeds import seed_products
from app.simulators.shopify.settings import TwinSettings
from app.simulators.shopify.state import StoreState

_HOST = "127.0.0.1"
_DEFAULTS = TwinSettings()

log = logging.getLogger("app.simulators.shopify")


class _QuietHandler(WSGIRequestHandler):
    """Speaks HTTP/1.1 and keeps silent about every request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.simulators.shopify")
    parser.add_argument("--port", type=int, default=8201, help="0 picks a free one")
    parser.add_argument("--name", default=_DEFAULTS.name)
    parser.add_argument("--shop", help="default: made of the name, under myshopify.com")
    parser.add_argument("--home-url", help="default: http://127.0.0.1:<port>")
    parser.add_argument("--client-id", default=_DEFAULTS.client_id)
    parser.add_argument("--client-secret", default=_DEFAULTS.client_secret)
    parser.add_argument("--compliance-url", default="", help="where the privacy topics go")
    parser.add_argument("--token", help="shpat_..., a static token that shall exist")
    parser.add_argument("--state", type=Path, help="SQLite file that keeps the shop")
    parser.add_argument("--seed-from", type=Path, help="JSON list of products, for an empty shop")
    parser.add_argument("--chaos", choices=sorted(PROFILES), default="calm")
    parser.add_argument("--chaos-seed", type=int, default=0)
    parser.add_argument("--restore-rate", type=int, default=_DEFAULTS.restore_rate)
    parser.add_argument("--search-lag", type=int, default=1, help="seconds the search is behind")
    parser.add_argument("--media-seconds", type=int, default=1, help="per step of a file")
    parser.add_argument("--bulk-seconds", type=int, default=1, help="per step of a bulk operation")
    parser.add_argument("--deliver-every", type=float, default=1.0, help="seconds between ticks")
    return parser.parse_args(argv)


def _open_store(arguments: argparse.Namespace, port: int) -> StoreState:
    settings = TwinSettings(
        name=arguments.name,
        shop=arguments.shop or f"{texts.handle(arguments.name)}.myshopify.com",
        base_url=arguments.home_url or f"http://{_HOST}:{port}",
        checks_host=False,
        client_id=arguments.client_id,
        client_secret=arguments.client_secret,
        compliance_url=arguments.compliance_url,
        restore_rate=arguments.restore_rate,
        search_lag_seconds=arguments.search_lag,
        media_seconds=arguments.media_seconds,
        bulk_seconds=arguments.bulk_seconds,
        works_in_requests=False,
        allows_local_urls=True,
    )
    chaos = Chaos(arguments.chaos_seed, arguments.chaos, sleep=time.sleep)
    store = StoreState(settings=settings, chaos=chaos, path=arguments.state)
    if arguments.seed_from and not store.products.rows:
        seed_products(store, json.loads(arguments.seed_from.read_text()))
    if arguments.token and not store.tokens.where("secret", arguments.token):
        store.add_token(arguments.token)
    return store


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; prints one line with the address once it answers."""
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.WARNING)
    holder = make_server(
        _HOST,
        arguments.port,
        lambda _environ, _start: [],
        threaded=True,
        request_handler=_QuietHandler,
    )
    store = _open_store(arguments, holder.port)
    holder.app = create_twin(store, with_control=True)
    stopped = threading.Event()
    threading.Thread(
        target=_tick, args=(store, stopped, arguments.deliver_every), daemon=True
    ).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    threading.Thread(target=holder.serve_forever, daemon=True).start()
    sys.stdout.write(f"{arguments.name}: {store.settings.home_url}\n")
    sys.stdout.flush()
    stopped.wait()
    holder.shutdown()
    holder.server_close()
    store.close()
    return 0


def _tick(store: StoreState, stopped: threading.Event, seconds: float) -> None:
    """Be the platform's background: do and send what is due until the end."""
    while not stopped.wait(seconds):
        try:
            store.tick()
        except Exception:
            log.exception("A tick of the background failed")


if __name__ == "__main__":
    sys.exit(main())
