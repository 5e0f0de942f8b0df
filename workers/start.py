"""What every process without HTTP does first: settings, logs, database, Redis, gateways."""

from flask import Flask

from app import create_app


def start() -> Flask:
    """Build the application once; templates of mails and notices come with it."""
    return create_app()
