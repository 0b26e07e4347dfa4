"""Names of files that hold keys or passwords. They never leave, whatever a glob or an ignore file says."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

_NAMES: Final = (
    ".env", ".env.*", "*.env", ".envrc", ".flaskenv",
    "*.pem", "*.key", "*.p12", "*.pfx", "*.pkcs12", "*.jks", "*.keystore", "*.bcfks", "*.ppk", "*.p8", "*.pkcs8",
    "*.asc", "*.gpg", "*.kdbx", "*.kdb", "*.keychain", "*.keychain-db", "*.keytab", "*.ovpn", "*.agekey",
    "id_*", "ssh_host_*_key", "authorized_keys",
    ".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf", ".s3cfg", ".boto", ".dockercfg",
    ".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc", ".gem_credentials", ".git-credentials", ".htpasswd",
    ".terraformrc", "terraform.rc", "*.tfstate", "*.tfstate.*", "*.tfvars", "*.tfvars.json",
    "credentials", "credentials.*", "*.credentials", "*_credentials.json", "client_secret*.json",
    "local.settings.json", "*firebase-adminsdk*.json",
    "service-account*.json", "service_account*.json", "*serviceaccount*.json",
    "secrets.*", "secret.*", "*.secrets", ".secrets", "vault.yml", "vault.yaml", ".vault-token", ".vault_pass*",
    "kubeconfig", "*.kubeconfig", "wallet.dat", "master.key",
    ".bash_history", ".zsh_history", ".psql_history", ".mysql_history", ".python_history", ".node_repl_history",
)  # fmt: skip
"""Judged on the last part of the path, case aside."""

_LOOSE: Final = frozenset({"credentials.*", "secrets.*", "secret.*"})
"""Patterns that program text is let off from."""

_FOLDERS: Final = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".kube", ".password-store", "gcloud"})
"""Folders whose whole content is private."""

_PAIRS: Final = frozenset({(".docker", "config.json"), (".gem", "credentials"), (".cargo", "credentials.toml")})

_SOURCE_ENDINGS: Final = (
    ".py", ".pyi", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".go", ".rs", ".java", ".kt", ".c", ".h", ".cc",
    ".cpp", ".hpp", ".cs", ".rb", ".php", ".swift", ".scala", ".md", ".rst", ".css", ".html", ".sql", ".vue", ".ex",
)  # fmt: skip
"""Program text named after what it deals with (`secrets.py`, `credentials.go`) is judged by its content."""


def is_key_file(parts: Sequence[str]) -> bool:
    """Whether a path, given as its parts, is that of a file that holds keys; case never matters."""
    if not parts:
        return False
    name = parts[-1].lower()
    if _is_key_name(name):
        return True
    folders = [part.lower() for part in parts[:-1]]
    return not _FOLDERS.isdisjoint(folders) or (bool(folders) and (folders[-1], name) in _PAIRS)


@functools.lru_cache(maxsize=4_096)
def _is_key_name(name: str) -> bool:
    loose = name.endswith(_SOURCE_ENDINGS)
    for pattern in _NAMES:
        if loose and pattern in _LOOSE:
            continue
        if fnmatchcase(name, pattern):
            return True
    return False
