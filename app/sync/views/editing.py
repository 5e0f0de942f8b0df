"""A value of one's own: an editor fitted to the kind of value, filled with the best join."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from app.adapters.values import BACKORDERS, PRODUCT_STATUSES, Kind, Value
from app.core.errors import Invalid
from app.core.money import Money, NotMoney
from app.sync import compare
from app.sync.conflicts import ConflictRow
from app.sync.sides import MISSING
from app.sync.suggesting import suggest
from app.sync.views.versus import picture_url
from app.web.payload import whole_number

Form = MultiDict[str, str]
_CHOICES: Final = {"status": PRODUCT_STATUSES, "backorders": BACKORDERS}
_WEIGHTS: Final = ("g", "kg", "lb", "oz")
_LENGTHS: Final = ("mm", "cm", "m", "in", "ft")
_BETWEEN: Final = "|"  # a comma may stand in a value: “10,5 cm”


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to take or to leave: a tag, a picture."""

    value: str
    is_taken: bool
    label: str = ""
    url: str | None = None
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Editor:
    """What the editor of one value shows; `shape` names the part of the template that draws it."""

    shape: str
    text: str = ""
    unit: str = ""
    choices: Sequence[tuple[str, str]] = ()
    ticks: Sequence[Tick] = field(default=())
    help: str = ""


def editor_of(row: ConflictRow) -> Editor:
    """Return the editor of a conflict, filled with the best join of both values."""
    conflict = row.conflict
    base = conflict.base if conflict.has_base else MISSING
    value = suggest(conflict.field, base, row.ours, conflict.theirs)
    if conflict.field in _CHOICES:
        words = [(each, each.capitalize()) for each in _CHOICES[conflict.field]]
        return Editor("select", str(value or ""), choices=words)
    if conflict.field == "image":
        return _pick_one(row, value)
    return _EDITORS[compare.kind_of(conflict.field)](row, value)


def read_value(row: ConflictRow, form: Form) -> Value:
    """Return the value a filled editor stands for; raises Invalid at the field `value`."""
    name = row.conflict.field
    if name in _CHOICES or name == "image":
        return form.get("value") or None
    return _READERS[compare.kind_of(name)](row, form)


def _refused(sentence: str) -> Invalid:
    return Invalid(fields={"value": sentence})


def _line(_: ConflictRow, value: Any) -> Editor:
    return Editor("line", str(value or ""))


def _moment(_: ConflictRow, value: Any) -> Editor:
    return Editor("line", str(value or ""), help="Like 2026-11-27 09:00, in UTC. Empty: no limit.")


def _area(_: ConflictRow, value: Any) -> Editor:
    return Editor("area", str(value or ""), help="HTML, as both sides keep it.")


def _money(row: ConflictRow, value: Any) -> Editor:
    currency = _currency(row)
    text = f"{Money(value['minor'], value['currency']).amount:f}" if value else ""
    return Editor("figure", text, unit=currency, help="Empty: none.")


def _currency(row: ConflictRow) -> str:
    known = row.ours or row.conflict.theirs or {}
    return str(known.get("currency") or "USD")


def _quantity(_: ConflictRow, value: Any) -> Editor:
    return Editor(
        "figure", "" if value is None else str(value), unit="units", help="Empty: not counted."
    )


def _measure(row: ConflictRow, value: Any) -> Editor:
    known = value or {"value": "", "unit": ""}
    units = _WEIGHTS if row.conflict.field == "weight" else _LENGTHS
    choices = [(each, each) for each in dict.fromkeys((known["unit"] or units[0], *units))]
    return Editor("measure", str(known["value"]), unit=known["unit"], choices=choices)


def _set(row: ConflictRow, value: Any) -> Editor:
    taken = {str(each).casefold() for each in value or ()}
    every: dict[str, str] = {}
    for side in (row.ours, row.conflict.theirs, row.conflict.base):
        for each in side or ():
            every.setdefault(str(each).casefold(), str(each))
    ticks = [Tick(text, key in taken, text) for key, text in sorted(every.items())]
    return Editor("ticks", ticks=ticks, help="One per line.")


def _images(row: ConflictRow, value: Any) -> Editor:
    taken = list(value or ())
    keys = {each["key"] for each in taken}
    others = [each for each in _pictures_of(row).values() if each["key"] not in keys]
    ticks = [
        Tick(
            each["key"],
            each["key"] in keys,
            url=picture_url(each["key"]),
            alt=each.get("alt") or "",
        )
        for each in (*taken, *others)
    ]
    return Editor("pictures", ticks=ticks, help="Tick what stays, and drag it into order.")


