"""gunicorn's settings for the web process: `gunicorn -c workers/gunicorn_conf.py wsgi:app`.

The app is not preloaded: the gevent worker patches the standard library first and imports the app
after, so psycopg, redis and httpx all find the green one.
"""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gevent"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_connections = 2500  # 2,000 live streams, and the pages beside them
timeout = 60
graceful_timeout = 5  # a live stream would never end by itself
keepalive = 5
forwarded_allow_ips = ""  # proxies are counted by the app: TRUSTED_PROXIES
control_socket_disable = True  # it would be written under HOME
accesslog = None  # the app writes its own line per request
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
reload = os.environ.get("RELOAD") == "1"
proc_name = "syncstore-web"
limit_request_line = 8190  # a page that watches a hundred rows names them in one address
