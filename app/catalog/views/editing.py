"""The state of a product form: what stands in it, what it asks for, what is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from werkzeug.datastructures import MultiDict

from app.catalog import variant_rows
from app.catalog.forms import STATUS_CHOICES, ProductForm, split_list
from app.catalog.queries import ProductDetail
from app.catalog.service import ProductChange, ProductDraft, VariantDraft
from app.catalog.variant_rows import Reading, VariantRow
from app.web.payload import whole_number

PLAIN: Final = (
    "title", "description", "short_description", "status", "brand", "condition",
)  # fmt: skip
VARIANTS_SHOWN: Final = 100
_BOXES: Final = {"choice": "choice-1"}

Form = MultiDict[str, str]


@dataclass(slots=True)
class OptionRow:
    """An option as typed: its name now, the name it had, its values one per line."""

    name: str
    was: str
    values: list[str]


@dataclass(slots=True)
class AttributeRow:
    """An attribute as typed; several values are parted by a bar."""

    name: str
    values: list[str]


@dataclass(slots=True)
class Editor:
    """Everything the form of a product holds."""

    form: ProductForm
    options: list[OptionRow]
    rows: list[VariantRow]
    attributes: list[AttributeRow]
    categories: list[str]
    problems: dict[str, str] = field(default_factory=dict)
    is_unsaved: bool = False
    owner: tuple[UUID, str] | None = None  # whose SKU was wished for

    @property
    def has_options(self) -> bool:
        """Whether the product has variants to tell apart."""
        return bool(self.options) or len(self.rows) > 1

    @property
    def errors(self) -> list[tuple[str, str]]:
        """What is wrong, as (id of the box, sentence), for the summary on top."""
        found = [
            (self.form[name].id, f"{self.form[name].label.text}: {texts[0]}")
            for name, texts in self.form.errors.items()
            if name
        ]
        for row in self.rows:
            found += [
                (f"v-{row.key}-{_BOXES.get(name, name)}", f"{row.title}: {text}")
                for name, text in row.errors.items()
            ]
        found += [("editor", sentence) for sentence in self.form.form_errors]
        return [*found, *self.problems.items()]


def editor_of(product: ProductDetail, reading: Reading, *, first: int = 0) -> Editor:
    """Return the form as it stands for a product; `first` is the first variant shown."""
    values = product.values
    form = ProductForm(
        formdata=None,
        data={name: values[name] or "" for name in PLAIN}
        | {"tags": ", ".join(values["tags"]), "version": str(product.version)},
    )
    if values["status"] == "archived":
        form.status.choices = {"archived": "Archived"} | STATUS_CHOICES
    shown = product.variants[first : first + VARIANTS_SHOWN]
    return Editor(
        form=form,
        options=[OptionRow(o["name"], o["name"], o["values"]) for o in values["options"]],
        rows=[variant_rows.row_of(str(v.id), v.values, reading) for v in shown],
        attributes=[AttributeRow(name, list(kept)) for name, kept in values["attributes"].items()],
        categories=list(values["categories"]),
    )


def new_editor() -> Editor:
    """Return an empty form."""
    return Editor(ProductForm(formdata=None), [], [VariantRow("new-0", {}, {})], [], [])


def read_editor(sent: Form, *, is_archived: bool = False) -> Editor:
    """Read a sent form, whatever is in it."""
    form = ProductForm(formdata=sent)
    if is_archived:
        form.status.choices = {"archived": "Archived"} | STATUS_CHOICES
    categories = [path for path in sent.getlist("categories") if path.strip()]
    if form.new_category.data:
        categories.append(form.new_category.data)
    rows = variant_rows.read_rows(sent.items(multi=True))
    return Editor(form, _options(sent), rows, _attributes(sent), categories, is_unsaved=True)


def _options(sent: Form) -> list[OptionRow]:
    rows = []
    for at in _numbers(sent, "option."):
        name = sent.get(f"option.{at}.name", "").strip()
        was = sent.get(f"option.{at}.was", "").strip()
        values = [
            v for line in sent.get(f"option.{at}.values", "").splitlines() if (v := line.strip())
        ]
        if name and not sent.get(f"option.{at}.remove"):
            rows.append(OptionRow(name, was, list(dict.fromkeys(values))))
    return rows


def _numbers(sent: Form, prefix: str) -> list[int]:
    told = {name.removeprefix(prefix).partition(".")[0] for name in sent if name.startswith(prefix)}
    found = (whole_number(each, most=9_999) for each in told)
    return sorted(each for each in found if each is not None)[:300]


def _attributes(sent: Form) -> list[AttributeRow]:
    rows = []
    for at in _numbers(sent, "attribute."):
        name = sent.get(f"attribute.{at}.name", "").strip()
        given = sent.getlist(f"attribute.{at}.value")
        values = [part.strip() for text in given for part in text.split("|") if part.strip()]
        if name:
            rows.append(AttributeRow(name, values))
    return rows


def product_values(editor: Editor) -> dict[str, Any]:
    """Return the product's own values as the form wishes them."""
    form = editor.form
    return {
        **{name: form[name].data or None for name in PLAIN},
        "tags": split_list(form.tags.data or ""),
        "categories": editor.categories,
        "attributes": {row.name: row.values for row in editor.attributes if row.values},
        "options": [{"name": row.name, "values": row.values} for row in editor.options],
    }


def draft_of(editor: Editor, reading: Reading) -> ProductDraft:
    """Return the new product the form asks for."""
    variants = tuple(
        VariantDraft(_renamed(variant_rows.values_of(row, reading), editor.options, {}))
        for row in editor.rows
        if not row.is_removed
    )
    return ProductDraft(product_values(editor), variants)


