#!/usr/bin/env bash
# Puts a real VS Code that runs in a browser (code-server), and the Node that it wants, for the tests, into a folder of
# its own; nothing on the system is changed.
#
# usage: scripts/code_server.sh [FOLDER]
#
# Everything comes from npm. Of the packages' install scripts only the log writer's is run, because the tests read logs;
# what the others would compile (a password hash, a terminal) the tests do without. FOLDER is by default $AURELIS_TOOLS/code-server, or
# aurelis-tools/code-server in the user's cache folder, where the tests look for it. Needs npm, python3,
# make and a C++ compiler, on Linux, x86-64 or arm64; about 850 MB.
set -euo pipefail

# code-server says which Node it wants, in its package.json.
CODE_SERVER=4.139.1
NODE=24.21.0
ATTEMPTS=3

folder=${1:-${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/code-server}
wanted="code-server $CODE_SERVER, node $NODE"
if [ -x "$folder/code-server" ] && [ "$(cat "$folder/version" 2>/dev/null)" = "$wanted" ]; then
  echo "$wanted: already in $folder"
  exit 0
fi
for tool in npm python3 make g++; do
  command -v "$tool" >/dev/null || { echo "This script needs $tool." >&2; exit 2; }
done
case $(uname -m) in
  x86_64) architecture=x64 ;;
  aarch64) architecture=arm64 ;;
  *) echo "There is no Node for $(uname -m) among npm's packages." >&2; exit 2 ;;
esac

# Everything is made beside the final folder and moved there whole, so that an interrupted run leaves nothing half done.
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT

quiet_npm() {
  local attempt
  for attempt in $(seq "$ATTEMPTS"); do
    npm "$@" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null && return 0
    [ "$attempt" -lt "$ATTEMPTS" ] || { echo "npm $1 failed; the lines above say why." >&2; exit 1; }
    sleep $((attempt * 5))
  done
}

mkdir -p "$work/node" "$work/server"
quiet_npm install --prefix "$work/node" "node-linux-$architecture@$NODE"
program=node/node_modules/node-linux-$architecture/bin/node
export PATH="$work/$(dirname "$program"):$PATH"
quiet_npm install --prefix "$work/server" "code-server@$CODE_SERVER"
for part in lib/vscode lib/vscode/extensions; do
  (cd "$work/server/node_modules/code-server/$part" && quiet_npm install --omit=dev)
done

# The headers come with that Node, so that none are downloaded.
headers=$work/$(dirname "$(dirname "$program")")
if ! (cd "$work/server/node_modules/code-server/lib/vscode" && npm_config_nodedir=$headers npm rebuild @vscode/spdlog --foreground-scripts) >"$work/log" 2>&1; then
  tail -n 20 "$work/log" >&2
  echo "The log writer could not be compiled." >&2
  exit 1
fi
rm "$work/log"

cat >"$work/code-server" <<STARTER
#!/usr/bin/env bash
here=\$(cd "\$(dirname "\$0")" && pwd)
exec "\$here/$program" "\$here/server/node_modules/code-server/out/node/entry.js" "\$@"
STARTER
chmod +x "$work/code-server"
HOME="$work/home" XDG_CONFIG_HOME="$work/home" XDG_DATA_HOME="$work/home" "$work/code-server" --version
rm -rf "$work/home"
echo "$wanted" >"$work/version"

rm -rf "$folder"
chmod 755 "$work"
mv "$work" "$folder"
echo "$wanted: now in $folder"
