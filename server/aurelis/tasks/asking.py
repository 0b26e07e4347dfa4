"""From a task and what is known of the code to the request that a model gets: pure, and the same for the same input."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import Verdict
from aurelis.core.request import Message, Parameters, Request, Urgency, always_usable, has_words
from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import SyntaxTree
from aurelis.tasks.context.cutting import cut_code, first_lines, first_words, last_lines
from aurelis.tasks.context.diagnostics import Diagnostic, describe_diagnostics
from aurelis.tasks.context.regions import Region, line_range
from aurelis.tasks.context.surroundings import Section, other_documents, surroundings
from aurelis.tasks.replies.fences import code_begun
from aurelis.tasks.replies.insertions import around_insertion
from aurelis.tasks.table import ReplyKind, TaskRow
from aurelis.tasks.templates import Prompt, fill

HERE: Final = "<<<HERE>>>"
PATCHES_ABOVE_LINES: Final = 80
"""Code of more lines than this is changed by search/replace blocks instead of being written again whole."""
AROUND_INSERTION: Final = 3_000
"""Characters before and after an insertion's place that its block shows."""
AROUND_REGION: Final = 12_000
"""Characters around the lines to work on that a prompt shows at most."""
PROMPT_MARGIN: Final = 2_000
"""Characters of the budget kept for the template's own words."""
LONGEST_EXAMPLE: Final = 4_000
"""Characters of a file that only shows how things are done."""
METADATA_ENTRIES: Final = 20
EDIT_HELD_SECONDS: Final = 0.2
"""How long an edit's words are held back after its code has begun: less than anybody notices in an explicit command."""
LONGEST_METADATA: Final = 500

_SECRET_KEY: Final = re.compile(
    r"(?i:token|secret|passw|passphrase|pwd|credential|api[-_]?key|auth(?!or(?!i))|cookie|session|bearer|jwt|signature"
    r"|(?<![a-z])(?:key|pass|pin|otp)(?![a-z]))|(?<=[a-z])(?:Key|Pass|Pin)(?![a-z])"
)
"""Names of what is no business of a model's, as words of their own where they could be part of another."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_FENCE: Final = re.compile(r"^[ \t]*+(`{3,})", re.MULTILINE)
_WHOLE: Final = (
    "Answer with the complete new text of the code, in one fenced code block, with its indentation and with nothing "
    "left out or abbreviated. If something new must be imported, put the import lines first in the block."
)
_PATCHES: Final = (
    "Answer with one or more blocks of exactly this form, each with enough unchanged lines to be found once, copied "
    "exactly as they are:\n\n<<<<<<< SEARCH\nlines as they are\n=======\nlines as they shall be\n>>>>>>> REPLACE"
)
_FILE: Final = "Answer with the complete content of the new file, in one fenced code block."
_CUT: Final = "The code is too long to be shown whole; what was left out is marked."


@attrs.frozen(kw_only=True)
class Policy:
    """What the settings say about a task, as plain values. None leaves the choice to the task's row.

    `max_prompt_chars` bounds the user's message; `style` and `metadata` end in the prompt; `instructions` are the texts
    of the project's own instructions files, already bounded, and only in a trusted workspace.
    """

    max_prompt_chars: int = 50_000
    temperature: float | None = None
    max_tokens: int | None = None
    timing: Timing | None = None
    system_prompt: str | None = None
    style: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}))
    instructions: tuple[tuple[str, str], ...] = ()


@attrs.frozen(kw_only=True)
class Asked:
    """What a person asked for, and about which code.

    `region` is the lines to work on; for an insertion its start is the place. `around` bounds the characters
    that are shown of what stands around it. `example` is a file of the project that
    shows how it is done there. `hints` are further values for the prompt file's blanks (`tests` and the like).
    """

    snapshot: Snapshot
    region: Region
    tree: SyntaxTree | None = None
    around: int = AROUND_REGION
    example: Snapshot | None = None
    instruction: str = ""
    question: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    documents: tuple[Snapshot, ...] = ()
    metadata: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}))
    hints: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}))


@attrs.frozen(kw_only=True)
class Wishes:
    """How one request is to be run; None leaves the choice to the policy or the task's row."""

    request_id: str
    urgency: Urgency | None = None
    model: str | None = None
    priority: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    streams: bool | None = None


