"""The file that the editors under test open: small, and with a pattern that ghost text can continue."""

from typing import Final

SETTINGS: Final = '''"""Settings of a small web service."""


class SettingsError(ValueError):
    pass


def read_port(text):
    if not text.isdigit():
        raise SettingsError("A port is a number.")
    return int(text)


def read_hosts(text):
    hosts = [host.strip() for host in text.split(",")]
    if not all(hosts):
        raise SettingsError("A host has a name.")
    return hosts

'''
