"""Validation of parameters as WordPress does it for single calls: refuse wrong types, then convert.

A rule is a small JSON schema. Null counts as "not sent" and is neither checked nor converted.
"""

from collections.abc import Mapping
from typing import Any, Final

from app.simulators.woocommerce import times
from app.simulators.woocommerce.errors import ApiError, InvalidParams

Rule = Mapping[str, Any]
Problem = tuple[str, str]  # WordPress's code and sentence

STRING: Final[Rule] = {"type": "string"}
INTEGER: Final[Rule] = {"type": "integer"}
NUMBER: Final[Rule] = {"type": "number"}
BOOLEAN: Final[Rule] = {"type": "boolean"}
ANYTHING: Final[Rule] = {"type": "any"}
DATE_TIME: Final[Rule] = {"type": "string", "format": "date-time"}
INTEGERS: Final[Rule] = {"type": "array", "items": INTEGER}
STRINGS: Final[Rule] = {"type": "array", "items": STRING}


def one_of(*values: str) -> Rule:
    """Make the rule for a text out of a list."""
    return {"type": "string", "enum": values}


def many_of(*values: str) -> Rule:
    """Make the rule for several texts out of a list."""
    return {"type": "array", "items": one_of(*values)}


def whole(minimum: int | None = None, maximum: int | None = None, default: Any = None) -> Rule:
    """Make the rule for a whole number between bounds."""
    rule = {"type": "integer", "minimum": minimum, "maximum": maximum, "default": default}
    return {key: value for key, value in rule.items() if value is not None}


def record(**properties: Rule) -> Rule:
    """Make the rule for an object; members it does not name pass."""
    return {"type": "object", "properties": properties}


def records(**properties: Rule) -> Rule:
    """Make the rule for a list of objects."""
    return {"type": "array", "items": record(**properties)}


def checked(params: Mapping[str, Any], schema: Mapping[str, Rule]) -> dict[str, Any]:
    """Return the parameters converted, with defaults; unknown ones pass as they are."""
    problems = {}
    for name, rule in schema.items():
        value = params.get(name)
        if value is not None and (problem := _problem(value, rule, name)) is not None:
            problems[name] = problem
    if problems:
        raise InvalidParams(problems)
    converted = {
        name: _converted(value, schema[name]) if name in schema and value is not None else value
        for name, value in params.items()
    }
    for name, rule in schema.items():
        if "default" in rule and converted.get(name) is None:
            converted[name] = rule["default"]
    return converted


def require(params: Mapping[str, Any], *names: str) -> None:
    """Refuse a call that lacks a parameter."""
    if missing := [name for name in names if params.get(name) is None]:
        raise ApiError(
            "rest_missing_callback_param",
            400,
            f"Missing parameter(s): {', '.join(missing)}",
            params=missing,
        )


def _problem(value: Any, rule: Rule, name: str) -> Problem | None:
    kind = rule["type"]
    if not _KINDS[kind](value):
        return "rest_invalid_type", f"{name} is not of type {kind}."
    if kind == "array":
        return _problem_in_list(_as_list(value), rule, name)
    if kind == "object":
        return _problem_in_record(value, rule, name)
    return _problem_in_scalar(value, rule, name)


def _problem_in_list(values: list[Any], rule: Rule, name: str) -> Problem | None:
    for index, value in enumerate(values):
        if (problem := _problem(value, rule["items"], f"{name}[{index}]")) is not None:
            return problem
    return None


def _problem_in_record(value: Any, rule: Rule, name: str) -> Problem | None:
    if not isinstance(value, dict):
        return None
    for member, member_rule in rule["properties"].items():
        inner = value.get(member)
        if inner is None:
            continue
        if (problem := _problem(inner, member_rule, f"{name}[{member}]")) is not None:
            return problem
    return None


def _problem_in_scalar(value: Any, rule: Rule, name: str) -> Problem | None:
    if "enum" in rule and value not in rule["enum"]:
        return "rest_not_in_enum", f"{name} is not one of {', '.join(rule['enum'])}."
    if rule.get("format") == "date-time" and not times.is_iso(value):
        return "rest_invalid_date", "Invalid date."
    lowest, highest = rule.get("minimum"), rule.get("maximum")
    if lowest is not None and highest is not None and not lowest <= float(value) <= highest:
        message = f"{name} must be between {lowest} (inclusive) and {highest} (inclusive)"
        return "rest_out_of_bounds", message
    if lowest is not None and float(value) < lowest:
        return "rest_out_of_bounds", f"{name} must be greater than or equal to {lowest}"
    return None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_boolean(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() in {"true", "false", "0", "1"}
    return isinstance(value, bool) or value in (0, 1)


_KINDS: Final[Mapping[str, Any]] = {
    "any": lambda _value: True,
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and float(value).is_integer(),
    "number": _is_number,
    "boolean": _is_boolean,
    "flag": lambda value: _is_boolean(value) or value == "parent",
    "array": lambda value: isinstance(value, (list, str, int, float)),
    "object": lambda value: isinstance(value, dict) or value in ("", []),
}


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [part for part in str(value).replace(" ", ",").split(",") if part]


def _converted(value: Any, rule: Rule) -> Any:
    match rule["type"]:
        case "integer":
            return int(float(value))
        case "number":
            return float(value)
        case "boolean":
            return _truth(value)
        case "flag":
            return value if value == "parent" else _truth(value)
        case "array":
            return [_converted(item, rule["items"]) for item in _as_list(value)]
        case "object" if isinstance(value, dict):
            rules = rule["properties"]
            return {
                key: _converted(item, rules[key]) if key in rules and item is not None else item
                for key, item in value.items()
            }
    return value


def _truth(value: Any) -> bool:
    return value.lower() in {"true", "1"} if isinstance(value, str) else bool(value)
