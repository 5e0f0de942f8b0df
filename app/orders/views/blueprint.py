"""The blueprint all order pages share."""

from flask import Blueprint

bp = Blueprint("orders", __name__)
