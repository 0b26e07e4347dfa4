#!/usr/bin/env bash
# Installs the packages of one lock into an environment of their own, or says that they are there already.
#
# usage: scripts/locked_environment.sh NAME [FOLDER [FURTHER-NAME...]]
#
# The lock is requirements/NAME.txt; further ones may stand beside it. FOLDER is by default $AURELIS_TOOLS/NAME, or
# aurelis-tools/NAME in the user's cache folder. Needs Python 3.11 or newer with venv; AURELIS_PYTHON names another than
# python3.
set -euo pipefail
cd "$(dirname "$0")/.."

name=$1
locks=()
for lock in "$name" "${@:3}"; do
  locks+=("requirements/$lock.txt")
done
python=${AURELIS_PYTHON:-python3}
folder=${2:-${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/$name}
wanted="$("$python" -c 'import sys; print("Python %d.%d" % sys.version_info[:2])') $(cat "${locks[@]}" | sha256sum | cut -d' ' -f1)"
if [ "$(cat "$folder/version" 2>/dev/null)" = "$wanted" ]; then
  echo "$name is already in $folder"
  exit 0
fi

# The version is written last, so that an interrupted run counts as none.
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
"$python" -m venv "$folder"
"$folder/bin/python" -I -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
  "${locks[@]/#/--requirement=}"
echo "$wanted" >"$folder/version"
echo "$name is in $folder"
