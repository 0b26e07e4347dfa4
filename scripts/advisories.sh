#!/usr/bin/env bash
# Asks the advisory services of PyPI and npm about the versions that ship; exit 1 for an advisory that is not listed here.
#
# usage: scripts/advisories.sh
#
# A service that does not answer, or knows nothing of our packages, is no failure: what was not looked at is said.
set -euo pipefail
cd "$(dirname "$0")/.."

# Advisories without a fix, and what holds instead.
KNOWN=(
  # diskcache unpickles what lies in its folder. Ours refuses pickles on every path, seals each entry under the user's key
  # and keeps the folder private (server/aurelis/cache/disk.py; tests/unit/cache/test_disk.py plants one).
  CVE-2025-69872
)

folder=${AURELIS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/aurelis-tools}/advisories
scripts/locked_environment.sh advisories "$folder"
report=$(mktemp)
trap 'rm -f "$report"' EXIT

echo "--- Python packages (pip-audit)"
ignored=()
for advisory in "${KNOWN[@]}"; do
  echo "$advisory is known and not fixed upstream; the comment in $0 says what holds instead."
  ignored+=(--ignore-vuln "$advisory")
done
code=0
"$folder/bin/pip-audit" --requirement requirements/runtime.txt --disable-pip --require-hashes --progress-spinner off \
  --timeout 10 --format json --output "$report" "${ignored[@]}" || code=$?
python_code=0
"$folder/bin/python" -I - "$report" "$code" <<'PYTHON' || python_code=$?
import json, pathlib, sys

text = pathlib.Path(sys.argv[1]).read_text("utf-8")
if not text:
    print(f"The advisory service did not answer (exit {sys.argv[2]}); nothing was looked at.")
    sys.exit(0)
packages = json.loads(text)["dependencies"]
looked_at = [package for package in packages if "skip_reason" not in package]
print(f"{len(looked_at)} of {len(packages)} packages were looked at.")
found = [(package, advisory) for package in looked_at for advisory in package["vulns"]]
for package, advisory in found:
    fixed = ", ".join(advisory["fix_versions"]) or "no version"
    print(f"{package['name']} {package['version']}: {advisory['id']}, fixed in {fixed}")
sys.exit(1 if found else 0)
PYTHON

echo "--- npm packages (npm audit)"
npm_code=0
npm audit --omit=dev --json >"$report" 2>/dev/null || npm_code=$?
node - "$report" <<'NODE' || npm_code=$?
const report = require('node:fs').readFileSync(process.argv[2], 'utf8');
let found = {};
try { found = JSON.parse(report); } catch { /* no answer */ }
if (!found.metadata) { console.log('The advisory service did not answer; nothing was looked at.'); process.exit(100); }
for (const [name, { severity }] of Object.entries(found.vulnerabilities)) console.log(`${name}: ${severity}`);
console.log(`${found.metadata.dependencies.prod} packages were looked at.`);
NODE
[ "$npm_code" -eq 100 ] && npm_code=0

exit $((python_code || npm_code))
