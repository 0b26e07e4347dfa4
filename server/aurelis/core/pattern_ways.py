"""In how many ways a regular expression can match one text: `re` tries all of them before it gives up.

In comes the parse tree of `re`, out goes an estimate that is rather too high. A repetition counts once where the next
character tells that it has ended, as in `[a-z]+-`, and once for each of its lengths where it does not, as in `.*x`, or
for each place where the word can stand that must come, as in `.*word`. What stands within a repetition is raised to its
power, as in `(a|aa)+`. Characters are sets of code points; those beyond Latin-1 are letters, blanks or others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, starmap, takewhile
from re import _constants as codes  # type: ignore[attr-defined] # the parse tree of `re` has no public name
from types import MappingProxyType
from typing import Any, Final

LONGEST_TEXT: Final = 1_000
"""Characters of the text that is matched: an open-ended repetition has no more lengths than that."""

MANY_WAYS: Final = LONGEST_TEXT**4
"""Where counting ends."""

_LATIN: Final = frozenset(range(256))
_WORDS, _BLANKS, _OTHERS = 256, 257, 258
"""What stands for a code point beyond Latin-1: a letter or digit, white space, anything else."""
_BEYOND: Final = frozenset({_WORDS, _BLANKS, _OTHERS})
_ALL: Final = _LATIN | _BEYOND

_Characters = frozenset[int]
_Items = Sequence[tuple[Any, Any]]

_DIGITS: Final = frozenset(found for found in _LATIN if chr(found).isdecimal())
_SPACES: Final = frozenset(found for found in _LATIN if chr(found).isspace()) | {_BLANKS}
_WORD: Final = frozenset(found for found in _LATIN if chr(found).isalnum() or chr(found) == "_") | {_WORDS}
_CATEGORIES: Final = MappingProxyType(
    {
        codes.CATEGORY_DIGIT: _DIGITS | {_WORDS},
        codes.CATEGORY_NOT_DIGIT: _ALL - _DIGITS,
        codes.CATEGORY_SPACE: _SPACES,
        codes.CATEGORY_NOT_SPACE: _ALL - _SPACES,
        codes.CATEGORY_WORD: _WORD,
        codes.CATEGORY_NOT_WORD: _ALL - _WORD,
    }
)
_WHOLE: Final = frozenset(_CATEGORIES) - {codes.CATEGORY_DIGIT, codes.CATEGORY_NOT_DIGIT}
"""Categories that hold all of what stands for code points beyond Latin-1, or nothing of it."""
_SINGLE: Final = frozenset({codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY})
_REPEATS: Final = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT})


def ways_to_match(tree: _Items, following: _Characters | None = None) -> int:
    """The ways from one place in a text on, at most `MANY_WAYS`.

    `following` are the characters one of which must come behind what the tree matches; None where nothing behind it can
    fail, so that the first way is the last one that is tried.
    """
    ways = 1
    items = _flat(tree)
    anywhere = False  # Whether what comes next may be tried at every character of a run.
    for place, (code, argument) in enumerate(items):
        rest = items[place + 1 :]
        coming = _coming(rest, following)
        found = _ways_of(code, argument, coming, _apart(rest))
        runs = code in _REPEATS and _is_run(argument)
        if runs and anywhere and coming is not None:
            found = max(found, min(argument[1], LONGEST_TEXT))  # Each try reads the rest of the run.
        anywhere = runs and (anywhere or found > 1)
        ways *= found
        if ways >= MANY_WAYS:
            return MANY_WAYS
    return ways


def _is_run(argument: tuple[int, int, _Items]) -> bool:
    """Whether a repetition is one of single characters."""
    _least, most, body = argument
    flat = _flat(body)
    return most > 1 and len(flat) == 1 and flat[0][0] in _SINGLE


def places_to_begin(tree: _Items) -> int:
    """At how many places of a text a search goes on beyond a first look: at all of them, or where a word stands."""
    for code, argument in _flat(tree):
        if code is codes.AT and argument is not codes.AT_BOUNDARY and argument is not codes.AT_NON_BOUNDARY:
            return 1
        if code is codes.BRANCH:
            return max(places_to_begin(branch) for branch in argument[1])
        if code is not codes.AT:
            return 1 if code is codes.LITERAL else LONGEST_TEXT
    return LONGEST_TEXT


def _flat(items: _Items) -> list[tuple[Any, Any]]:
    """The items with those of groups in the groups' place."""
    flat: list[tuple[Any, Any]] = []
    for code, argument in items:
        flat += _flat(argument[3]) if code is codes.SUBPATTERN else [(code, argument)]
    return flat


def _apart(items: _Items) -> int:
    """How far apart the word with which items begin stands from itself at least; 1 where they begin with none."""
    word = [argument for code, argument in takewhile(lambda item: item[0] is codes.LITERAL, items)]
    return next((shift for shift in range(1, len(word)) if word[shift:] == word[:-shift]), len(word)) or 1


