"""Where this twin's rows are kept: the shelf every twin uses."""

from app.simulators.storage import Row, Shelf

__all__ = ["Row", "Shelf"]
