"""Files into the catalog: upload, dry run, apply in the background, report.

`start_import` keeps a file and recognises it; `request_check` and `request_apply` ask a worker;
`run_import` is what the worker runs. The dry run plans with the code that applies: the same
reading, matching and cleaning, in units that are rolled back.
"""

from app.catalog.imports.running import run_import
from app.catalog.imports.service import (
    cancel_import,
    get_import,
    request_apply,
    request_check,
    set_choices,
    start_import,
)

__all__ = [
    "cancel_import",
    "get_import",
    "request_apply",
    "request_check",
    "run_import",
    "set_choices",
    "start_import",
]
