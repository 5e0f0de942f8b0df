"""The blueprint all sync pages share."""

from flask import Blueprint

bp = Blueprint("sync", __name__)
