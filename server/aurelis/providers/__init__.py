"""The places that answer requests: every OpenAI-compatible vendor, gateway and local server, each a row of data.

In come `ProviderOptions` (what the settings say, as plain values) and a function that fetches the token; out comes the
`Provider` port of `aurelis.core.ports`. `profiles.py` holds what differs per vendor, `openai_compatible.py` the one
implementation, `errors.py` the one mapping of upstream failures to the contract's kinds. Importing the package itself
is cheap; `openai_compatible` and `pricing` import their libraries.
"""
