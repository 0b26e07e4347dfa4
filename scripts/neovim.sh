#!/usr/bin/env bash
# Puts a Neovim that knows inline completion (0.12), for the tests, into a folder of its own; nothing on the system is
# changed.
#
# usage: scripts/neovim.sh [FOLDER]
#
# FOLDER is by default $AURELIS_TOOLS/nvim, or aurelis-tools/nvim in the user's cache folder, where the tests look for it. It
# comes from a newer Debian (newer_debian.sh). Needs apt, on x86-64 or arm64.
set -euo pipefail

# shellcheck source=scripts/newer_debian.sh
source "$(dirname "$0")/newer_debian.sh"

folder=${1:-${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/nvim}
if [ -x "$folder/nvim" ]; then
  echo "Neovim is already in $folder"
  exit 0
fi

# Everything is made beside the final folder and moved there whole, so that an interrupted run leaves nothing half done.
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
unpack_newer_debian neovim "$work"

# The starter finds the libraries relative to itself.
cat >"$work/nvim" <<'STARTER'
#!/usr/bin/env bash
set -euo pipefail
root=$(cd "$(dirname "$0")" && pwd)/root
loader=$(find "$root" \( -name 'ld-linux-x86-64.so.2' -o -name 'ld-linux-aarch64.so.1' \) -print -quit)
libraries=$(find "$root/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
export VIMRUNTIME=$root/usr/share/nvim/runtime
exec "$loader" --library-path "$libraries" "$root/usr/bin/nvim" "$@"
STARTER
chmod +x "$work/nvim"
"$work/nvim" --version | head -n 1

rm -rf "$folder"
chmod 755 "$work"
mv "$work" "$folder"
echo "Neovim is in $folder"
