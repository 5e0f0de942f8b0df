import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sync.markup import canonical
from tests.unit.sync.worlds import law

LOOK_THE_SAME = [
    ("Good mug", "<p>Good mug</p>"),
    ("Good mug", "\n<p>\n  Good\tmug </p>\n"),
    ("<p>a</p><p>b</p>", "<p>a\n<p>b"),
    ("<p>a</p><p></p><p>b</p>", "<p>a</p>\n\n<p>b</p>"),
    ("<div><p>a</p></div>", "<div>a</div>"),
    ("a<br>b", "a<br />\nb"),
    ("caf&eacute; &amp; bar", "café & bar"),
    ("5 &lt; 6", "5 &#60; 6"),
    ("<b>a</b> <i>b</i>", "<strong>a</strong> <em>b</em>"),
    ("<a href='x' title=\"y\">z</a>", '<a title="y" href="x" rel="nofollow">z</a>'),
    ("<ul>\n<li>a\n<li>b\n</ul>", "<ul><li>a<li>b</ul>"),
    ("<!-- wp:paragraph --><p>a</p><!-- /wp:paragraph -->", "a"),
    ("<p>a <b> b</b></p>", "a <b>b</b>"),
    ("<b> a </b>", "<b>a</b>"),
]
LOOK_DIFFERENT = [
    ("a b", "ab"),
    ("a&nbsp;&nbsp;b", "a b"),
    ("<p>a</p><p>b</p>", "a b"),
    ("<p>a</p><p>b</p>", "a<br>b"),
    ("<p>a</p><p>&nbsp;</p><p>b</p>", "<p>a</p><p>b</p>"),
    ("<b>a</b>", "a"),
    ('<a href="x">a</a>', '<a href="y">a</a>'),
    ('<p class="big">a</p>', "<p>a</p>"),
    ("<ul><li>a</li></ul>", "<ol><li>a</li></ol>"),
    ("<pre>a  b</pre>", "<pre>a b</pre>"),
    ('a <img src="x"> b', 'a<img src="x">b'),
    ("&lt;b&gt;a&lt;/b&gt;", "<b>a</b>"),
]
_TAGS = "p /p div /div b /b i br ul li /ul pre /pre script /script /a !--c--"
_FREE = "word &amp; &nbsp; &lt; < > é e\u0301"
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in _TAGS.split(" ")]),
    st.sampled_from(_FREE.split(" ")),
    st.sampled_from([" ", "\n", "  ", '<p class="x">', '<a href="u">', '<img src="s">']),
)


@pytest.mark.parametrize(("one", "other"), LOOK_THE_SAME)
def test_markup_that_looks_the_same_is_the_same(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), LOOK_DIFFERENT)
def test_markup_that_looks_different_stays_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@given(st.lists(PIECES, max_size=25))
@law
def test_reducing_twice_changes_nothing(pieces: list[str]) -> None:
    once = canonical("".join(pieces))

    assert canonical(once) == once


@given(st.text(max_size=60))
@law
def test_any_text_can_be_reduced(text: str) -> None:
    once = canonical(text)

    assert canonical(once) == once


@given(st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=8))
@law
def test_no_word_of_a_text_is_lost(words: list[str]) -> None:
    markup = "".join(f"<p>{word}</p>\n" for word in words)

    assert canonical(markup) == "<p>".join(words)