def change_of(editor: Editor, product: ProductDetail, reading: Reading) -> ProductChange:
    """Return the change the form asks for; variants that it did not show follow their options."""
    before = {o["name"]: o["values"] for o in product.values["options"]}
    shown = {row.key: row for row in editor.rows}
    variants: dict[UUID, Mapping[str, Any]] = {}
    for variant in product.variants:
        row = shown.get(str(variant.id))
        if row is None:
            choice = _renamed({"choice": variant.values["choice"]}, editor.options, before)
            if choice["choice"] != variant.values["choice"]:
                variants[variant.id] = choice
        elif not row.is_removed:
            values = variant_rows.values_of(row, reading)
            _keep_other_prices(values, variant.values)
            variants[variant.id] = _renamed(values, editor.options, before)
    new = tuple(
        VariantDraft(_renamed(variant_rows.values_of(row, reading), editor.options, before))
        for row in editor.rows
        if row.is_new and not row.is_removed
    )
    return ProductChange(
        product.id,
        product_values(editor),
        variants,
        new_variants=new,
        removed_variants=tuple(
            UUID(row.key) for row in editor.rows if row.is_removed and not row.is_new
        ),
        expected_version=whole_number(editor.form.version.data or "") or 0,
    )


def _keep_other_prices(values: dict[str, Any], known: Mapping[str, Any]) -> None:
    """Keep sale prices in other currencies, which the grid does not show."""
    for currency, pair in (values.get("prices") or {}).items():
        pair["sale_price"] = (known["prices"].get(currency) or {}).get("sale_price")


def renamed_values(old: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """Return which values were only spelled anew: same place, gone from one, new in the other."""
    if len(old) != len(new):
        return {}
    return {
        was: now
        for was, now in zip(old, new, strict=True)
        if was != now and was not in new and now not in old
    }


def _renamed(
    values: dict[str, Any], options: Iterable[OptionRow], before: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Let a variant's choice follow options that were renamed, spelled anew or taken away."""
    choice = values["choice"]
    kept: dict[str, str] = {}
    for option in options:
        value = choice.get(option.was) or choice.get(option.name)
        if value:
            anew = renamed_values(before.get(option.was, ()), option.values)
            kept[option.name] = anew.get(value, value)
    return {**values, "choice": kept}


def show_problems(editor: Editor, problems: Mapping[str, str]) -> None:
    """Put a service's sentences where they belong: at a field, a row's box, or on top."""
    rows = {row.key: row for row in editor.rows}
    new = [row for row in editor.rows if row.is_new and not row.is_removed]
    kept = [row for row in editor.rows if not row.is_removed]
    for name, sentence in problems.items():
        first, _, rest = name.partition(".")
        key, _, box = rest.partition(".")
        row: VariantRow | None = None
        if first == "variants":
            row = rows.get(key) or _at(kept, key)
        elif first == "new":
            row = _at(new, key)
        if row is not None:
            row.errors[box or "sku"] = sentence
        elif name in editor.form:
            field_errors = editor.form[name].errors
            editor.form[name].errors = [*field_errors, sentence]
        else:
            editor.problems[name] = sentence


def _at(rows: Sequence[VariantRow], place: str) -> VariantRow | None:
    at = whole_number(place, most=len(rows) - 1)
    return None if at is None else rows[at]


def act(editor: Editor, action: str, sent: Form) -> str | None:
    """Do something to the form without saving; returns a sentence for the person."""
    if action == "add-option":
        editor.options.append(OptionRow("", "", []))
    elif action == "add-attribute":
        editor.attributes.append(AttributeRow("", []))
    elif action == "add-variant":
        number = variant_rows.next_new(editor.rows)
        choice = {option.name: "" for option in editor.options}
        editor.rows.append(VariantRow(f"new-{number}", choice, {}))
    elif action == "generate":
        return _generate(editor)
    elif action == "fill":
        return _fill(editor, sent.get("fill_field", ""), sent.get("fill_value", ""))
    return None


def _generate(editor: Editor) -> str:
    options = [{"name": o.name, "values": o.values} for o in editor.options]
    for row in editor.rows:
        row.choice = {
            o.name: row.choice.get(o.was) or row.choice.get(o.name, "") for o in editor.options
        }
    _give_the_bare_row_a_choice(editor)
    like = editor.rows[0].texts if editor.rows else {}
    taken = [row.choice for row in editor.rows if not row.is_removed]
    made = variant_rows.missing_rows(
        options, taken, first=variant_rows.next_new(editor.rows), like=like
    )
    editor.rows.extend(made)
    for option in editor.options:
        option.was = option.name
    if not made:
        return "Every combination has its variant already."
    return f"{len(made)} variants added below. Fill in SKUs and prices, then save."


def _give_the_bare_row_a_choice(editor: Editor) -> None:
    """The one variant of a product without options becomes the first combination."""
    if len(editor.rows) == 1 and not any(editor.rows[0].choice.values()):
        editor.rows[0].choice = {o.name: o.values[0] for o in editor.options if o.values}


def _fill(editor: Editor, name: str, text: str) -> str:
    if name not in variant_rows.FILLABLE:
        return "Choose what to fill in."
    rows = [row for row in editor.rows if not row.is_removed]
    for row in rows:
        row.texts[name] = text.strip()
    return f"{variant_rows.FILLABLE[name]} filled in for {len(rows)} variants. Save to keep it."
