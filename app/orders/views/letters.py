"""Mails to buyers: their texts with a preview, and whose buyers get them."""

from typing import Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField, TextAreaField

from app.catalog.forms import Form
from app.core.db import reading
from app.core.errors import Invalid, NotFound
from app.core.work import unit_of_work
from app.orders import letters, queries, service
from app.orders.filters import is_id
from app.orders.letters import LetterKind, LetterText
from app.orders.views.blueprint import bp
from app.web.fragments import go_to_url, page, toast
from app.web.guards import requires
from app.web.identity import current_actor

_LIST: Final = "orders/letter_list.html"
_FORM: Final = "orders/letter_form.html"


class LetterForm(Form):
    """The text of a mail; what it may hold is decided by the service."""

    subject = StringField("Subject")
    body = TextAreaField("Text")
    is_on = BooleanField("Send this mail")

    def text(self) -> LetterText:
        """Return what was typed."""
        return LetterText(self.subject.data or "", (self.body.data or "").replace("\r\n", "\n"))


@bp.get("/orders/mails")
@requires("orders.write", "orders.personal")
def letter_list() -> ResponseReturnValue:
    """Show which mails buyers get, and from which channels."""
    with reading(current_actor()) as session:
        rows = queries.letter_rows(session)
        channels = queries.letter_channels(session)
    return page(_LIST, rows=rows, channels=channels)


@bp.post("/orders/mails")
@requires("orders.write", "orders.personal")
def letter_channels_save() -> ResponseReturnValue:
    """Choose whose buyers get our mails."""
    actor = current_actor()
    chosen = {UUID(key) for key in request.form.getlist("channels") if is_id(key)}
    with reading(actor) as session:
        channels = queries.letter_channels(session)
    with unit_of_work(actor) as work:
        for each in channels:
            service.choose_channel(work, each.id, is_on=each.id in chosen)
    toast("Kept.")
    return go_to_url(url_for("orders.letter_list"))


def _kind(name: str) -> LetterKind:
    if name not in tuple(LetterKind):
        raise NotFound("There is no such mail.")
    return LetterKind(name)


@bp.get("/orders/mails/<letter_kind>")
@requires("orders.write", "orders.personal")
def letter_edit(letter_kind: str) -> ResponseReturnValue:
    """Show the text of a mail, and how it reads."""
    kind = _kind(letter_kind)
    with reading(current_actor()) as session:
        row = next(row for row in queries.letter_rows(session) if row.kind == kind)
    data = {"subject": row.text.subject, "body": row.text.body, "is_on": row.is_on}
    return _show(kind, LetterForm(None, data=data))


@bp.post("/orders/mails/<letter_kind>")
@requires("orders.write", "orders.personal")
def letter_save(letter_kind: str) -> ResponseReturnValue:
    """Keep the text of a mail, or only show how it would read."""
    kind, form = _kind(letter_kind), LetterForm()
    if not form.validate():
        return _show(kind, form, status=422)
    if "preview" in request.form:
        return _show(kind, form)
    try:
        with unit_of_work(current_actor()) as work:
            service.change_letter(work, kind, form.text(), is_on=bool(form.is_on.data))
    except Invalid as refusal:
        form.refuse(refusal)
        return _show(kind, form, status=422)
    toast("Kept.")
    return go_to_url(url_for("orders.letter_list"))


def _show(kind: LetterKind, form: LetterForm, *, status: int = 200) -> ResponseReturnValue:
    text = form.text()
    return page(
        _FORM,
        status=status,
        kind=kind,
        title=letters.WORDS[kind],
        form=form,
        placeholders=letters.PLACEHOLDERS[kind].items(),
        subject=letters.filled(text.subject, letters.SAMPLE).strip(),
        body=letters.filled(text.body, letters.SAMPLE),
    )
