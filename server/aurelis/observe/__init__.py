"""What the product tells about itself: logs, the audit log, metrics, health and statistics.

In come finished requests and security events; out go lines, numbers and reports without prompt, source text or token.
All of it may fail or be absent without changing an answer, unless the user made the audit log required.
"""
