"""The blueprint of the catalog's pages; every module of views adds its routes to it."""

from typing import Final

from flask import Blueprint

bp: Final = Blueprint("catalog", __name__)
