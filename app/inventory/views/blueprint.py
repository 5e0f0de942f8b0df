"""The blueprint all pages of the inventory share."""

from flask import Blueprint

bp = Blueprint("inventory", __name__)
