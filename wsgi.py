"""The web application, for gunicorn and for the `flask` command line."""

from app import create_app
from workers.commands import commands

app = create_app()
for command in commands:
    app.cli.add_command(command)
