"""Whole page or part of it: `page` renders, `then` answers a POST, `toast` tells what left."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from flask import (
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.web.moments import note_moment
from app.web.slots import shell_watch
from app.web.ui import macros
from app.web.wishes import wants_fragment

View = Callable[..., ResponseReturnValue]
_WAITING: Final = "toasts"


def render_block(template: str, block: str, **context: Any) -> Markup:
    """Render one block of a template by itself, with the same globals as the whole page."""
    loaded = current_app.jinja_env.get_or_select_template(template)
    current_app.update_template_context(context)
    return Markup("".join(loaded.blocks[block](loaded.new_context(context))))  # noqa: S704 (autoescaped)


def _wanted(blocks: Sequence[str]) -> Sequence[str]:
    """The block named like the element htmx swaps, if the view declared it; else all of them."""
    target = request.headers.get("HX-Target", "").partition("#")[2]
    return (target,) if target in blocks else blocks


def page(
    template: str,
    *,
    blocks: Sequence[str] = (),
    status: int = 200,
    watch: Iterable[str] = (),
    **context: Any,
) -> Response:
    """Render a template, or its named blocks for a partial request; `watch` names live rows."""
    own = tuple(watch)
    watched = context["watch"] = (*own, *shell_watch())
    if not (wants_fragment() and blocks):
        return make_response(render_template(template, **context), status)
    parts = [render_block(template, block, **context) for block in _wanted(blocks)]
    if own:
        parts.append(partial("#live", macros.stream(watched, goes_on=True), swap="outerHTML"))
    return make_response(Markup("").join(parts), status)


def partial(target: str, html: str, *, swap: str = "outerMorph") -> Markup:
    """Wrap HTML so that htmx puts it into another place than the main one."""
    return Markup('<hx-partial hx-target="{}" hx-swap="{}">{}</hx-partial>').format(
        target,
        swap,
        Markup(html),  # noqa: S704 (callers hand over rendered templates)
    )


def _endpoint_of(view: View) -> str:
    named = [name for name, each in current_app.view_functions.items() if each is view]
    here = [name for name in named if name.rpartition(".")[0] == request.blueprint]
    return (here or named)[0]


def then(view: View, **kwargs: Any) -> ResponseReturnValue:
    """After a POST: run the view again for htmx, or send a browser to it (303)."""
    if wants_fragment():
        note_moment()  # its own news is no news to the page that shows it
        return view(**kwargs)
    return redirect(url_for(_endpoint_of(view), **kwargs), 303)


def go_to(view: View, **kwargs: Any) -> ResponseReturnValue:
    """After a POST that leads to another page: open that page, in htmx and without it."""
    return go_to_url(url_for(_endpoint_of(view), **kwargs))


def go_to_url(url: str) -> ResponseReturnValue:
    """Open another page of our own after a POST."""
    if wants_fragment():
        return Response(headers={"HX-Location": url})
    return redirect(url, 303)


def leave_to(url: str) -> ResponseReturnValue:
    """Send the person to another site (an OAuth consent page); our CSP forbids a form to do it."""
    if wants_fragment():
        return Response(headers={"HX-Redirect": url})
    return make_response(
        render_template("web/leaving.html", url=url, host=urlsplit(url).hostname or url)
    )


def toast(text: str, *, kind: str = "success", undo: str | None = None) -> None:
    """Say in a corner what just left the screen; `undo` is the URL that takes it back by POST.

    It rides on this response when it is a page or fragment, and on the next page after a redirect.
    """
    g.setdefault("toasts", []).append({"text": text, "kind": kind, "undo": undo})


def waiting_toasts() -> list[dict[str, Any]]:
    """Take the toasts that nobody has seen yet; called by the layout."""
    found: list[dict[str, Any]] = [*session.pop(_WAITING, []), *g.pop("toasts", [])]
    return found


def deliver_toasts(response: Response) -> Response:
    """Attach toasts to a fragment, or keep them for the page a redirect leads to."""
    if not g.get("toasts"):
        return response
    leads_elsewhere = 300 <= response.status_code < 400 or (
        {"HX-Location", "HX-Redirect", "HX-Refresh"} & set(response.headers.keys())
    )
    if leads_elsewhere:
        session[_WAITING] = [*session.get(_WAITING, []), *g.pop("toasts")][-5:]
    elif wants_fragment() and response.mimetype == "text/html" and not response.is_streamed:
        shown = Markup("").join(macros.toast(**each) for each in waiting_toasts())
        whole = response.get_data(as_text=True) + str(partial("#toasts", shown, swap="beforeend"))
        response.set_data(whole)
    return response


def vary(response: Response) -> Response:
    """Tell caches that one URL has two shapes."""
    response.vary.update(["HX-Request", "HX-Request-Type"])
    return response
