"""The tests see what a user gets: the wheel in site-packages, not the checkout."""

import sys
import sysconfig
from importlib.metadata import files, version
from pathlib import Path

import aurelis
from fixtures.source_tree import PACKAGE


def test_the_package_comes_from_site_packages() -> None:
    """`aurelis` is imported from the installed wheel."""
    assert aurelis.__file__ is not None
    assert Path(aurelis.__file__).is_relative_to(Path(sysconfig.get_path("purelib")))


def test_the_checkout_is_not_on_the_import_path() -> None:
    """Neither the repository's server folder nor the working folder can shadow the wheel."""
    folders = {Path(entry or ".").resolve() for entry in sys.path}
    assert PACKAGE.parent not in folders


def test_the_wheel_holds_every_file_of_the_package() -> None:
    """No prompt, table or typing marker is left out of the wheel."""
    installed = {Path(str(file)).as_posix() for file in files("aurelis") or ()}
    sources = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources - installed == set()


def test_the_wheel_is_of_the_version_in_the_source() -> None:
    """The metadata's version is the package's."""
    assert version("aurelis") == aurelis.__version__
