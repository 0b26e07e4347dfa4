#!/usr/bin/env bash
# Downloads the locked runtime packages once, so that the test of the extension's own installation needs no network.
#
# usage: scripts/wheelhouse.sh [FOLDER]
#
# FOLDER is by default $AURELIS_TOOLS/wheelhouse, or aurelis-tools/wheelhouse in the user's cache folder, where the tests look
# for it. Needs Python 3.11 or newer with pip; AURELIS_PYTHON names another than python3.
set -euo pipefail
cd "$(dirname "$0")/.."

LOCK=requirements/runtime.txt
python=${AURELIS_PYTHON:-python3}
folder=${1:-${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/wheelhouse}
wanted="$("$python" -c 'import sys; print("Python %d.%d" % sys.version_info[:2])') $(sha256sum "$LOCK" | cut -d' ' -f1)"
if [ "$(cat "$folder/version" 2>/dev/null)" = "$wanted" ]; then
  echo "The locked packages are already in $folder"
  exit 0
fi

# Everything is made beside the final folder and moved there whole, so that an interrupted run leaves nothing half done.
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -I -m pip download -qq --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
  --dest "$work/wheels" --requirement "$LOCK"
rm -rf "$work/venv"
echo "$wanted" >"$work/version"

rm -rf "$folder"
chmod 755 "$work"
mv "$work" "$folder"
echo "The locked packages are in $folder/wheels"
