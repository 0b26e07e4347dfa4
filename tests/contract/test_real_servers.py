"""The servers that fixtures start are the real ones and do what other tests rely on."""

import json
import os
import subprocess
import sys
import urllib.request
from typing import Any

import pytest

from fixtures.llama_server import LlamaServer
from fixtures.redis_server import RedisServer
from fixtures.secret_service import SecretService


def _post(url: str, body: dict[str, Any]) -> str:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 - loopback only here
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback only here
        text: str = answer.read().decode()
        return text


@pytest.mark.needs("llama-server")
def test_llama_server_streams_a_chat(llama_server: LlamaServer) -> None:
    """A chat with the tiny model arrives as server-sent events, cut at its limit, with `[DONE]` last."""
    question = {"model": llama_server.model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}
    # Greedy, so that the same bytes come each time: this server leaves the role out before some first tokens.
    text = _post(
        f"{llama_server.base_url}/chat/completions", {**question, "stream": True, "ignore_eos": True, "temperature": 0}
    )
    events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
    assert chunks[0]["model"] == llama_server.model
    finish = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]]
    assert finish == ["length"]


@pytest.mark.needs("llama-server")
def test_llama_server_fills_a_hole(llama_server: LlamaServer) -> None:
    """`/infill` takes a prefix and a suffix and predicts as many tokens as asked."""
    hole = {"input_prefix": "def add(a, b):\n    ", "input_suffix": "\n", "n_predict": 6, "ignore_eos": True}
    answer = json.loads(_post(f"{llama_server.url}/infill", hole))
    assert answer["tokens_predicted"] == 6
    assert answer["stop_type"] == "limit"


@pytest.mark.needs("redis-server")
def test_redis_server_comes_back_empty(redis_server: RedisServer) -> None:
    """A stopped server refuses clients, and a restarted one answers on the same port without the old keys."""
    assert redis_server.command("SET", "key", "value").startswith(b"+OK")
    port = redis_server.port
    redis_server.stop()
    with pytest.raises(ConnectionRefusedError):
        redis_server.command("PING")
    redis_server.restart()
    assert redis_server.port == port
    assert redis_server.command("GET", "key") == b"$-1\r\n"


@pytest.mark.needs("redis-server")
def test_redis_server_starts_by_itself_for_the_next_test(redis_server: RedisServer) -> None:
    """Whatever the test before did, the fixture hands out a running server without keys."""
    assert redis_server.command("DBSIZE") == b":0\r\n"


_KEYCHAIN_CLIENT = """
import keyring, sys
print(type(keyring.get_keyring()).__module__)
if sys.argv[1] == "set":
    keyring.set_password("aurelis", "a provider", "a token")
print(keyring.get_password("aurelis", "a provider"))
"""


def _keychain_client(service: SecretService, action: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _KEYCHAIN_CLIENT, action],
        env={**os.environ, **service.environment},
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )
    return done.stdout.splitlines()


@pytest.mark.needs("secret-service")
def test_secret_service_keeps_a_secret_over_a_restart(secret_service: SecretService) -> None:
    """What one process stores another reads, also after bus and daemon were started again with the same password."""
    assert _keychain_client(secret_service, "set") == ["keyring.backends.SecretService", "a token"]
    secret_service.stop()
    secret_service.start()
    assert _keychain_client(secret_service, "get") == ["keyring.backends.SecretService", "a token"]
