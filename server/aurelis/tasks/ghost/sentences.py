"""Sentences, headings and labels that a model puts before a completion and behind it.

In a programming language a line that reads as a sentence is none of its own; in prose, in comments and in what markup
has between its elements only those go that speak of the completion.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.hole import COMPARED_CHARACTERS, PROSE_LANGUAGES, Hole, telling
from aurelis.tasks.replies.brackets import unmatched_closers, unmatched_openers
from aurelis.tasks.replies.elisions import is_elision
from aurelis.tasks.replies.layout import indent_of

_ABOUT_THE_ANSWER: Final = re.compile(
    r"^\s*(?:(?:sure|certainly|of course|okay|ok|great|yes)\b[,.!]?\s*)?"
    r"(?:here(?:['\u2019]s| is| are)|this is|below is|the|to complete|completing"
    r"|i(?:['\u2019](?:ll|ve)| will| would| have))\b"
    r"[^{}();=<>\[\]]*\b(?:cod\w+|complet\w+|missing|cursor|answer|snippet|continu\w+|filled|text that)\b"
    r"[^{};=<>\[\]]*[.:!]\s*$",
    re.IGNORECASE,
)
"""A line that speaks of the completion itself; even prose does not begin so."""
_INTRODUCES: Final = re.compile(
    r"^\s*(?:sure|certainly|of course|okay|here(?:['\u2019]s| is| are)"
    r"|the (?:missing|complete|completion|code|text|line)|to complete|this (?:code|completes|will|is)"
    r"|i(?:['\u2019](?:ll|m)| will| would| am| can| cannot| can't)|below is"
    r"|(?-i:Note|Explanation):)(?!\w)[^{}();=<>\[\]]*[.:!]?\s*$",
    re.IGNORECASE,
)
_ABOUT_IN_OTHER_WORDS: Final = re.compile(
    r"(?:hier|gerne|nat\u00fcrlich|voici|bien s\u00fbr|aqu\u00ed|claro|ecco|aqui|\u0432\u043e\u0442"
    r"|\u4ee5\u4e0b|\u597d\u7684|\u8865\u5168|\u8fd9\u662f|\u3053\u3061\u3089|\ub2e4\uc74c|\uc5ec\uae30)"
    r".*(?:code|c\u00f3digo|codice|erg\u00e4nzung|vervollst\u00e4ndig|zeile|\u043a\u043e\u0434"
    r"|\u4ee3\u7801|\u8865\u5168|\u30b3\u30fc\u30c9|\u88dc\u5b8c|\ucf54\ub4dc).*[:\uff1a]\s*$",
    re.IGNORECASE,
)
"""The same in German, French, Spanish, Italian, Portuguese, Russian, Chinese, Japanese and Korean."""
_PATH: Final = re.compile(
    r"^[\s*_`#/-]*(?:file(?:name)?: ?)?[*_`]*[\w./\\-]+\.\w{1,5}[\s*_`:]*$"
    r"|^\s*(\*\*|`|\*\*`)[\w./\\ -]+\.\w{1,5}(`\*\*|\*\*|`):?\s*$",
    re.IGNORECASE,
)
"""The name of the file, before its contents."""
_LABEL: Final = re.compile(r"\s*(?:Answer|Code|Completion|Output|Result|Solution): (?=\s*\S)")
_HEADING: Final = re.compile(
    r"^\s*(?:#{2,6} |\*\*|__)?(?:the )?(?:(?:completed?|final|inserted|missing|updated) )?"
    r"(?:answer|code|completion|explanation|output|result|solution)\s*(?P<end>[:*_]*)\s*$",
    re.IGNORECASE,
)
"""A line that names what stands below it."""
_NUMBERED_HEADING: Final = re.compile(r"^\s*\d+[.)] [A-Z][\w ]*:\s*$")
_INTERJECTION: Final = re.compile(
    r"^\s*(?:sure|certainly|of course|okay|ok|great|absolutely|gerne|klar|nat\u00fcrlich|voil\u00e0|claro|\u597d\u7684)"
    r"(?: thing)?[.!:\uff1a\uff01\u3002]+\s*$",
    re.IGNORECASE,
)
"""A line that says yes and nothing else."""
_FAREWELL: Final = re.compile(
    r"(?:let me know if|(?:i )?hope this helps|feel free to (?:ask|let me)|this completes the)\b[^\n{};=<>]*[.!]$",
    re.IGNORECASE,
)
"""What ends a conversation rather than a text."""
_MARKS: Final = re.compile(r"^\s*(?:- |\d+[.)] )?[*_]{0,2}(?=\S)|[*_]{0,2}\s*$")
_INLINE_CODE: Final = re.compile(r"`[^`\n]*`")
_NO_WORDS: Final = re.compile(r"[{};=<>\[\]|\\@$&%_]|\w\(|::|->|//|--|#")
"""What sentences about code hardly have outside its backticks."""
_SENTENCE_ENDS: Final = tuple(".:!?\u3002\uff1a\uff01\uff1f\u2026")
_LETTERS: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Letters of scripts that need no blanks between words, or few."""
_LONGEST_LINE: Final = 600
"""Characters of a line that may still be words about a completion."""
_FEWEST_WORDS: Final = 3
_FEWEST_SIGNS: Final = 4
_QUOTED_ANSWER: Final = re.compile(
    r"\s*(?:[A-Z][^`\n]*(?:\b(?:is|be|with)|:)|(?:answer|completion|insert|output):)\s*`([^`\n]+)`\s*[.!]?\s*$",
    re.IGNORECASE,
)
_QUOTED_FOR_SURE: Final = re.compile(
    r"\s*(?:The (?:completed?|completion|missing)(?: \w+)?(?: (?:is|would be|should be))?:?|(?:Insert|Completion):)"
    r"\s*`([^`\n]+)`\s*[.!]?\s*$"
)
"""The same as it is hardly ever written among words."""
_TEXT_BETWEEN: Final = PROSE_LANGUAGES | {
    "blade",
    "erb",
    "handlebars",
    "html",
    "javascriptreact",
    "php",
    "svelte",
    "typescriptreact",
    "vue",
    "xml",
    "yaml",
}
"""Languages that have sentences outside of comments and strings."""
_WITHOUT_COMMENTS: Final = frozenset({"json", "jsonl"})
"""Languages in which `/*` is part of a path."""
_TEXT_INDENTED: Final = frozenset({"javascriptreact", "typescriptreact"})
"""Languages in which a text between elements does not stand at the margin."""
_LONG_QUOTES: Final = ('"""', "'''")
_LONG_COMMENTS: Final = (("/*", "*/"), ("<!--", "-->"), ("--[[", "]]"), ("\n=begin", "\n=end"))
_POD: Final = re.compile(r"^=(?!cut\b)[a-z]\w+\b(?!.*^=cut\b)", re.DOTALL | re.MULTILINE)
"""Perl's documentation, which has not ended."""
_HEREDOC: Final = re.compile(r"<<[-~]?([\"']?)([A-Z_]{2,})\1(?!.*^\s*\2\b)", re.DOTALL | re.MULTILINE)
"""A text between two words, which has not ended."""
_COLONS: Final = (":", "\uff1a")
_COMMENT_LINE: Final = re.compile(r"\s*(?:#|//|--|\*(?:\s|$)|;|%)")
_QUOTES: Final = ('"', "'", "`")