@attrs.frozen
class Asking:
    """A request, and whether the code in it had to be cut."""

    request: Request
    cut: bool


def build_request(
    row: TaskRow,
    prompt: Prompt,
    asked: Asked,
    policy: Policy,
    wishes: Wishes,
    judge: Callable[[str], Verdict] = always_usable,
) -> Asking:
    """The request of a task.

    Raises:
        RequestError: `too_large`, when lines that are to be edited do not fit into one prompt.
    """
    code, lost = _code(row, asked, policy.max_prompt_chars)
    sections, cut = _context(row, asked, policy, len(code))
    first, last = line_range(asked.snapshot.lines, asked.region)
    long = last - first >= PATCHES_ABOVE_LINES
    values = {
        "task": row.task.value,
        "verb": row.verb,
        "language": asked.snapshot.language_id,
        "name": asked.snapshot.name,
        "lines": f"{first}-{last}" if last > first else str(first),
        "first_line": str(first),
        "audience": describe_style(policy.style, asked.metadata),
        "instruction": instruction_line(asked),
        "question": asked.question.strip(),
        "diagnostics": describe_diagnostics(asked.snapshot, asked.diagnostics),
        "context": "\n\n".join(str(section) for section in sections),
        "format": _FILE if row.reply is ReplyKind.NEW_FILE else _PATCHES if long else _WHOLE,
        "cut": _CUT if lost else "",
        "code": fenced(code, asked.snapshot.language_id) if code.strip() else "",
        **asked.hints,
    }
    request = Request(
        request_id=wishes.request_id,
        task=row.task,
        messages=(
            Message("system", fill(policy.system_prompt or prompt.system, values)),
            Message("user", fill(prompt.user, values)),
        ),
        parameters=parameters(row, policy, wishes, len(code)),
        urgency=row.urgency if wishes.urgency is None else wishes.urgency,
        timing=row.timing if row.urgency.automatic or policy.timing is None else policy.timing,
        sources=tuple(document.source for document in (asked.snapshot, *asked.documents, *_examples(asked))),
        prompt_digest=prompt.digest,
        facets=facets(asked, policy),
        streams=row.streams if wishes.streams is None else wishes.streams,
        begun=has_words if row.reply is ReplyKind.MARKDOWN else code_begun,
        held_seconds=0.0 if row.reply is ReplyKind.MARKDOWN else EDIT_HELD_SECONDS,
        judge=judge,
        model=wishes.model,
        priority=wishes.priority,
        reasoning=row.reasoning,
        shown_whole=not (lost or cut),
        accepts_truncated=row.reply in {ReplyKind.MARKDOWN, ReplyKind.GHOST_TEXT},
    )
    return Asking(request, bool(lost) or cut)


