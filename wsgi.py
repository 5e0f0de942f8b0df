"""The web application, for gunicorn and for the `flask` command line."""

from app import create_app

app = create_app()
