"""The pipeline: validate, redact, route, cache, breaker, retry, limit, stream, record.

It knows `core` and `syntax` and receives everything else through `core.ports`.
"""
