// Finding a Python that can run the product, or saying how to get one.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { Complaint, run } from './processes.mjs';

const MINIMUM = [3, 11];
const PROBE_TIMEOUT_MS = 20_000;
// The interpreter behind a virtual environment counts, because an environment may be deleted under us.
const PROBE = `
import json, sys
try:
    import ensurepip, venv
    complete = True
except ImportError:
    complete = False
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "cpython": sys.implementation.name == "cpython",
    "complete": complete,
}))
`;

function namesOnPath() {
  const versions = ['python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3', 'python'].map((name) => [name]);
  return process.platform === 'win32' ? [['py', '-3'], ...versions] : [...versions, ['py', '-3']];
}

/** Interpreters that version tools keep without putting them on the PATH. */
async function keptByTools() {
  const found = [];
  const { code, output } = await run('uv', ['python', 'find', '--no-project', '>=3.11'], { capture: true, timeout: PROBE_TIMEOUT_MS });
  if (code === 0 && output.trim()) found.push([output.trim()]);
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  if (existsSync(versions)) {
    const folders = readdirSync(versions).filter((name) => /^3\.(1[1-9]|[2-9]\d)\.\d+$/.test(name));
    folders.sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
    found.push(...folders.map((name) => [join(versions, name, 'bin', 'python')]));
  }
  return found;
}

async function probe([command, ...args]) {
  const { code, output } = await run(command, [...args, '-I', '-c', PROBE], { capture: true, timeout: PROBE_TIMEOUT_MS });
  if (code !== 0) return null;
  try {
    return JSON.parse(output);
  } catch {
    return null;
  }
}

const recentEnough = ({ version }) => version[0] > MINIMUM[0] || (version[0] === MINIMUM[0] && version[1] >= MINIMUM[1]);

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => folder && existsSync(join(folder, name)));
}

function linuxRelease() {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    const value = (key) => text.match(new RegExp(`^${key}="?([^"\n]*)"?$`, 'm'))?.[1] ?? '';
    return { id: value('ID'), like: value('ID_LIKE'), version: Number.parseFloat(value('VERSION_ID')) };
  } catch {
    return { id: '', like: '', version: Number.NaN };
  }
}

/** The one command that gets a new enough Python on this machine. */
export function wayToPython() {
  if (process.platform === 'win32') return 'winget install --exact --id Python.Python.3.13';
  if (onPath('uv')) return 'uv python install 3.13';
  if (onPath('pyenv')) return 'pyenv install 3.13';
  if (process.platform === 'darwin' && onPath('brew')) return 'brew install python@3.13';
  const { id, like, version } = linuxRelease();
  if ((id === 'debian' && version >= 12) || (id === 'ubuntu' && version >= 24)) return 'sudo apt-get install python3 python3-venv';
  if (id === 'fedora') return 'sudo dnf install python3';
  if (id === 'arch' || like.includes('arch')) return 'sudo pacman -S python';
  return 'curl -LsSf https://astral.sh/uv/install.sh | sh -s && "$HOME/.local/bin/uv" python install 3.13';
}

/**
 * The Python to make the environment with: AURELIS_PYTHON alone if it is set, else the first of the usual names
 * that is CPython 3.11 or newer and can make virtual environments. Throws a Complaint (exit 2) when there is none.
 */
export async function findPython() {
  const chosen = process.env.AURELIS_PYTHON;
  if (chosen) {
    const found = await probe([chosen.includes('/') || chosen.includes('\\') ? resolve(chosen) : chosen]);
    if (found?.cpython && found.complete && recentEnough(found)) return found;
    const what = found ? `Python ${found.version.join('.')}, which is not a complete CPython 3.11 or newer` : 'no working Python';
    throw new Complaint(`AURELIS_PYTHON is set to ${chosen}: ${what}.\nSet it to the path of a Python 3.11 or newer and run the same command again.`, 2);
  }
  const seen = [];
  for (const list of [async () => namesOnPath(), keptByTools]) {
    for (const candidate of await list()) {
      const found = await probe(candidate);
      if (found?.cpython && found.complete && recentEnough(found)) return found;
      if (found) seen.push(found);
    }
  }
  const incomplete = seen.find((found) => found.cpython && recentEnough(found));
  if (incomplete && process.platform === 'linux' && onPath('apt-get')) {
    const package_ = `python${incomplete.version[0]}.${incomplete.version[1]}-venv`;
    throw new Complaint(
      `Aurelis needs Python's venv module, which ${incomplete.executable} lacks.\nInstall it, then run the same command again:\n\n    sudo apt-get install ${package_}\n`,
      2,
    );
  }
  const newest = seen.sort((one, other) => other.version[0] - one.version[0] || other.version[1] - one.version[1])[0];
  const what = newest ? `the newest one found here is ${newest.version.join('.')} (${newest.executable})` : 'none was found here';
  throw new Complaint(
    `Aurelis needs Python 3.11 or newer; ${what}.\nInstall one, then run the same command again:\n\n    ${wayToPython()}\n`,
    2,
  );
}
