"""The question whether ghost text may use a remote host."""

from typing import Any

import attrs
import pytest

from aurelis.config.settings import AutomaticSettings
from aurelis.core.errors import ErrorKind, RequestError
from lsp.fake_services import FakeServices
from lsp.raw_editor import connection
from lsp.scenes import CODE, URI, complete


@pytest.mark.parametrize(("title", "consents"), [("Allow", {"models.example:443": True}), ("Not now", {}), (None, {})])
async def test_the_person_is_asked_once_by_the_host_s_name(title: str | None, consents: dict[str, bool]) -> None:
    """One question for each host and session; only a yes is taken for one; ghost text itself stays silent."""

    def needs_consent(_: Any) -> RequestError:
        error = RequestError(ErrorKind.CONSENT, "Not allowed.")
        error.host = "models.example:443"
        return error

    services = FakeServices(needs_consent)
    async with connection(services) as (editor, server):
        editor.answers["window/showMessageRequest"] = lambda _: None if title is None else {"title": title}
        await editor.initialize()
        editor.open(URI, CODE)
        assert await complete(editor, 1, 4) == []
        question = await editor.message("window/showMessageRequest")
        assert "models.example:443" in question["message"]
        while server._background:
            await editor.settle()
        assert services.consents == consents
        assert await complete(editor, 0, 4) == []
        await editor.settle()
        assert len(editor.all("window/showMessageRequest")) == 1


async def test_never_means_that_nobody_is_asked() -> None:
    """With `automatic.remote: never` a refusal is final and silent."""

    def needs_consent(_: Any) -> RequestError:
        error = RequestError(ErrorKind.CONSENT, "Not allowed.")
        error.host = "models.example:443"
        return error

    services = FakeServices(needs_consent)
    services.settings = attrs.evolve(services.settings, automatic=AutomaticSettings(remote="never"))
    async with connection(services) as (editor, server):
        await editor.initialize()
        editor.open(URI, CODE)
        assert await complete(editor, 1, 4) == []
        while server._background:
            await editor.settle()
        assert editor.all("window/showMessageRequest") == []
