"""The gate: what may leave this machine, in which words, and the tokens that open other people's doors.

In come requests and documents; out go redacted requests and refusals. `redact` is the only maker of
`RedactedRequest`, `egress` judges documents by their path, `credentials` finds tokens. The rules of what a secret looks
like are data rows in `rules/`. Nothing here knows a provider, an editor or the settings.
"""
