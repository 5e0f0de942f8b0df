"""One change to many products: described, previewed product by product, applied in the background.

`operations` is pure: it turns an operation and the values of a product into the change wished for.
The preview and the worker both ask it, so what was shown is what is applied.
"""

from app.catalog.bulk.operations import (
    CLEARING,
    LABELS,
    OPERATIONS,
    STATUSES,
    Operation,
    changes_for,
    describe,
    read_operation,
    stays,
)
from app.catalog.bulk.running import (
    cancel_bulk_edit,
    choose_operation,
    get_bulk_edit,
    request_bulk_edit,
    run_bulk_edit,
    start_bulk_edit,
)
from app.catalog.bulk.steps import Step
from app.catalog.bulk.undoing import start_undo, undo_cause, undo_line

__all__ = [
    "CLEARING",
    "LABELS",
    "OPERATIONS",
    "STATUSES",
    "Operation",
    "Step",
    "cancel_bulk_edit",
    "changes_for",
    "choose_operation",
    "describe",
    "get_bulk_edit",
    "read_operation",
    "request_bulk_edit",
    "run_bulk_edit",
    "start_bulk_edit",
    "start_undo",
    "stays",
    "undo_cause",
    "undo_line",
]
