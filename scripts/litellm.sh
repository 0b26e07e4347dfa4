#!/usr/bin/env bash
# Installs the litellm package, with which the sandbox is tested, into an environment of its own: it wants another openai
# than the product.
#
# usage: scripts/litellm.sh [FOLDER]
#
# FOLDER is by default $AURELIS_TOOLS/litellm, or aurelis-tools/litellm in the user's cache folder, where the tests look for
# it. Needs Python 3.11 or newer with venv; AURELIS_PYTHON names another than python3.
set -euo pipefail
cd "$(dirname "$0")/.."

LOCK=requirements/litellm.txt
python=${AURELIS_PYTHON:-python3}
folder=${1:-${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/litellm}
wanted="$("$python" -c 'import sys; print("Python %d.%d" % sys.version_info[:2])') $(sha256sum "$LOCK" | cut -d' ' -f1)"
if [ "$(cat "$folder/version" 2>/dev/null)" = "$wanted" ]; then
  echo "litellm is already in $folder"
  exit 0
fi

# The version is written last, so that an interrupted run counts as none.
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
"$python" -m venv "$folder"
"$folder/bin/python" -I -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
  --requirement "$LOCK"
echo "$wanted" >"$folder/version"
echo "litellm is in $folder"
