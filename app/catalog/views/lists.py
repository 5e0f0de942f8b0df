"""Lists that people narrow: their address, their filters as words, the views kept of them."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog import queries, service
from app.catalog.forms import ViewForm
from app.catalog.models import SavedView
from app.catalog.service import ViewDraft
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.web.fragments import go_to_url, toast
from app.web.guards import requires
from app.web.identity import current_actor

Tab = tuple[str, str, bool, int | None]


class Narrowed(Protocol):
    """What a list is narrowed to."""

    def to_args(self) -> dict[str, str]:
        """Return what narrows the list, by the names of its address."""
        ...

    @property
    def query_string(self) -> str:
        """The same as it stands in an address."""
        ...


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list of which views are kept: under which name, where it is, and how its address reads."""

    name: str
    endpoint: str
    reads: Callable[[Mapping[str, str]], Narrowed]

    def url(self, args: Mapping[str, str]) -> str:
        """Return the address of the list, narrowed."""
        query = urlencode(args)
        return url_for(self.endpoint) + (f"?{query}" if query else "")

    def back(self) -> ResponseReturnValue:
        """Open the list again as it was narrowed."""
        return go_to_url(self.url(self.reads(request.args).to_args()))

    def view_url(self, view_id: UUID, query: str) -> str:
        """Return the address of a view of the list."""
        return f"{url_for(self.endpoint)}?{query}{'&' if query else ''}view={view_id}"

    def kept(self, session: Session, actor: Actor) -> tuple[list[Tab], SavedView | None]:
        """Return the tabs of all views, and the one that is open if it is the viewer's own."""
        chosen = request.args.get("view", "")
        tabs: list[Tab] = []
        own = None
        for view in queries.saved_views(session, self.name, actor.user_id):
            is_own, is_open = view.user_id == actor.user_id, str(view.id) == chosen
            name = view.name if is_own else f"{view.name} (shared)"
            tabs.append((name, self.view_url(view.id, view.query), is_open, None))
            own = view if is_own and is_open else own
        return tabs, own

    def draft(self) -> ViewDraft:
        """Return the view that a form asks to keep; raises Invalid."""
        form = ViewForm()
        if not form.validate():
            raise Invalid(next(iter(form.errors.values()))[0])
        wanted = self.reads(dict(parse_qsl(request.form.get("query", ""))))
        return ViewDraft(form.name.data, wanted.query_string, is_shared=form.is_shared.data)

    def keep_at(self, blueprint: Blueprint, address: str, permission: str) -> None:
        """Give the list the addresses at which views of it are kept, changed and forgotten."""

        @blueprint.post(f"{address}/views")
        @requires(permission)
        def view_save() -> ResponseReturnValue:
            """Keep the list as it is now under a name."""
            draft = self.draft()
            with unit_of_work(current_actor()) as work:
                view_id = service.save_view(work, self.name, draft)
            return go_to_url(self.view_url(view_id, draft.query))

        @blueprint.post(f"{address}/views/<uuid:view_id>")
        @requires(permission)
        def view_change(view_id: UUID) -> ResponseReturnValue:
            """Rename a view, share it, or let it keep the filters as they are now."""
            draft = self.draft()
            with unit_of_work(current_actor()) as work:
                service.change_view(work, view_id, draft)
            return go_to_url(self.view_url(view_id, draft.query))

        @blueprint.post(f"{address}/views/<uuid:view_id>/delete")
        @requires(permission)
        def view_delete(view_id: UUID) -> ResponseReturnValue:
            """Forget a view."""
            with unit_of_work(current_actor()) as work:
                service.delete_view(work, view_id)
            toast("View deleted.")
            return self.back()


def chips_of(
    wanted: Narrowed,
    names: Mapping[str, tuple[str, Mapping[str, str]]],
    *,
    bare: Container[str] = (),
) -> list[tuple[str, str, str, str]]:
    """Return filters as words: subject, relation (none of bare ones), value, name to remove."""
    told = wanted.to_args()
    return [
        (subject, "" if name in bare else "is", words.get(told[name], told[name]), name)
        for name, (subject, words) in names.items()
        if name in told
    ]
