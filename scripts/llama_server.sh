#!/usr/bin/env bash
# Puts llama.cpp's llama-server, for the tests, into a folder of its own; nothing on the system is changed.
#
# usage: scripts/llama_server.sh [FOLDER]
#
# FOLDER is by default $AURELIS_TOOLS/llama-server, or aurelis-tools/llama-server in the user's cache folder, where the tests
# look for it. It comes from a newer Debian (newer_debian.sh). Needs apt, on x86-64 or arm64.
set -euo pipefail

PACKAGE=llama.cpp-tools
# shellcheck source=scripts/newer_debian.sh
source "$(dirname "$0")/newer_debian.sh"

folder=${1:-${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/llama-server}
if [ -x "$folder/llama-server" ]; then
  echo "llama-server is already in $folder"
  exit 0
fi
# Everything is made beside the final folder and moved there whole, so that an interrupted run leaves nothing half done.
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
unpack_newer_debian "$PACKAGE" "$work"

# The starter finds the libraries relative to itself, and a back end for this processor: the one that ggml would pick
# lies in a folder that it does not look in when it is not installed.
cat >"$work/llama-server" <<'STARTER'
#!/usr/bin/env bash
set -euo pipefail
root=$(cd "$(dirname "$0")" && pwd)/root
loader=$(find "$root" \( -name 'ld-linux-x86-64.so.2' -o -name 'ld-linux-aarch64.so.1' \) -print -quit)
server=$(find "$root/usr/bin" -name 'llama-server' -print -quit)
libraries=$(find "$root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
if [ -z "${GGML_BACKEND_PATH:-}" ]; then
  kind=x64
  if grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then kind=haswell; fi
  GGML_BACKEND_PATH=$(find "$root" -name "libggml-cpu-$kind.so" -print -quit)
  if [ -z "$GGML_BACKEND_PATH" ]; then GGML_BACKEND_PATH=$(find "$root" -name 'libggml-cpu*.so' | sort | head -n 1); fi
  export GGML_BACKEND_PATH
fi
exec "$loader" --library-path "$libraries" "$server" "$@"
STARTER
chmod +x "$work/llama-server"
"$work/llama-server" --version 2>&1 | head -n 1

rm -rf "$folder"
chmod 755 "$work"
mv "$work" "$folder"
echo "llama-server is in $folder"
