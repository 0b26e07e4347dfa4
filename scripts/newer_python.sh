#!/usr/bin/env bash
# Runs the demo and most unit tests once more, on the newest Python of this machine, if that is newer than the one of .venv.
#
# usage: scripts/newer_python.sh [PYTEST-ARGUMENT...]
#
# To be called after `npm test`, whose wheel it installs. Only a failing test is a failure: where there is no newer Python, or
# where its packages cannot be had just now, it says so and passes.
set -euo pipefail
cd "$(dirname "$0")/.."

DESCRIBE='
import ensurepip, sys, venv
if sys.implementation.name != "cpython" or sys.version_info.releaselevel != "final":
    sys.exit(1)
print("%d.%d" % sys.version_info[:2])
'
INSTALL_SECONDS=240

known=$(.venv/bin/python -I -c "$DESCRIBE")
newest=$known
python=
for candidate in python3.12 python3.13 python3.14 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
  version=$("$candidate" -I -c "$DESCRIBE" 2>/dev/null) || continue
  if [ "$version" != "$newest" ] && [ "$(printf '%s\n' "$newest" "$version" | sort -V | tail -n 1)" = "$version" ]; then
    newest=$version
    python=$candidate
  fi
done
if [ -z "$python" ]; then
  echo "There is no Python here that is newer than $known; the tests ran on that alone."
  exit 0
fi

folder=${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/python-$newest
if ! AURELIS_PYTHON=$python timeout "$INSTALL_SECONDS" scripts/locked_environment.sh dev "$folder" runtime build; then
  echo "The packages for Python $newest cannot be had just now; the tests ran on $known alone."
  exit 0
fi
"$folder/bin/python" -I -m pip install -qq --no-deps --no-index --force-reinstall .venv/wheel/*.whl
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
HOME=$home "$folder/bin/aurelis" demo >/dev/null
# -P keeps the checkout off the import path, so that the tests see the installed wheel. The command line's tests start the
# program so often that they take as long as all others together, and the scripts' do not depend on Python.
"$folder/bin/python" -P -m pytest -q -p no:cacheprovider tests/unit --ignore tests/unit/cli --ignore tests/unit/scripts "$@"