def names_a_file(line: str) -> bool:
    """Whether a line is the name of a file and nothing else."""
    return _PATH.match(line) is not None


def is_about_the_answer(line: str) -> bool:
    """Whether a line speaks of the completion itself."""
    patterns = (_ABOUT_THE_ANSWER, _ABOUT_IN_OTHER_WORDS)
    return len(line) <= _LONGEST_LINE and any(pattern.match(line) is not None for pattern in patterns)


def reads_as_sentence(line: str) -> bool:
    """Whether a line has several words, a sentence's beginning and end, and nothing of code outside backticks."""
    if len(line) > _LONGEST_LINE:
        return False
    bare = _INLINE_CODE.sub("x", _MARKS.sub("", line)).strip()
    if (
        not bare.endswith(_SENTENCE_ENDS)
        or _NO_WORDS.search(bare) is not None
        or unmatched_closers(bare)
        or unmatched_openers(bare)
    ):
        return False
    first = bare[0]
    if not first.isalpha() or first.islower():
        return False
    words = _LETTERS.findall(bare)
    return len(words) >= _FEWEST_WORDS or len(_UNSPACED.findall(bare)) >= _FEWEST_SIGNS


def says_yes(line: str) -> bool:
    """Whether a line agrees to what was asked for and says nothing else."""
    return _INTERJECTION.match(line) is not None


