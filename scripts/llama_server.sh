#!/usr/bin/env bash
# Puts llama.cpp's llama-server, for the tests, into a folder of its own; nothing on the system is changed.
#
# usage: scripts/llama_server.sh [FOLDER]
#
# The packages come from the newer Debian suite (SUITE below), with that suite's own C library, through the mirror that
# this system's apt already uses; apt checks their signatures. FOLDER is by default $AURELIS_TOOLS/llama-server, or
# aurelis-tools/llama-server in the user's cache folder, where the tests look for it. Needs apt, on x86-64 or arm64.
set -euo pipefail

SUITE=forky
PACKAGE=llama.cpp-tools
ATTEMPTS=3

folder=${1:-${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/llama-server}
if [ -x "$folder/llama-server" ]; then
  echo "llama-server is already in $folder"
  exit 0
fi
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || { echo "This script needs $tool, of Debian or a relative." >&2; exit 2; }
done

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m1 '/debian/\?$' || true)
if [ -z "$mirror" ]; then
  echo "None of this system's apt sources is a Debian mirror." >&2
  exit 2
fi

# Everything is made beside the final folder and moved there whole, so that an interrupted run leaves nothing half done.
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
: >"$work/status"
cat >"$work/debian.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: $SUITE
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES

own_apt() {
  apt-get -qq \
    -o Acquire::Retries=5 \
    -o APT::Install-Recommends=false \
    -o APT::Sandbox::User="$(id -un)" \
    -o Debug::NoLocking=true \
    -o Dir::Cache="$work/cache" \
    -o Dir::Etc::SourceList="$work/debian.sources" \
    -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" \
    -o Dir::State::Status="$work/status" \
    "$@"
}

fetch() {
  own_apt update && own_apt install --yes --download-only "$PACKAGE" >/dev/null
}

for attempt in $(seq "$ATTEMPTS"); do
  fetch && break
  [ "$attempt" -lt "$ATTEMPTS" ] || { echo "Downloading $PACKAGE from Debian $SUITE failed." >&2; exit 1; }
  sleep $((attempt * 5))
done
for archive in "$work"/cache/archives/*.deb; do
  dpkg-deb --extract "$archive" "$work/root"
done
rm -rf "$work/lists" "$work/cache" "$work/status" "$work/debian.sources"

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
