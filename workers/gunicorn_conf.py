"""gunicorn's settings for the web process: `gunicorn -c workers/gunicorn_conf.py wsgi:app`.

The app is loaded once and its processes are forked from it, so that they start in a moment and
share memory. The standard library turns green before that: psycopg, redis and httpx look when they
are imported. The gevent worker patches again, in the same words, which changes nothing.
"""

import logging
import os
import sys
from typing import Any

from gevent import monkey

monkey.patch_all()


def _number(name: str, usual: int) -> int:
    given = os.environ.get(name) or str(usual)
    if not (given.isdecimal() and 0 < int(given[:4]) < 1000):
        sys.exit(f"SyncStore cannot start:\n- {name} must be a number from 1 to 999.")
    return int(given)


reload = os.environ.get("RELOAD") == "1"
preload_app = not reload
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gevent"
workers = _number("WEB_CONCURRENCY", 2)
worker_connections = 2500  # 2,000 live streams, and the pages beside them
timeout = 60
graceful_timeout = 3  # a live stream would never end by itself
keepalive = 5
forwarded_allow_ips = ""  # proxies are counted by the app: TRUSTED_PROXIES
control_socket_disable = True  # it would be written under HOME
accesslog = None  # the app writes its own line per request
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
proc_name = "syncstore-web"


def worker_exit(server: Any, worker: Any) -> None:
    """A process that was asked to end is gone at once: gevent takes seconds to be taken apart."""
    if worker.booted and not worker.alive:
        logging.shutdown()
        os._exit(0)
