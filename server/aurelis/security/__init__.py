"""What may leave the machine and with which token: redaction, egress rules, credentials.

In come texts, paths and settings as plain values; out come redacted requests, refusals and tokens bound to an origin.
Each file stands alone; none of them logs what it guards.
"""