def introduces(line: str) -> bool:
    """Whether a line may be the beginning of a sentence about the completion, or stands for code that is left out."""
    if says_yes(line) or names_a_file(line) or is_elision(line) or reads_as_sentence(line) or is_heading(line):
        return True
    return len(line.split()) > 1 and (_INTRODUCES.match(line) is not None or is_about_the_answer(line))


def without_sentences(text: str, hole: Hole) -> str:
    """The text without what introduces it and what is said about it behind it.

    Nothing may be left, but of words where words are wanted.
    """
    named = hole.language_id == "yaml" or (among_words(hole) and _begins_a_line(hole))
    label = None if named else _LABEL.match(text)
    rest = text if label is None else text[label.end() :]
    quoted = (_QUOTED_FOR_SURE if among_words(hole) else _QUOTED_ANSWER).match(rest)
    if quoted is not None and len(rest[: quoted.start(1)].split()) > (label is None):
        return quoted.group(1)
    rest = _without_introduction(rest, hole)
    if (
        sentences_are_no_text(hole)
        or (_in_quotes(hole) and hole.line_after[:1] in _QUOTES)
        or _is_code_again(rest, hole)
    ):
        rest = _without_afterword(rest)
    elif hole.language_id in _TEXT_BETWEEN - PROSE_LANGUAGES and (
        hole.language_id in _TEXT_INDENTED or indent_of(hole.line_before) or indent_of(rest)
    ):
        rest = _without_afterword(rest, at_margin=True)
    rest = _without_farewell(rest)
    return text if not rest.strip() and _in_quotes(hole) else rest


def sentences_are_no_text(hole: Hole) -> bool:
    """Whether nothing that the hole may hold reads as a sentence."""
    return not _has_text_between(hole) and not _in_quotes(hole) and not among_words(hole)


def _has_text_between(hole: Hole) -> bool:
    """Whether sentences may stand outside of comments and strings where the cursor is."""
    return hole.language_id in _TEXT_BETWEEN and not hole.in_code_of_markup


def _is_code_again(text: str, hole: Hole) -> bool:
    """Whether a text ends the comment or string of several lines that the cursor stands in, and goes on behind it."""
    if _has_text_between(hole) or not _text_is_open(hole):
        return False
    return not leaves_text_open(hole.before + _without_afterword(text))


def in_comment_line(hole: Hole) -> bool:
    """Whether the cursor's line is a comment that ends with it."""
    return hole.language_id not in PROSE_LANGUAGES and _COMMENT_LINE.match(hole.line_before) is not None


def among_words(hole: Hole) -> bool:
    """Whether the cursor stands in prose, a comment or a text of several lines, as far as the text before it tells."""
    return hole.in_words or in_comment_line(hole) or _text_is_open(hole)


def _text_is_open(hole: Hole) -> bool:
    return hole.language_id not in _WITHOUT_COMMENTS and leaves_text_open(hole.before)


def _in_quotes(hole: Hole) -> bool:
    return any(hole.line_before.count(mark) % 2 for mark in _QUOTES)


def _without_introduction(text: str, hole: Hole) -> str:
    lines = text.split("\n")
    filled = sum(1 for line in lines if line.strip())
    removed = False
    while lines and _is_introduction(lines, filled, hole):
        filled -= 1
        lines.pop(0)
        removed = True
        if lines and not lines[0].strip():
            lines.pop(0)
            if not hole.line_before.strip():
                while lines and not lines[0].strip():
                    lines.pop(0)
    return "\n".join(lines) if removed else text


