from __future__ import annotations

import asyncio

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference, Price
from aurelis.core.reply import Answer
from aurelis.core.request import Task
from aurelis.orchestrator.policy import BreakerPolicy, Policy, RoutingPolicy
from aurelis.orchestrator.route import chosen
from fixtures.pipeline import Bench, Fail, Say, ScriptedProvider, answer, ask, bench, error
from fixtures.virtual_time import run

ROLES = {"code": ("a/code",), "reasoning": ("a/think", "b/think"), "fast": ("a/fast",)}


@pytest.mark.parametrize(
    ("task", "model", "tasks", "roles", "expected"),
    [
        (Task.FIX, None, {}, ROLES, "a/code"),
        (Task.REVIEW, None, {}, ROLES, "a/think b/think"),
        (Task.GENERAL, None, {}, ROLES, "a/fast"),
        (Task.DOCUMENTATION, None, {}, ROLES, "a/code"),
        (Task.FIX, "c/x/y", {}, ROLES, "c/x/y"),
        (Task.FIX, None, {"fix": ("b/m", "reasoning", "b/m")}, ROLES, "b/m a/think b/think"),
        (Task.FIX, None, {"review": ("b/m",)}, {}, None),
    ],
)
def test_a_task_goes_where_the_user_said(
    task: Task, model: str | None, tasks: dict[str, tuple[str, ...]], roles: dict[str, tuple[str, ...]], expected: str
) -> None:
    """The request's own model, then the task's route, then its role, then `code`, then the provider's defaults."""
    choice = chosen(task, model, RoutingPolicy(tasks=tasks, roles=roles))
    assert (None if choice is None else " ".join(map(str, choice.references))) == expected


def test_a_reference_that_cannot_be_read_is_refused() -> None:
    """A route to something that is no `provider/model` is a fault of the settings, said in words."""
    with pytest.raises(RequestError, match="provider/model"):
        chosen(Task.FIX, None, RoutingPolicy(tasks={"fix": ("nonsense",)}))


def by(priority: str) -> Policy:
    routing = RoutingPolicy(priority=priority, tasks={"explanation": ("one/m", "two/m", "three/m")})  # type: ignore[arg-type]  # as in the settings
    return Policy(routing=routing, breaker=BreakerPolicy(failure_threshold=10**6))


def test_the_cheapest_goes_first_and_the_unknown_price_last() -> None:
    """Cost counts the prompt and the expected answer at each model's own price; a request may override the setting."""

    async def scenario() -> None:
        one = ScriptedProvider("one")
        two = ScriptedProvider("two", info={"price": Price(10.0, 10.0)})
        three = ScriptedProvider("three", info={"price": Price(1.0, 2.0)})
        on = bench(one, two, three, policy=by("cost"))
        assert str((await answer(on, ask())).model) == "three/m"
        assert str((await answer(on, ask("Else.", priority="preference"))).model) == "one/m"
        cheap_answer = ScriptedProvider("two", info={"price": Price(1.0, 10.0)})
        cheap_prompt = ScriptedProvider("three", info={"price": Price(0.5, 20.0)})
        on = bench(one, cheap_answer, cheap_prompt, policy=by("cost"))
        assert str((await answer(on, ask("Short."))).model) == "two/m"
        assert str((await answer(on, ask("long " * 9999))).model) == "three/m"

    run(scenario())


async def hour(on: Bench, label: str, requests: int = 360) -> list[str]:
    """One request every 10 s for an hour: who answered, the failures of others included."""
    names = []
    for n in range(requests):
        got: Answer = await answer(on, ask(f"{label} {n}", cacheable=False, priority="performance", streams=False))
        names.append(str(got.model))
        await asyncio.sleep(10)
    return names


@pytest.mark.parametrize("seed", range(2))
def test_performance_leaves_a_model_that_became_bad_and_finds_it_again(seed: int) -> None:
    """The fastest model serves; when it slows down or fails it is left; soon after its recovery it is back."""

    async def scenario() -> None:
        fast, slow, awful = (Say(("x",), pause=seconds) for seconds in (0.2, 1.0, 8.0))
        failing = Fail(error(ErrorKind.UNAVAILABLE, retryable=False), after=0.1)
        one, two, three = (ScriptedProvider(n, step) for n, step in (("one", slow), ("two", fast), ("three", awful)))
        on = bench(one, two, three, policy=by("performance"), seed=seed)

        assert (await hour(on, "at first")).count("two/m") > 300
        two.script = [failing if seed % 2 else awful]
        assert (await hour(on, "two is bad"))[30:].count("one/m") > 290
        two.script = [fast]
        assert (await hour(on, "two is well"))[-100:].count("two/m") > 85

    run(scenario())


def test_a_kept_answer_is_found_in_any_order() -> None:
    """Whoever gave it, and whoever would be asked first now, the answer is replayed."""

    async def scenario() -> None:
        one, two = ScriptedProvider("one"), ScriptedProvider("two", info={"price": Price(0.0, 0.0)})
        three = ScriptedProvider("three")
        on = bench(one, two, three, policy=by("preference"))
        await answer(on, ask())
        for priority in ("cost", "performance", "preference"):
            got = await answer(on, ask(priority=priority))
            assert (got.cached, got.model) == ("memory", ModelReference("one", "m"))
        assert (len(one.calls), two.calls, three.calls) == (1, [], [])

    run(scenario())


def test_an_unknown_provider_is_told_with_some_that_are_known() -> None:
    """A sentence stays one that can be read where fifty providers are configured."""

    async def scenario() -> str:
        on = bench(*(ScriptedProvider(f"p{number}") for number in range(10)))
        with pytest.raises(RequestError) as caught:
            await answer(on, ask(model="other/m"))
        return caught.value.message

    assert "(configured: p0, p1, p2, p3, p4, p5, p6, p7 and others)" in run(scenario())
