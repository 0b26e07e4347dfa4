"""The narrow seam to the network: one pooled client per provider, its TLS, pins, proxy and signature.

In come the checked options; out comes an `httpx2.AsyncClient` that talks to one origin only, sends no header that was
not meant, and turns every answer that is not a success into a `RequestError` before anything else sees it.
"""
