"""Hover: the kept explanation of a symbol, or one asked of a fast model while the editor waits a moment."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

import attrs

from aurelis.core.errors import RequestError
from aurelis.core.reply import Answer, Completed
from aurelis.core.request import Message, Request, Urgency
from aurelis.core.sanitise import sanitise_markdown
from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import ParseCache, SyntaxTree
from aurelis.syntax.scopes import definitions_named, enclosing_definition
from aurelis.syntax.symbols import Identifier, identifier_at, imports
from aurelis.tasks.asking import Asked, Wishes, build_request
from aurelis.tasks.context.regions import Region, whole_lines
from aurelis.tasks.table import HOVER_SECONDS, row_for
from aurelis.tasks.templates import load_prompt
from aurelis.workflow.events import Outcome
from aurelis.workflow.invocation import Invocation, new_request_id
from aurelis.workflow.policy import task_policy
from aurelis.workflow.run import prepare
from aurelis.workflow.services import Services

MOST_UNDER_WAY: Final = 4
"""Hovers that may be asked for at once; a further one is answered without a model."""

MOST_EXPLAINED: Final = 100
"""Symbols of which it is remembered what was asked about them; the one explained longest ago goes first."""

AROUND_USE: Final = 1_500
"""Characters around the use of a name that is not defined in the document."""

MOST_OTHERS: Final = 4
"""Open documents that are parsed to find a name's definition."""

LONGEST_OTHER: Final = 200_000
"""Characters of an open document that is looked through."""

LANGUAGES_OF_PROSE: Final = frozenset({"", "plaintext", "markdown", "restructuredtext", "latex", "tex", "csv"})
"""Texts whose words are no identifiers."""


_Symbol = tuple[str, str, str]
"""A document, its language and the lines that stand for a symbol in it."""


@attrs.frozen
class HoverAnswer:
    """What a hover shows.

    `region` of `document` is what an explain command should be asked to explain. `markdown` is sanitised; None when
    there is no explanation yet.
    """

    identifier: Identifier
    document: Snapshot = attrs.field(repr=False)
    region: Region
    markdown: str | None = attrs.field(default=None, repr=False)
    answer: Answer | None = attrs.field(default=None, repr=False)


@attrs.frozen
class _Place:
    """Lines of a document that may explain a name."""

    document: Snapshot
    tree: SyntaxTree | None
    region: Region


