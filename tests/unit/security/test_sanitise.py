"""What a model wrote is shown, never obeyed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from aurelis.core.plain_text import plain_code, plain_text
from aurelis.core.sanitise import MarkdownSanitiser, sanitise_markdown

_PARSERS = (
    MarkdownIt("commonmark", {"html": True}),
    MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]),
)
_MARKS = """
` `` ``` ~~~ [x](command:y) [ ] ( ) ![i](http://e/p.png) <b> </b> <!-- --> <http://e> https://e.example/a www.e.example
- 1. > | \\ a word command:x [r]:command:z [r][r] [r] <javascript:x> ' " * _ # --- === &#91; &lt; ! :// python
""".split()  # noqa: SIM905 - a row of marks
_PIECES = st.sampled_from(
    [
        *_MARKS,
        *(" ", "  ", "    ", "\t", "\n", "\n\n", "- ", "1. ", "> ", "\n|-|-|\n", "`[x](command:y)`", "<a href=x>"),
        *("\x1b[31m", "\x1b]8;;http://e\x07", "\u202e", "\u200b", "\r", "\r\n", "\ud800"),
    ]
)
_TEXTS = st.lists(_PIECES, max_size=20).map("".join) | st.text(max_size=60)


@given(_TEXTS)
@example("`a|b` `[x](command:y)`")
@example("\\https://x `[a](command:b)`")
@example("[a\\](command:x)[b](command:y)")
@example("https://x``[y](command:z)``")
@example("[a `]` b](command:x)")
@example("> ~~~\n[x](command:y)")
@example("    ```\n[x](command:y)")
def test_nothing_comes_alive_in_any_renderer(text: str) -> None:
    """However a model mixes marks, no link, image or HTML is in the rendered text, with tables or without."""
    shown = sanitise_markdown(text)
    for parser in _PARSERS:
        for token in parser.parse(shown):
            kinds = {token.type, *(child.type for child in token.children or [])}
            assert not kinds & {"link_open", "image", "html_inline", "html_block"}


@given(_TEXTS, st.data())
@example("a\r\x1b[31m\nb", None)
def test_the_pieces_of_a_stream_do_not_matter(text: str, data: st.DataObject | None) -> None:
    """Sanitising piece by piece gives what sanitising the whole gives."""
    cuts = set(range(len(text))) if data is None else data.draw(st.sets(st.integers(0, len(text))))
    edges = [0, *sorted(cuts), len(text)]
    sanitiser = MarkdownSanitiser()
    shown = "".join(sanitiser.feed(text[a:b]) for a, b in pairwise(edges)) + sanitiser.finish()
    assert shown == sanitise_markdown(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See [the guide](https://x.example/a).", "See the guide (`https://x.example/a`)."),
        ("[run](command:evil?x)", "run"),
        ("[open](file:///etc/passwd)", "open"),
        ("[x](data:text/html,y) [y](vscode://z)", "x y"),
        ("![pixel](https://evil.example/p?d=1)", "pixel (`https://evil.example/p?d=1`)"),
        ("![](https://evil.example/p)", "`https://evil.example/p`"),
        ("at https://x.example/a, then", "at `https://x.example/a`, then"),
        ("<https://x.example>", "`https://x.example`"),
        ("<b>bold</b>", "\\<b>bold\\</b>"),
        ("a < b and b > c", "a < b and b > c"),
        ("items[0] and list[int] too", "items[0] and list[int] too"),
        ("- [ ] open\n- [x] done\n", "- [ ] open\n- [x] done\n"),
        ("`map[string](x)` stays", "`map[string](x)` stays"),
        ("# Title\n\n* **bold** _it_\n", "# Title\n\n* **bold** _it_\n"),
        ("| a | b |\n|---|---|\n| `x` | 2 |\n", "| a | b |\n|---|---|\n| `x` | 2 |\n"),
        ("a ` b", "a ' b"),
        ("[ref][1]\n\n[1]: command:x", "\\[ref][1]\n\n\\[1]: command:x"),
    ],
)
def test_markdown_is_shown_without_what_could_act(text: str, shown: str) -> None:
    """Formatting stays, addresses become code, everything that a click or a load could act on is gone."""
    assert sanitise_markdown(text) == shown


@pytest.mark.parametrize("mark", ["```", "~~~", "`````"])
def test_code_in_fences_stays_to_the_letter(mark: str) -> None:
    """A fence's content is not touched, wherever the fence begins, but for escapes."""
    code = 'x = a[0](b)  # [x](command:y) <b> https://e.example\n\n    if a < b: print("`")\n'
    fenced = f"{mark}python\n{code}{mark}\n"
    assert sanitise_markdown(f"Text:\n\n{fenced}\nMore.\n") == f"Text:\n\n{fenced}\nMore.\n"
    indented = "".join(f"   {line}" if line.strip() else line for line in fenced.splitlines(keepends=True))
    assert sanitise_markdown(f"1. item\n\n{indented}") == f"1. item\n\n{fenced}"
    assert sanitise_markdown(f"{mark}\na\x1b[31mb\u202ec\n{mark}\n") == f"{mark}\nabc\n{mark}\n"


def test_an_open_fence_is_closed() -> None:
    """An answer that ends within code leaves nothing open behind it."""
    assert sanitise_markdown("```js\nlet a") == "```js\nlet a\n```"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://e\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;aGk=\x07", ""),
        ("\x9b31mx", "31mx"),
        ("a\rb\r\nc\u2028d", "a\nb\nc\nd"),
        ("bell\x07 back\x08", "bell back"),
        ("\u202eevil\u202c \u2066x\u2069 zero\u200bwidth\ufeff", "evil x zerowidth"),
        ("\ud800", "\ufffd"),
        ("tab\tand grüße 你好 🙂", "tab\tand grüße 你好 🙂"),
        ("\x1b", ""),
        ("\x1b[999", "[999"),
    ],
)
def test_a_terminal_is_shown_characters_only(text: str, shown: str) -> None:
    """Sequences, controls and invisible marks go; letters of any script stay."""
    assert plain_text(text) == shown