def parameters(row: TaskRow, policy: Policy, wishes: Wishes, characters: int) -> Parameters:
    """How to sample: the request's own wish, else the settings', else the row's; an edit must hold its code again."""
    own = max(row.max_tokens, characters // 2) if _edits(row) else row.max_tokens
    temperatures = (wishes.temperature, policy.temperature, row.temperature)
    return Parameters(
        temperature=next(temperature for temperature in temperatures if temperature is not None),
        max_tokens=wishes.max_tokens or policy.max_tokens or own,
    )


def fenced(code: str, language_id: str) -> str:
    """A fenced block whose fence is longer than any within the code."""
    longest = max((len(match) for match in _FENCE.findall(code)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language_id}\n{code.removesuffix(chr(10))}\n{fence}"


def describe_style(style: Mapping[str, str], metadata: Mapping[str, str]) -> str:
    """The style settings and the command's metadata as lines of the prompt."""
    lines = [f"{_words(name)}: {value}" for name, value in style.items() if value]
    lines += [f"{_words(name)}: {value}" for name, value in safe_metadata(metadata).items()]
    return "\n".join(lines)


def safe_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata that may be sent: keys that look like a secret's are dropped, values are one line each and bounded."""
    kept = [(key, value) for key, value in metadata.items() if not _SECRET_KEY.search(key)]
    return {
        first_words(_one_line(key), 100): first_words(_one_line(value), LONGEST_METADATA)
        for key, value in kept[:METADATA_ENTRIES]
    }


def instruction_line(asked: Asked) -> str:
    """The user's own words as they stand in the prompt; empty without any."""
    words = asked.instruction.strip()
    return f"Instruction: {words}" if words else ""


def facets(asked: Asked, policy: Policy) -> Mapping[str, str]:
    """What else tells two requests apart for the cache and for invalidation."""
    found = {"language": asked.snapshot.language_id, "path": asked.snapshot.name, "project": asked.snapshot.project}
    if asked.instruction.strip():
        found["words"] = instruction_line(asked)
        found["names"] = " ".join(sorted(_spelt_in_code(asked)))
    found |= {f"style.{name}": value for name, value in policy.style.items() if value}
    found |= {f"metadata.{name}": value for name, value in safe_metadata(asked.metadata).items()}
    return MappingProxyType(found)


def _spelt_in_code(asked: Asked) -> set[str]:
    """Those of the user's words that the code has in exactly this spelling."""
    code = (asked.snapshot, *asked.documents)
    spelt = {word for document in code for word in _WORD.findall(document.text)}
    return spelt.intersection(_WORD.findall(asked.instruction))


def _code(row: TaskRow, asked: Asked, budget: int) -> tuple[str, int]:
    """The text of the fenced block, and how many lines it lost."""
    text = asked.snapshot.text
    room = budget - PROMPT_MARGIN - len(asked.instruction) - len(asked.question)
    if row.reply is ReplyKind.INSERTION:
        before, after = around_insertion(text, asked.region.start)
        return f"{last_lines(before, AROUND_INSERTION).text}{HERE}{first_lines(after, AROUND_INSERTION).text}", 0
    code = asked.region.text(text)
    if len(code) <= room:
        return code, 0
    if row.reply is ReplyKind.EDIT:
        raise RequestError(
            ErrorKind.TOO_LARGE,
            f"The code to change has {len(code)} characters and a prompt may have {budget}; select a smaller part, or "
            "raise requests.maxPromptChars.",
        )
    whole = asked.region.start == 0 and asked.region.end == len(text)
    cut = cut_code(code, asked.tree if whole else None, room)
    return cut.text, cut.lines_lost


def _context(row: TaskRow, asked: Asked, policy: Policy, used: int) -> tuple[list[Section], bool]:
    left = policy.max_prompt_chars - PROMPT_MARGIN - used - len(asked.instruction) - len(asked.question)
    sections = []
    for name, text in policy.instructions:
        shown = first_lines(text, max(0, left)).text
        if shown.strip():
            sections.append(Section("project-instructions", shown, name))
            left -= len(shown)
    around: list[Section] = []
    if row.reply is not ReplyKind.INSERTION and asked.snapshot.text:
        around = surroundings(asked.snapshot, asked.tree, asked.region, max(0, min(left * 2 // 3, asked.around)))
        left -= sum(len(section.text) for section in around)
    for example in _examples(asked):
        shown = first_lines(example.text, max(0, min(left // 2, LONGEST_EXAMPLE))).text
        if shown.strip():
            sections.append(Section("example", shown, example.name))
            left -= len(shown)
    documents, cut = other_documents(asked.documents, max(0, left))
    return [*sections, *documents, *around], cut


def _examples(asked: Asked) -> tuple[Snapshot, ...]:
    return () if asked.example is None else (asked.example,)


def _edits(row: TaskRow) -> bool:
    return row.reply in {ReplyKind.EDIT, ReplyKind.NEW_FILE}


def _words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:].lower()


def _one_line(text: str) -> str:
    return " ".join(text.split())