def _ways_of(code: Any, argument: Any, following: _Characters | None, apart: int) -> int:
    if code in _REPEATS:
        least, most, body = argument
        return _ways_of_repeat(code, least, most, body, following, apart)
    if code is codes.BRANCH:
        return _ways_of_branch(argument[1], following)
    if code is codes.ATOMIC_GROUP:
        return ways_to_match(argument, following)
    if code in {codes.ASSERT, codes.ASSERT_NOT}:
        return ways_to_match(argument[1])
    # What a reference to a group matches is not known before there is a text.
    return MANY_WAYS if code in {codes.GROUPREF, codes.GROUPREF_EXISTS} else 1


def _ways_of_repeat(code: Any, least: int, most: int, body: _Items, following: _Characters | None, apart: int) -> int:
    times = min(most, LONGEST_TEXT)
    begins, empty = _beginning(body)
    within = following if times <= 1 else begins | (following or frozenset())
    told = following is None or (not empty and begins.isdisjoint(following))
    lengths = 1 if told or code is codes.POSSESSIVE_REPEAT else max(1, (times - least + 1) // apart)
    ways: int = lengths * ways_to_match(body, within) ** times
    return min(MANY_WAYS, ways)


def _ways_of_branch(branches: Sequence[_Items], following: _Characters | None) -> int:
    ways = [ways_to_match(branch, following) for branch in branches]
    prefixes = [_prefix(branch, following) for branch in branches]
    return max(ways) if all(starmap(_differ, combinations(prefixes, 2))) else sum(ways)


def _prefix(items: _Items, following: _Characters | None) -> list[_Characters]:
    """What stands at the first places of items, as long as they match a character each, and at the one behind those."""
    prefix: list[_Characters] = []
    flat = _flat(items)
    for place, (code, argument) in enumerate(flat):
        if code not in _SINGLE:
            return [*prefix, _coming(flat[place:], following) or _ALL]
        prefix.append(_beginning_of(code, argument)[0])
    return [*prefix, _ALL if following is None else following]


def _differ(one: Sequence[_Characters], other: Sequence[_Characters]) -> bool:
    """Whether some character tells which of two prefixes a text has."""
    return any(map(frozenset.isdisjoint, one, other))


def _coming(items: _Items, following: _Characters | None) -> _Characters | None:
    """The characters one of which must come next; None where nothing from here on can fail."""
    begins, empty = _beginning(items)
    if not empty:
        return begins
    return None if following is None else begins | following


def _beginning(items: _Items) -> tuple[_Characters, bool]:
    """The characters that items can begin with, rather too many than too few, and whether they can match nothing."""
    found: _Characters = frozenset()
    for code, argument in _flat(items):
        begins, empty = _beginning_of(code, argument)
        found |= begins
        if not empty:
            return found, False
    return found, True


def _beginning_of(code: Any, argument: Any) -> tuple[_Characters, bool]:
    if code is codes.LITERAL:
        return _spellings(argument), False
    if code is codes.NOT_LITERAL:
        return _ALL - (_LATIN & {argument}), False
    if code is codes.IN:
        return _of_set(argument), False
    if code is codes.ATOMIC_GROUP:
        return _beginning(argument)
    if code in _REPEATS:
        begins, empty = _beginning(argument[2])
        return begins, empty or argument[0] == 0
    if code is codes.BRANCH:
        parts = [_beginning(branch) for branch in argument[1]]
        return frozenset().union(*(begins for begins, _ in parts)), any(empty for _, empty in parts)
    # Any character, or a condition such as a word's edge, of which nothing is known here.
    return _ALL, False


def _spellings(code_point: int) -> _Characters:
    """A character in either case, as a pattern may ignore that."""
    character = chr(code_point)
    return frozenset({_place(code_point), *(_place(ord(one)) for one in character.lower() + character.upper())})


def _place(code_point: int) -> int:
    """The code point, or what stands for it."""
    if code_point in _LATIN:
        return code_point
    character = chr(code_point)
    return _WORDS if character.isalnum() else _BLANKS if character.isspace() else _OTHERS


def _of_set(elements: _Items) -> _Characters:
    """The characters of a class such as `[^a-z_]`."""
    (first, _), *rest = elements
    if first is codes.NEGATE:
        return _ALL.difference(*(_surely_of(code, argument) for code, argument in rest))
    found = frozenset().union(*(_of_element(code, argument) for code, argument in elements))
    return found.union(*(_spellings(one) for one in found & _LATIN))


def _of_element(code: Any, argument: Any) -> _Characters:
    """What an element of a class holds, rather too much than too little."""
    if code is codes.LITERAL:
        return frozenset({_place(argument)})
    if code is codes.RANGE:
        first, last = argument
        return frozenset(range(first, min(last, max(_LATIN)) + 1)) | (_BEYOND if last not in _LATIN else frozenset())
    return _CATEGORIES.get(argument, _ALL)


def _surely_of(code: Any, argument: Any) -> _Characters:
    """The same, rather too little than too much."""
    found = _of_element(code, argument)
    return found if code is codes.CATEGORY and argument in _WHOLE else found & _LATIN
