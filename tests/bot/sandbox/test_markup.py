"""How text becomes entities: `parse_mode=HTML`, and what Telegram marks by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import detect, slice_units, trim, units
from bot.sandbox.errors import ApiError
from bot.sandbox.markup import parse_html
from bot.sandbox.people import split

Entity = dict[str, object]


def entity(kind: str, offset: int, length: int, **more: str) -> Entity:
    return {"offset": offset, "length": length, "type": kind, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>a</b> <i>b</i>", "a b", [entity("bold", 0, 1), entity("italic", 2, 1)]),
        ("😁<u>x</u>", "😁x", [entity("underline", 2, 1)]),
        ("<b>a<i>b</i></b>", "ab", [entity("bold", 0, 2), entity("italic", 1, 1)]),
        ("<B>a</B >", "a", [entity("bold", 0, 1)]),
        ("1 &lt; 2 &amp;&amp; &#x41;&#66; &nbsp;", "1 < 2 && AB &nbsp;", []),
        (
            "<a href='https://x.org/?a=1&amp;b'>x</a>",
            "x",
            [entity("text_link", 0, 1, url="https://x.org/?a=1&b")],
        ),
        ('<a href="nonsense">x</a>', "x", []),
        ("<code>a</code>", "a", [entity("code", 0, 1)]),
        ("<pre>a</pre>", "a", [entity("pre", 0, 1)]),
        ('<pre><code class="language-py">a</code></pre>', "a", [entity("pre", 0, 1, language="py")]),
        ("<tg-spoiler>a</tg-spoiler>", "a", [entity("spoiler", 0, 1)]),
        ('<span class="tg-spoiler">a</span>', "a", [entity("spoiler", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [entity("expandable_blockquote", 0, 1)]),
        ("<b></b>a", "a", []),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[Entity]) -> None:
    assert parse_html(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<p>a</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("é <br/>", 'Unsupported start tag "br/" at byte offset 3'),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
        ("1 <> 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<a href=http://x.org>x</a>", "Unexpected end of name token at byte offset 0"),
        (
            "<b />x",
            'Expected equal sign in declaration of an attribute of the tag "b" at byte offset 0',
        ),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_html_that_telegram_refuses_is_refused(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("/fit 1,2", [entity("bot_command", 0, 4)]),
        ("/fit@tonefit_bot 1,2", [entity("bot_command", 0, 16)]),
        ("see /s and @tonefit_bot!", [entity("bot_command", 4, 2), entity("mention", 11, 12)]),
        ("心😁 /s", [entity("bot_command", 4, 2)]),
        ("1/2 a/b //x", []),
        ("mail a.b@c.org", [entity("email", 5, 9)]),
        ("https://a.b/c?d=e.", [entity("url", 0, 17)]),
        ("#fun #1", [entity("hashtag", 0, 4)]),
        ("/拟合", []),
    ],
)
def test_telegram_marks_commands_mentions_and_links(text: str, entities: list[Entity]) -> None:
    assert detect(text) == entities


@given(st.text(alphabet="ab /@#😁é\n<>&", max_size=60))
def test_every_entity_lies_within_its_text(text: str) -> None:
    for found in detect(text):
        assert 0 <= found["offset"] < found["offset"] + found["length"] <= units(text)
        assert units(slice_units(text, found["offset"], found["length"])) == found["length"]


def test_blanks_around_a_text_go_and_entities_move_along() -> None:
    assert trim("  a b ", [entity("bold", 0, 3), entity("italic", 4, 2)]) == (
        "a b",
        [entity("bold", 0, 1), entity("italic", 2, 1)],
    )


@given(st.text(alphabet="ab😁\n", min_size=1, max_size=200).map(lambda text: text * 80))
def test_a_text_that_is_too_long_is_sent_in_pieces_that_fit(text: str) -> None:
    parts = split(text.strip())
    assert all(0 < units(part) <= 4096 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
