"""Pure: HTML of descriptions without anything that could act."""

from typing import Final

import nh3

_STYLES: Final = {
    "background-color", "border", "color", "font-size", "font-style", "font-weight", "height",
    "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-width", "padding", "text-align", "text-decoration", "vertical-align", "width",
}  # fmt: skip
_ATTRIBUTES: Final = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": {"class", "dir", "lang", "style", "title"},
}
_ATTRIBUTES["a"] = _ATTRIBUTES["a"] | {"target", "rel", "name"}
_ATTRIBUTES["img"] = _ATTRIBUTES["img"] | {"srcset", "sizes", "loading"}

# Made once: making it costs more than cleaning a description.
_CLEANER: Final = nh3.Cleaner(
    attributes=_ATTRIBUTES,
    filter_style_properties=_STYLES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)


def clean_html(html: str) -> str:
    """Return HTML without anything that could act; cleaning twice changes nothing."""
    if not ("<" in html or "&" in html or ">" in html):
        return html.strip()
    return _CLEANER.clean(html).strip()
