"""Azure's many URLs, brought into the one form that is alive: `https://HOST/openai/v1`.

The portal hands out project URLs, resource URLs and whole request URLs with an `api-version`; all name the same
resource. A gateway in front of a resource keeps its own host and leading path. Source: Microsoft's pages "Endpoints for
Microsoft Foundry Models" and "Azure OpenAI API version lifecycle".
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

_RESOURCES: Final = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
_SERVERLESS: Final = ".models.ai.azure.com"
_ROUTE: Final = re.compile(
    r"(?P<before>.*?)/(?:openai(?:/(?:v1|deployments)(?:/.*)?)?|api/projects/[^/]+(?:/.*)?|models/chat/completions)/?"
)
"""The routes of a resource, wherever a gateway puts them."""
_PROJECT: Final = re.compile(r"(?P<project>.*?/api/projects/[^/]+)(?:/.*)?")
_V1: Final = "/openai/v1"


def _is(host: str, ending: str) -> bool:
    return host.endswith(ending) and len(host) > len(ending)


def normalise(url: str) -> str:
    """The base URL for a resource in any of Azure's forms; other URLs come back as they are."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host = (parts.hostname or "").lower()
        names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError:
        return url
    if not host or parts.username or parts.password or parts.fragment or not names <= {"api-version"}:
        return url
    if any(_is(host, ending) for ending in _RESOURCES):
        path = _V1
    elif _is(host, _SERVERLESS):
        path = "/v1"
    elif parts.path in {"", "/"}:
        path = _V1
    else:
        route = _ROUTE.fullmatch(parts.path)
        if route is None:
            return url
        path = route["before"] + _V1
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def deployment_lists(url: str) -> tuple[str, ...]:
    """Where the deployments of the resource that a URL names are listed, the better place first.

    The model list of the resource itself holds the whole catalogue, of which only what is deployed can be asked.
    """
    base = normalise(url)
    parts = urlsplit(base)
    if not parts.path.endswith(_V1):
        return ()
    host = f"{parts.scheme}://{parts.netloc}"
    lists = [f"{host}{parts.path.removesuffix(_V1)}/openai/deployments?api-version=2023-03-15-preview"]
    project = _PROJECT.fullmatch(urlsplit(url if "://" in url else f"https://{url}").path)
    if project is not None:
        lists.insert(0, f"{host}{project['project']}/deployments?api-version=v1")
    return tuple(lists)