def test_a_stream_is_shown_as_it_comes() -> None:
    """Ordinary words are not held back until the end of their line."""
    sanitiser = MarkdownSanitiser()
    assert sanitiser.feed("The function adds two numbers and") == "The function adds two numbers "
    assert sanitiser.feed(" returns `a + b` to") == "and returns `a + b` "


def test_a_long_hostile_line_takes_time_in_proportion() -> None:
    """A megabyte of opening marks is decided piece by piece without ever holding more than a construct."""
    for unit in ("[", "`a", "![", "<a:", "https://", "\\", "[x](", "```"):
        sanitiser = MarkdownSanitiser()
        for _ in range(20):
            sanitiser.feed(unit * 500)
            assert len(sanitiser._text) - sanitiser._position <= 5_000
        sanitiser.finish()


@pytest.mark.parametrize(
    ("reply", "document", "code"),
    [
        ("x = 1\n\ty\r\n", "", "x = 1\n\ty\r\n"),
        ("a\x1b]0;title\x07b\x1b[31m", "", "ab"),
        ("if user\u202e \u2066# admin\u2069: pass", "", "if user # admin: pass"),
        ("to\u200bken\ufeff\u2060\U000e0041", "", "token"),
        ("ab\u202ec\u200b", "\u202e", "ab\u202ec"),
        ("'\U0001f469\u200d\U0001f4bb', '\u0645\u06cc\u200c\u0631\u0648\u062f'", "", None),
        ("\ud800", "", "\ufffd"),
        ("a\x0cb\x85c\u2028d", "", "a\x0cb\x85c\u2028d"),
    ],
)
def test_code_holds_nothing_that_a_reader_cannot_see(reply: str, document: str, code: str | None) -> None:
    """Escapes, control characters and marks that hide or reorder code go, unless the author's document has them."""
    assert plain_code(reply, document) == (reply if code is None else code)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ask me@host.example now.", "Ask `me@host.example` now."),
        ("mailto:me@host.example.", "mailto:`me@host.example`."),
        ("see //host.example/x", "see //`host.example`/x"),
        ("a user@host and @app.route", "a user@host and @app.route"),
        ("5 // 3 and // words", "5 // 3 and // words"),
        ("<[](x)data:text/html,x>", "\\<data:text/html,x>"),
    ],
)
def test_what_renderers_make_links_of_by_themselves_is_code(text: str, shown: str) -> None:
    """Mail addresses and addresses without a scheme become links in some renderers; as code they do not."""
    assert sanitise_markdown(text) == shown
