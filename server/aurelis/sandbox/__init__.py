"""The stand-in model server: what answers when no model is connected, and what fails on purpose for the tests.

In come HTTP requests in the wire protocols that real providers speak, on loopback only; out go answers derived by
plain rules from the text of the request itself. Nothing here pretends to be clever: the same input gives the same
answer, and where no rule applies the answer says so.
"""
