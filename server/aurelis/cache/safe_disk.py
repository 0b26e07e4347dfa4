"""diskcache without its ability to run what it reads.

diskcache unpickles any row that says it is a pickle, in values and in keys (CVE-2025-69872), and opens and deletes
whatever file a row names. Here keys and values are bytes inside the database and everything else is refused, on every
path. A database whose tables, triggers or settings are not exactly diskcache's own is not opened at all.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import diskcache
from diskcache.core import DBNAME, DEFAULT_SETTINGS, METADATA, MODE_RAW, UNKNOWN

DATABASE_NAME: Final = DBNAME

_SCHEMA_NAMES: Final = frozenset(
    {
        *("Settings", "sqlite_autoindex_Settings_1", "Cache"),
        *("Cache_key_raw", "Cache_expire_time", "Cache_store_time", "Cache_tag_rowid"),
        *("Settings_count_insert", "Settings_count_delete"),
        *("Settings_size_insert", "Settings_size_update", "Settings_size_delete"),
    }
)
_SETTINGS_NAMES: Final = frozenset(
    {
        *DEFAULT_SETTINGS,
        *METADATA,
        *("sqlite_trusted_schema", "sqlite_max_page_count"),
        *("sqlite_wal_autocheckpoint", "sqlite_journal_size_limit"),
    }
)
_SETTINGS_ROWS: Final = 100


OPEN_SECONDS: Final = 2.0
"""How long opening waits for another process that opens or writes at the same moment."""

_RETRY_SECONDS: Final = 0.005


class ForeignRowError(ValueError):
    """A row that this cache cannot have written."""


class BytesDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache carries no types.
    """Keys and values are bytes in the database; no pickle, no files, in either direction."""

    def put(self, key: Any) -> tuple[Any, bool]:
        """The database's form of a key.

        Raises:
            ForeignRowError: when the key is neither text nor bytes.
        """
        if not isinstance(key, str | bytes):
            raise ForeignRowError("a key must be text or bytes")
        return key if isinstance(key, str) else sqlite3.Binary(key), True

    def get(self, key: Any, raw: Any) -> Any:
        """The key that a row holds.

        Raises:
            ForeignRowError: when the row says that its key is a pickle.
        """
        if not raw or not isinstance(key, str | bytes):
            raise ForeignRowError("the row's key is not plain")
        return key

    def store(self, value: Any, read: Any, key: Any = UNKNOWN) -> tuple[int, int, None, Any]:  # noqa: ARG002  # the library's signature
        """The database's form of a value.

        Raises:
            ForeignRowError: when the value is not bytes.
        """
        if read or not isinstance(value, bytes):
            raise ForeignRowError("a value must be bytes")
        return 0, MODE_RAW, None, sqlite3.Binary(value)

    def fetch(self, mode: Any, filename: Any, value: Any, read: Any) -> bytes:
        """The value that a row holds.

        Raises:
            ForeignRowError: when the row is a pickle, names a file, or holds anything but bytes.
        """
        if read or mode != MODE_RAW or filename is not None or not isinstance(value, bytes):
            raise ForeignRowError("the row's value is not plain bytes")
        return value

    def filename(self, key: Any = UNKNOWN, value: Any = UNKNOWN) -> tuple[str, str]:  # noqa: ARG002  # the library's signature
        """Never: values do not live in files.

        Raises:
            ForeignRowError: always.
        """
        raise ForeignRowError("values do not live in files")

    def remove(self, file_path: Any) -> None:
        """Delete nothing: a row that names a file is not ours, and neither is the file."""


class PatientCache(diskcache.Cache):  # type: ignore[misc]  # diskcache carries no types.
    """diskcache that waits for a lock for seconds while it opens, not for up to a minute, and fails without a trace."""

    def __init__(self, folder: str, **settings: Any) -> None:
        try:
            super().__init__(folder, **settings)
        except Exception:
            # diskcache leaves its connection open then, and Windows moves no open file out of the way.
            connection = getattr(getattr(self, "_local", None), "con", None)
            if connection is not None:
                connection.close()
            raise

    @property
    def _sql_retry(self) -> Callable[..., Any]:
        def execute(*statement: Any) -> Any:
            limit = time.monotonic() + OPEN_SECONDS
            while True:
                try:
                    return self._sql(*statement)
                except sqlite3.OperationalError as error:
                    # Some statements, as the switch to WAL, are refused at once whatever the connection's patience.
                    if "locked" not in str(error) or time.monotonic() > limit:
                        raise
                    time.sleep(_RETRY_SECONDS)

        return execute

    @property
    def sql(self) -> Callable[..., Any]:
        """Run a statement on this thread's connection."""
        return self._sql  # type: ignore[no-any-return]  # diskcache carries no types.


def refuse_foreign_database(folder: Path) -> None:
    """Look at a database before diskcache does.

    diskcache turns each row of its settings into an attribute or a PRAGMA, and SQLite runs the triggers that it finds.

    Raises:
        sqlite3.DatabaseError: when the file is no database, or one with anything in it that is not diskcache's;
            as `OperationalError` when another process holds it.
    """
    path = folder / DATABASE_NAME
    if not path.exists():
        return
    connection = sqlite3.connect(path, timeout=OPEN_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = 0")
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if not names <= _SCHEMA_NAMES:
            raise sqlite3.DatabaseError("the schema is not the cache's own")
        if "Settings" in names:
            settings = {row[0] for row in connection.execute("SELECT key FROM Settings LIMIT ?", (_SETTINGS_ROWS,))}
            if not settings <= _SETTINGS_NAMES:
                raise sqlite3.DatabaseError("the settings are not the cache's own")
        # diskcache spins for up to a minute on a held lock; here the wait is bounded.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()
