"""Serve one simulated store on loopback: `python -m app.simulators.woocommerce --port 8101`."""

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
from app.simulators.woocommerce.app import create_twin
from app.simulators.woocommerce.seeds import seed_products
from app.simulators.woocommerce.settings import TwinSettings
from app.simulators.woocommerce.state import StoreState

_HOST = "127.0.0.1"

log = logging.getLogger("app.simulators.woocommerce")


class _QuietHandler(WSGIRequestHandler):
    """Speaks HTTP/1.1 and keeps silent about every request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.simulators.woocommerce")
    parser.add_argument("--port", type=int, default=8101, help="0 picks a free one")
    parser.add_argument("--name", default="Sandbox store")
    parser.add_argument("--home-url", help="default: http://127.0.0.1:<port>")
    parser.add_argument("--version", default=TwinSettings().version, help="WooCommerce release")
    parser.add_argument("--state", type=Path, help="SQLite file that keeps the shop")
    parser.add_argument("--seed-from", type=Path, help="JSON list of products, for an empty shop")
    parser.add_argument("--chaos", choices=sorted(PROFILES), default="calm")
    parser.add_argument("--chaos-seed", type=int, default=0)
    parser.add_argument("--key", help="ck_...:cs_..., a key that shall exist")
    parser.add_argument("--tracking", default="none", help="which tracking extension the shop has")
    parser.add_argument("--believe-ssl", action="store_true", help="accept Basic over plain http")
    parser.add_argument("--deliver-every", type=float, default=1.0, help="seconds between ticks")
    return parser.parse_args(argv)


def _open_store(arguments: argparse.Namespace, port: int) -> StoreState:
    settings = TwinSettings(
        name=arguments.name,
        home_url=arguments.home_url or f"http://{_HOST}:{port}",
        version=arguments.version,
        tracking=arguments.tracking,
        is_ssl=True if arguments.believe_ssl else None,
        trusts_forwarded_proto=True,
        allows_local_urls=True,
    )
    chaos = Chaos(arguments.chaos_seed, arguments.chaos, sleep=time.sleep)
    store = StoreState(settings=settings, chaos=chaos, path=arguments.state)
    if arguments.seed_from and not store.goods.rows:
        seed_products(store, json.loads(arguments.seed_from.read_text()))
    if arguments.key:
        consumer_key, _, consumer_secret = arguments.key.partition(":")
        known = {row["last"] for row in store.keys.rows.values()}
        if consumer_key[-7:] not in known:
            store.add_key(pair=(consumer_key, consumer_secret))
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
    """Be the store's cron: send what is due until the end."""
    while not stopped.wait(seconds):
        try:
            store.deliver_due()
        except Exception:
            log.exception("A tick of the delivery queue failed")


if __name__ == "__main__":
    sys.exit(main())