def _is_introduction(lines: Sequence[str], filled: int, hole: Hole) -> bool:
    """Whether the first line introduces what stands below it; where one line is wanted it cannot be part of that."""
    line = lines[0]
    rest_of_line = hole.line_after.strip()
    if telling(rest_of_line) and line.rstrip().endswith(rest_of_line):
        return False  # It goes on as the cursor's line does.
    words = among_words(hole)
    if words and filled == 1:
        return False
    if filled > 1 and is_heading(line) and _is_above_a_comment(lines, hole):
        return True
    if is_about_the_answer(line):
        return True
    if filled > 1 and says_yes(line) and hole.language_id not in PROSE_LANGUAGES:
        return not "".join(lines[1:2]).strip()
    if filled > 1 and (not hole.multiline or not _begins_a_line(hole)) and (is_heading(line) or _leads_over(lines)):
        return True
    if words:
        return False
    text_between = _has_text_between(hole)
    if len(line.split()) > 1 and _INTRODUCES.match(line) is not None and (filled > 1 or not text_between):
        return True
    if sentences_are_no_text(hole):
        # `except ` goes on with `ValueError as error:`, whatever stands below.
        apart = _begins_a_line(hole) or (filled > 1 and not "".join(lines[1:2]).strip())
        return is_heading(line) or (apart and reads_as_sentence(line) and line.strip() not in hole.before)
    return filled > 1 and hole.language_id not in PROSE_LANGUAGES and is_heading(line)


def _is_above_a_comment(lines: Sequence[str], hole: Hole) -> bool:
    """Whether the first line stands above one of a comment without being one itself, as in code it can not."""
    if hole.line_before.strip() or hole.language_id in PROSE_LANGUAGES:
        return False
    first, below = (_COMMENT_LINE.match(line) for line in [line for line in lines if line.strip()][:2])
    return below is not None and (first is None or first.group().strip() != below.group().strip())


def _begins_a_line(hole: Hole) -> bool:
    """Whether the cursor's line has no words yet."""
    return not any(map(str.isalnum, hole.line_before))


def _leads_over(lines: Sequence[str]) -> bool:
    """Whether a sentence leads over to what stands below an empty line."""
    return reads_as_sentence(lines[0]) and lines[0].rstrip().endswith(_COLONS) and not "".join(lines[1:2]).strip()


def is_heading(line: str) -> bool:
    """Whether a line names what stands below it."""
    heading = _HEADING.match(line)
    if heading is None:
        return _NUMBERED_HEADING.match(line) is not None
    return bool(heading.group("end")) or line.lstrip().startswith("#")


def _without_afterword(text: str, *, at_margin: bool = False) -> str:
    """The text without paragraphs at its end in which every line reads as a sentence, and stands at the margin."""
    lines = text.rstrip().split("\n")
    end = len(lines)
    while end and (
        not lines[end - 1].strip()
        or (reads_as_sentence(lines[end - 1]) and not (at_margin and indent_of(lines[end - 1])))
    ):
        end -= 1
    while end < len(lines) and lines[end].strip():
        end += 1
    own = "\n".join(lines[:end])
    return text if end >= len(lines) or not own.strip() or leaves_text_open(own) else own


def _without_farewell(text: str) -> str:
    """The text without a last paragraph of one line that speaks to the one who asked."""
    before, blank, last = text.rstrip().rpartition("\n\n")
    return before.rstrip() if blank and before.strip() and _FAREWELL.match(last) else text


def leaves_text_open(text: str) -> bool:
    """Whether code ends within a string of several lines or a comment, in which sentences and fences are text."""
    text = text[-COMPARED_CHARACTERS:]
    if any(text.count(mark) % 2 for mark in _LONG_QUOTES):
        return True
    if any(text.rfind(start) > text.rfind(end) for start, end in _LONG_COMMENTS):
        return True
    return any(pattern.search(text) is not None for pattern in (_HEREDOC, _POD))
