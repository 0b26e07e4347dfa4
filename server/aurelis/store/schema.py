"""The tables of the store, by version: a file of an older version is brought forward step by step.

Each migration is run once, in order, inside one transaction; a file of a newer version than this program knows is
left alone and the program works in memory.
"""

from __future__ import annotations

import sqlite3
from typing import Final

MIGRATIONS: Final = (
    (
        """
        CREATE TABLE reservations (id INTEGER PRIMARY KEY, key TEXT NOT NULL, at REAL NOT NULL)
        """,
        "CREATE INDEX reservations_key_at ON reservations (key, at)",
        """
        CREATE TABLE requests (
            id INTEGER PRIMARY KEY, request_id TEXT NOT NULL, at REAL NOT NULL, task TEXT NOT NULL,
            urgency TEXT NOT NULL, model TEXT, host TEXT, outcome TEXT NOT NULL, cached TEXT,
            prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
            cost_usd REAL, duration_ms INTEGER NOT NULL, time_to_first_token_ms INTEGER, language TEXT NOT NULL,
            incomplete INTEGER NOT NULL, redactions INTEGER NOT NULL, attempts INTEGER NOT NULL,
            confidence REAL, accepted_characters INTEGER
        )
        """,
        "CREATE INDEX requests_at ON requests (at)",
        "CREATE INDEX requests_request_id ON requests (request_id)",
        """
        CREATE TABLE health (
            id INTEGER PRIMARY KEY, at REAL NOT NULL, component TEXT NOT NULL, status TEXT NOT NULL,
            response_ms REAL, error TEXT
        )
        """,
        "CREATE INDEX health_component_at ON health (component, at)",
        """
        CREATE TABLE batch_items (
            batch TEXT NOT NULL, item TEXT NOT NULL, at REAL NOT NULL, result TEXT NOT NULL,
            PRIMARY KEY (batch, item)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX batch_items_at ON batch_items (at)",
        "CREATE TABLE spend (id INTEGER PRIMARY KEY, at REAL NOT NULL, usd REAL NOT NULL, automatic INTEGER NOT NULL)",
        "CREATE INDEX spend_at ON spend (at)",
    ),
    (
        "CREATE TABLE leases (lease TEXT PRIMARY KEY, key TEXT NOT NULL, ends REAL NOT NULL) WITHOUT ROWID",
        "CREATE INDEX leases_key ON leases (key)",
        "ALTER TABLE requests ADD COLUMN outcomes TEXT NOT NULL DEFAULT ''",
    ),
    (
        """
        CREATE TABLE project_files (
            project TEXT NOT NULL, file TEXT NOT NULL, digest TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (project, file)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX project_files_at ON project_files (at)",
    ),
    (
        "ALTER TABLE requests ADD COLUMN offered INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE requests ADD COLUMN typed_characters INTEGER",
    ),
)


class NewerSchemaError(sqlite3.OperationalError):
    """The file belongs to a newer version of the program."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to the present version.

    Raises:
        NewerSchemaError: when the file is of a newer version.
        sqlite3.Error: when the file cannot be read or written.
    """
    present = _version(connection)
    if present > len(MIGRATIONS):
        raise NewerSchemaError(f"the store is of version {present}, this program knows {len(MIGRATIONS)}")
    if present == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _version(connection)
        for statements in MIGRATIONS[found:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
