"""What the store refuses, in the words its API uses."""

from typing import Any


class ApiError(Exception):
    """An answer of the form code, message, data.status."""

    def __init__(self, code: str, status: int, message: str = "", **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.message = message or "The store refused this request."
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return {
            "code": self.code,
            "message": self.message,
            "data": {"status": self.status, **self.extra},
        }


class PhpFatal(Exception):
    """A value of the wrong kind got past validation and killed the PHP request."""


class BatchCut(Exception):
    """The host ended a batch in the middle; what was done stays done."""


class InvalidParams(ApiError):
    """400 rest_invalid_param with one sentence per parameter."""

    def __init__(self, problems: dict[str, tuple[str, str]]) -> None:
        super().__init__(
            "rest_invalid_param",
            400,
            f"Invalid parameter(s): {', '.join(problems)}",
            params={name: message for name, (_, message) in problems.items()},
            details={
                name: {"code": code, "message": message, "data": None}
                for name, (code, message) in problems.items()
            },
        )


def invalid_id(kind: str, *, status: int = 404) -> ApiError:
    """Build the answer for an id that is not there (404 when read, 400 when updated)."""
    return ApiError(f"woocommerce_rest_{kind}_invalid_id", status, "Invalid ID.")
