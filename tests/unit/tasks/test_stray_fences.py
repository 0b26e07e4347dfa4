"""A reply's last line that ends a fence which nothing has begun."""

import pytest
from tests.unit.tasks.ghost_holes import filled

CASES = {
    "behind the end of the text that the cursor stands in": (
        'A = 1\n"""What is\n\n``A`` ¦\n\nB = 2\n"""What is not."""\n',
        'to all.\n"""\n```',
        '``A`` to all.\n"""\n\nB = 2\n',
    ),
    "behind what stands above as well": (
        'A = 1\n"""What is ``A``."""\n\nB = 2\n"""What is ``B``¦\n',
        '"""\n```',
        '"""What is ``B``"""\n',
    ),
    "behind a head of code, below the end of the text that the cursor stands in": (
        'A = 1\n"""What is\n\n¦\n    run()\n',
        'all.\n"""\n\nimport a\n\nif a:\n```',
        'all.\n"""\n\nimport a\n\nif a:\n    run()\n',
    ),
    "within a text that the reply begins": (
        'def f(a):\n¦\n    way.\n    """\n    return a\n',
        '    """Do it in some\n```',
        '    """Do it in some\n    way.\n',
    ),
    "at the margin below words that lead over to more": (
        'def f(a):\n    """Do it.\n\n    ¦\n\n        >>> f(1)\n    """\n    return a\n',
        "With an argument:\n```",
        "    With an argument:\n\n        >>> f(1)\n",
    ),
}


@pytest.mark.parametrize(("text", "reply", "part"), CASES.values(), ids=CASES.keys())
def test_a_fence_that_ends_nothing_is_no_text(text: str, reply: str, part: str) -> None:
    """A model that was asked for no fence ends one out of habit; the document has none of it."""
    document = filled(text, reply)
    assert part in document
    assert "```" not in document


def test_a_fence_as_deep_as_its_text_is_part_of_it() -> None:
    """What leads over to a fence that stands where the text does is likely meant."""
    text = 'def f(a):\n    """Do it.\n\n    Or not.\n    ¦\n    """\n    return a\n'
    assert "    So:\n    ```\n" in filled(text, "So:\n    ```\n    f(1)")


def test_a_fence_that_stands_above_is_no_end_of_the_reply() -> None:
    """A reply that says again what stands above the cursor, a fence in it, goes on behind that."""
    text = 'def f(a):\n    """Do.\n\n    ```\n    f(1)\n    # Done.\n    ```\n    """\n    if ¦:\n        return 1\n'
    assert "    if a is None:\n" in filled(text, '    # Done.\n    ```\n    """\n    if a is None')


@pytest.mark.parametrize(
    "reply",
    [
        "````\n{}\n````",
        "````python\n{}\n````",
        "**api.py**\n\n````python\n{}\n````",
        "### Completed code\n\n````python\n{}\n````",
        "````python\n{}",
        "````python\n{}````",
        "{}\n```",
    ],
)
def test_what_is_around_a_text_that_ends_a_fence_is_no_part_of_it(reply: str) -> None:
    """Where a fence is open in the document, the reply has its end: four marks, or one fence more, are around it."""
    text = 'def f(\n    a,\n):\n    """Do.\n\n    ```\n    ¦\n        b=b,\n    ) as c:\n        return c\n'
    said = '>>> f(1)\n    1\n    ```\n    """\n    with g(\n        a=a,'
    assert f"    ```\n    {said}\n        b=b,\n    ) as c:\n" in filled(text, reply.format(said))


EXAMPLE = 'import a\n\n\ndef f(b: int) -> int:\n    """Do it.\n\n    ¦\n    """\n    return b\n'


@pytest.mark.parametrize("language", ["python", "pycon"])
def test_an_example_in_a_text_keeps_its_fence_within_the_one_around_the_reply(language: str) -> None:
    """A docstring may begin with a fenced example, and the reply is fenced as well."""
    document = filled(EXAMPLE, f"```python\n```{language}\nf(1)\n```\n\nAnd more.\n```")
    assert f'    ```{language}\n    f(1)\n    ```\n\n    And more.\n    """\n' in document


def test_a_fence_within_a_fence_around_code_is_none_of_it() -> None:
    """Where no text is, one fence is as much noise as two."""
    assert "\nx = 1\n" in filled("import a\n\n¦\n", "```python\n```python\nx = 1\n```\n```")
