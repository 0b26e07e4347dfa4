"""Sentences, headings and labels as models write them: what a single line is."""

from __future__ import annotations

import re
from typing import Final

from aurelis.tasks.replies.brackets import unmatched_closers, unmatched_openers
from aurelis.tasks.replies.elisions import is_elision

_ABOUT_THE_ANSWER: Final = re.compile(
    r"^\s*(?:(?:sure|certainly|of course|okay|ok|great|yes)\b[,.!]?\s*)?"
    r"(?:here(?:['\u2019]s| is| are)|this is|below is|the|to complete|completing"
    r"|i(?:['\u2019](?:ll|ve)| will| would| have))\b"
    r"[^{}();=<>\[\]]*\b(?:cod\w+|complet\w+|missing|cursor|answer|snippet|continu\w+|filled|text that)\b"
    r"[^{};=<>\[\]]*[.:!]\s*$",
    re.IGNORECASE,
)
"""A line that speaks of the completion itself; even prose does not begin so."""
INTRODUCES: Final = re.compile(
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
    r"^[\s*_`#/-]*(?:file(?:name)?: ?)?[*_`]*[\w./\\-]*\w\.\w{1,5}[\s*_`:]*$"
    r"|^\s*(\*\*|`|\*\*`)[\w./\\ ()\[\]@-]+\.\w{1,5}(`\*\*|\*\*|`):?\s*$",
    re.IGNORECASE,
)
"""The name of the file, before its contents."""
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
    return len(line.split()) > 1 and (INTRODUCES.match(line) is not None or is_about_the_answer(line))


def is_heading(line: str) -> bool:
    """Whether a line names what stands below it."""
    heading = _HEADING.match(line)
    if heading is None:
        return _NUMBERED_HEADING.match(line) is not None
    return bool(heading.group("end")) or line.lstrip().startswith("#")
