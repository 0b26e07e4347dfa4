"""Azure's many URLs, brought into the one form that is alive: `https://HOST/openai/v1`.

The portal hands out project URLs, resource URLs and whole request URLs with an `api-version`; all name the same
resource. Source: Microsoft's pages "Endpoints for Microsoft Foundry Models" and "Azure OpenAI API version lifecycle".
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

_RESOURCES: Final = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
_SERVERLESS: Final = ".models.ai.azure.com"


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
    if parts.username or parts.password or parts.fragment or not names <= {"api-version"}:
        return url
    if any(_is(host, ending) for ending in _RESOURCES):
        return urlunsplit((parts.scheme, parts.netloc, "/openai/v1", "", ""))
    if _is(host, _SERVERLESS):
        return urlunsplit((parts.scheme, parts.netloc, "/v1", "", ""))
    return url


def deployment_lists(url: str) -> tuple[str, ...]:
    """Where the deployments of the resource that a URL names are listed, the better place first.

    The model list of the resource itself holds the whole catalogue, of which only what is deployed can be asked.
    """
    base = normalise(url)
    parts = urlsplit(base)
    if parts.path != "/openai/v1":
        return ()
    root = f"{parts.scheme}://{parts.netloc}"
    lists = [f"{root}/openai/deployments?api-version=2023-03-15-preview"]
    folders = [folder for folder in urlsplit(url if "://" in url else f"https://{url}").path.split("/") if folder]
    if folders[:2] == ["api", "projects"] and len(folders) > 2:  # noqa: PLR2004 - the project's name follows
        lists.insert(0, f"{root}/api/projects/{quote(folders[2], safe='%')}/deployments?api-version=v1")
    return tuple(lists)
