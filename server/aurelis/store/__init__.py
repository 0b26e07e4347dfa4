"""What outlives a process and is shared by all of the user's: one SQLite file behind small ports.

In come reservations, finished requests, states of health and progress of batches; out go quotas that hold over all
processes together, and rows for statistics. Without a usable file everything goes on in memory, with one warning.
"""