def _pictures_of(row: ConflictRow) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for side in (row.ours, row.conflict.theirs, row.conflict.base):
        for each in side or ():
            found.setdefault(each["key"], each)
    return found


def _pick_one(row: ConflictRow, value: Any) -> Editor:
    keys = dict.fromkeys(k for k in (row.ours, row.conflict.theirs, row.conflict.base) if k)
    ticks = [Tick(key, key == value, url=picture_url(key)) for key in keys]
    return Editor("one_picture", ticks=[*ticks, Tick("", not value, "No picture")])


def _map(_: ConflictRow, value: Any) -> Editor:
    return _named((name, values) for name, values in (value or {}).items())


def _options(_: ConflictRow, value: Any) -> Editor:
    return _named((each["name"], each["values"]) for each in value or ())


def _choice(_: ConflictRow, value: Any) -> Editor:
    return _named((name, [chosen]) for name, chosen in (value or {}).items())


def _named(pairs: Any) -> Editor:
    lines = [f"{name}: {f' {_BETWEEN} '.join(map(str, values))}" for name, values in pairs]
    return Editor("lines", "\n".join(lines), help="A line each, as Name: value | value.")


def _read_line(_: ConflictRow, form: Form) -> Value:
    return form.get("value", "").strip() or None


def _read_money(row: ConflictRow, form: Form) -> Value:
    text = form.get("value", "").strip().replace(" ", "").replace(",", ".")
    if not text:
        return None
    try:
        amount = Money.of(text, _currency(row))
    except NotMoney as refusal:
        raise _refused(str(refusal)) from refusal
    return {"minor": amount.minor, "currency": amount.currency}


def _read_quantity(_: ConflictRow, form: Form) -> Value:
    text = form.get("value", "").strip()
    number = whole_number(text)
    if text and number is None:
        raise _refused("Enter a whole number, 0 or more, or nothing.")
    return number


def _read_measure(_: ConflictRow, form: Form) -> Value:
    text = form.get("value", "").strip()
    return {"value": text, "unit": form.get("unit", "")} if text else None


def _read_set(_: ConflictRow, form: Form) -> Value:
    added = [line.strip() for line in form.get("more", "").splitlines()]
    return [each for each in (*form.getlist("value"), *added) if each]


def _read_images(row: ConflictRow, form: Form) -> Value:
    known = _pictures_of(row)
    chosen = [known[key] for key in form.getlist("value") if key in known]
    return [
        {**each, "alt": form.get(f"alt-{each['key']}", each.get("alt") or "").strip() or None}
        for each in chosen
    ]


def _read_lines(form: Form) -> list[tuple[str, list[str]]]:
    found = []
    for line in form.get("value", "").splitlines():
        name, colon, rest = line.partition(":")
        values = [each.strip() for each in rest.split(_BETWEEN) if each.strip()]
        if not line.strip():
            continue
        if not (colon and name.strip() and values):
            raise _refused(f"“{line.strip()[:60]}” is not a line such as Size: S | M.")
        found.append((name.strip(), values))
    return found


def _read_map(_: ConflictRow, form: Form) -> Value:
    return dict(_read_lines(form))


def _read_options(_: ConflictRow, form: Form) -> Value:
    return [{"name": name, "values": values} for name, values in _read_lines(form)]


def _read_choice(_: ConflictRow, form: Form) -> Value:
    return {name: values[0] for name, values in _read_lines(form)}


_EDITORS: Final[Mapping[Kind, Callable[[ConflictRow, Any], Editor]]] = {
    Kind.SCALAR: _line,
    Kind.TEXT: _line,
    Kind.MOMENT: _moment,
    Kind.HTML: _area,
    Kind.MONEY: _money,
    Kind.QUANTITY: _quantity,
    Kind.MEASURE: _measure,
    Kind.SET: _set,
    Kind.IMAGES: _images,
    Kind.MAP: _map,
    Kind.OPTIONS: _options,
    Kind.CHOICE: _choice,
}
_READERS: Final[Mapping[Kind, Callable[[ConflictRow, Form], Value]]] = {
    Kind.SCALAR: _read_line,
    Kind.TEXT: _read_line,
    Kind.MOMENT: _read_line,
    Kind.HTML: _read_line,
    Kind.MONEY: _read_money,
    Kind.QUANTITY: _read_quantity,
    Kind.MEASURE: _read_measure,
    Kind.SET: _read_set,
    Kind.IMAGES: _read_images,
    Kind.MAP: _read_map,
    Kind.OPTIONS: _read_options,
    Kind.CHOICE: _read_choice,
}