class Hovers:
    """Answers hovers; keeps those that are still being asked, so that one symbol is asked about once.

    `on_refused` is told failures that only the person can mend (consent), for the front end to ask.
    """

    def __init__(
        self,
        services: Services,
        on_refused: Callable[[RequestError], None] = lambda _: None,
        seconds: float = HOVER_SECONDS,
    ) -> None:
        self._services = services
        self._on_refused = on_refused
        self._seconds = seconds
        self._parses = ParseCache(limit=1 + MOST_OTHERS)
        self._under_way: dict[tuple[Message, ...], asyncio.Task[Answer | None]] = {}
        self._explained: OrderedDict[_Symbol, Request] = OrderedDict()

    def remember(self, outcome: Outcome) -> None:
        """Keep what was asked in an explanation, so that it is found while the explained lines stay as they are.

        The answer itself stays in the cache alone, where it expires and is dropped.
        """
        if outcome.explained is None or outcome.base is None or outcome.region is None:
            return
        symbol = _symbol(outcome.base, outcome.region)
        self._explained[symbol] = outcome.explained
        self._explained.move_to_end(symbol)
        while len(self._explained) > MOST_EXPLAINED:
            self._explained.popitem(last=False)

    async def answer(
        self,
        snapshot: Snapshot,
        offset: int,
        *,
        others: Sequence[Snapshot] = (),
        automatic: bool = False,
        instructions: tuple[tuple[str, str], ...] = (),
        prompts_folder: Path | None = None,
    ) -> HoverAnswer | None:
        """What to show at a place, None where no identifier stands. Never fails for want of a model.

        A name that the document imports is explained by its definition in one of the `others`, the open documents, if
        it stands there. Without `automatic` no model is asked. `instructions` and `prompts_folder` are those that an
        explain command would be given: they are part of what is asked, so of what is found again.
        """
        if snapshot.language_id in LANGUAGES_OF_PROSE:
            return None
        tree = await self._tree(snapshot)
        identifier = identifier_at(snapshot.text, offset, tree)
        if identifier is None or self._services.egress.refusal(snapshot.source) is not None:
            return None
        line = _Place(snapshot, tree, whole_lines(snapshot.lines, identifier.start, identifier.end))
        place = attrs.evolve(line, region=explained_region(snapshot, tree, identifier))
        if place == line and tree is not None:
            place = await self._elsewhere(identifier.name, line, tree, others) or line
        found = HoverAnswer(identifier, place.document, place.region)
        try:
            kept = await self._explanation((place, line), instructions, prompts_folder)
            if kept is None:
                # A definition speaks for itself, so that it is asked about again only when it has changed.
                request = self._request(place, AROUND_USE if place == line else 0, identifier, prompts_folder)
                kept = await self._services.cached(request)
                if kept is None and automatic:
                    kept = await self._asked(request)
        except RequestError:
            return found
        if kept is None:
            return found
        return attrs.evolve(found, markdown=sanitise_markdown(kept.text), answer=kept)

    async def aclose(self) -> None:
        """Stop what is still being asked."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tree(self, document: Snapshot) -> SyntaxTree | None:
        text = (document.uri, document.language_id, document.text)
        if self._parses.takes_long(*text):
            return await asyncio.to_thread(self._parses.tree, *text)
        return self._parses.tree(*text)

    async def _elsewhere(self, name: str, used: _Place, tree: SyntaxTree, others: Sequence[Snapshot]) -> _Place | None:
        """The definition of an imported name in another open document of the language; the import's own file first."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        heads = "\n".join(statement for statement in imports(tree) if word.search(statement))
        if not heads:
            return None
        alike = [
            other
            for other in others
            if other.uri != used.document.uri
            and other.language_id == used.document.language_id
            and len(other.text) <= LONGEST_OTHER
            and word.search(other.text)
        ]
        alike.sort(key=lambda other: _stem(other) not in heads)
        for other in alike[:MOST_OTHERS]:
            parsed = await self._tree(other)
            found = definitions_named(parsed, {name}, limit=1) if parsed is not None else ()
            if found and self._services.egress.refusal(other.source) is None:
                return _Place(other, parsed, whole_lines(other.lines, found[0].start, found[0].end))
        return None

    async def _explanation(
        self,
        places: tuple[_Place, ...],
        instructions: tuple[tuple[str, str], ...],
        prompts_folder: Path | None,
    ) -> Answer | None:
        """The explanation that somebody asked for, of these lines in these very words or in those of another day."""
        for place in places if places[0] != places[-1] else places[:1]:
            explained = self._explained.get(_symbol(place.document, place.region))
            kept = await self._services.cached(explained) if explained is not None else None
            if kept is None:
                invocation = Invocation(
                    verb="explain",
                    snapshot=place.document,
                    range=(place.region.start, place.region.end),
                    instructions=instructions,
                    prompts_folder=prompts_folder,
                )
                kept = await self._services.cached((await prepare(self._services, invocation, place.tree)).request)
            if kept is not None:
                return kept
        return None

    async def _asked(self, request: Request) -> Answer | None:
        """What a model says, if it says it in time; the same words are asked once, however often they are hovered."""
        key = request.messages
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= MOST_UNDER_WAY:
                return None
            task = asyncio.create_task(_last_answer(self._services, request, self._on_refused))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        return task.result() if done else None

    def _request(self, place: _Place, around: int, identifier: Identifier, prompts_folder: Path | None) -> Request:
        row = row_for("hover")
        asked = Asked(
            snapshot=place.document,
            region=place.region,
            tree=place.tree,
            around=around,
            hints={"symbol": identifier.name},
        )
        wishes = Wishes(request_id=new_request_id(), urgency=Urgency.HOVER)
        policy = task_policy(self._services.settings, row.task)
        return build_request(row, load_prompt(row.prompt, prompts_folder), asked, policy, wishes).request


def _stem(document: Snapshot) -> str:
    """What an import calls a document by: its file's name without the ending."""
    return document.name.rpartition("/")[2].partition(".")[0]


def _symbol(snapshot: Snapshot, region: Region) -> _Symbol:
    return snapshot.uri, snapshot.language_id, region.text(snapshot.text)


def explained_region(snapshot: Snapshot, tree: SyntaxTree | None, identifier: Identifier) -> Region:
    """The lines that explain a name: its definition in the document, else the line where it stands."""
    if tree is not None:
        around = enclosing_definition(tree, identifier.start)
        if around is not None and around.name == identifier.name and identifier.start < around.body_start:
            return whole_lines(snapshot.lines, around.start, around.end)
        found = definitions_named(tree, {identifier.name}, limit=1)
        if found:
            return whole_lines(snapshot.lines, found[0].start, found[0].end)
    return whole_lines(snapshot.lines, identifier.start, identifier.end)


async def _last_answer(
    services: Services, request: Request, on_refused: Callable[[RequestError], None]
) -> Answer | None:
    try:
        async with aclosing(services.stream(request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    return event.answer
    except RequestError as error:
        on_refused(error)
    return None
