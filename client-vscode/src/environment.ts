// Which Python runs the server. Nothing here shows anything: what was found, or a sentence that says what to do.
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import type { Run } from './process';

export const MINIMUM = [3, 11] as const;

export interface Interpreter {
  path: string;
  /** Of Python. */
  version: string;
  /** Of the package `aurelis`, if this interpreter can import it. */
  server: string | undefined;
  /** Whether it can make virtual environments. */
  venv: boolean;
}

export type Found =
  | { kind: 'ready'; interpreter: Interpreter }
  /** No interpreter has the server, but this one can make an environment for it. */
  | { kind: 'installable'; base: Interpreter }
  | { kind: 'problem'; message: string };

export interface Search {
  /** The user's setting. */
  chosen: string | undefined;
  /** Interpreters to look at before those of the PATH: the private environment, the one of the Python extension. */
  preferred: readonly string[];
  /** Folders whose programs are not run: those of a workspace that is not trusted. */
  distrusted: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** An empty folder of ours, so that nothing in the current one is imported. */
  folder: string;
  run: Run;
}

const PROBE_MS = 20_000;
// `-c` puts the current folder first on the import path; it is taken off before anything is looked for.
const PROBE = `
import sys
sys.path = [entry for entry in sys.path if entry]
import json, importlib.util
server = None
if sys.version_info >= (3, 11) and importlib.util.find_spec("aurelis") is not None:
    try:
        from aurelis import __version__ as server
    except Exception:
        server = None
venv = all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))
print(json.dumps({"version": list(sys.version_info[:3]), "server": server, "venv": venv}))
`;

/** The environment for our own Python processes: nothing of the user's shell decides what is imported. */
export function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const removed = new Set(['PYTHONPATH', 'PYTHONHOME', 'PYTHONSTARTUP', 'PYTHONINSPECT', 'VIRTUAL_ENV', '__PYVENV_LAUNCHER__']);
  const kept = Object.entries(environment).filter(([name]) => !removed.has(name.toUpperCase()));
  return { ...Object.fromEntries(kept), PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1' };
}

/** What an interpreter is; undefined when it does not run or is none. */
export async function probe(program: string, { run, environment, folder }: Pick<Search, 'run' | 'environment' | 'folder'>): Promise<Interpreter | undefined> {
  const { code, output } = await run(program, ['-c', PROBE], { cwd: folder, env: cleanEnvironment(environment), timeoutMs: PROBE_MS });
  if (code !== 0) return undefined;
  try {
    const said = JSON.parse(output.trim().split('\n').at(-1) ?? '') as { version: number[]; server: string | null; venv: boolean };
    return { path: program, version: said.version.join('.'), server: said.server ?? undefined, venv: said.venv };
  } catch {
    return undefined;
  }
}

export function recentEnough({ version }: Interpreter): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

/** The interpreters of the PATH; relative entries are skipped, because they mean the workspace. */
export function interpretersOnPath(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string[] {
  const windows = platform === 'win32';
  const names = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];
  const value = Object.entries(environment).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
  const folders = value.split(windows ? ';' : ':').filter((folder) => path.isAbsolute(folder));
  const found: string[] = [];
  for (const name of names) {
    for (const folder of folders) {
      const file = path.join(folder, windows ? `${name}.exe` : name);
      // The stub of the Microsoft Store is an empty file that opens a shop.
      if (isFile(file) && !(windows && isEmpty(file)) && !found.includes(file)) found.push(file);
    }
  }
  return found;
}

const isFile = (file: string): boolean => existsSync(file) && !statSync(file).isDirectory();
const isEmpty = (file: string): boolean => statSync(file).size === 0;

/** The path that a person wrote: `~` is the home folder. */
export function expandHome(file: string): string {
  return file === '~' || /^~[\\/]/.test(file) ? path.join(homedir(), file.slice(1)) : file;
}

/** Find the interpreter for the server. Runs programs, changes nothing. */
export async function findInterpreter(search: Search): Promise<Found> {
  if (search.chosen !== undefined) return ofSetting(expandHome(search.chosen), search);
  const trusted = (file: string) => !search.distrusted.some((folder) => isInside(file, folder));
  const seen: Interpreter[] = [];
  for (const file of new Set([...search.preferred, ...interpretersOnPath(search.environment)].filter(trusted))) {
    const interpreter = await probe(file, search);
    if (interpreter === undefined) continue;
    if (interpreter.server !== undefined) return { kind: 'ready', interpreter };
    seen.push(interpreter);
  }
  const base = seen.find((interpreter) => recentEnough(interpreter) && interpreter.venv);
  if (base !== undefined) return { kind: 'installable', base };
  return { kind: 'problem', message: nothingUsable(seen) };
}

async function ofSetting(file: string, search: Search): Promise<Found> {
  const setting = 'The setting aurelis.client.interpreter';
  if (!path.isAbsolute(file)) return { kind: 'problem', message: `${setting} is ${file}; it has to be the whole path of a Python interpreter.` };
  if (!isFile(file))
    return { kind: 'problem', message: `${setting} names ${file}, which does not exist. Correct it, or clear it to let Aurelis find a Python.` };
  const interpreter = await probe(file, search);
  if (interpreter === undefined)
    return { kind: 'problem', message: `${setting} names ${file}, which is no working Python. Correct it, or clear it to let Aurelis find one.` };
  if (interpreter.server !== undefined) return { kind: 'ready', interpreter };
  if (!recentEnough(interpreter)) {
    return {
      kind: 'problem',
      message: `${setting} names Python ${interpreter.version}; Aurelis needs ${MINIMUM.join('.')} or newer. Name a newer one, or clear the setting.`,
    };
  }
  if (!interpreter.venv) {
    return {
      kind: 'problem',
      message: `${setting} names a Python without the package aurelis and without the venv module (${file}). Install one of them, or clear the setting.`,
    };
  }
  return { kind: 'installable', base: interpreter };
}

function nothingUsable(seen: readonly Interpreter[]): string {
  const minimum = MINIMUM.join('.');
  const incomplete = seen.find(recentEnough);
  if (incomplete !== undefined) {
    const [major, minor] = incomplete.version.split('.');
    return `Python ${incomplete.version} (${incomplete.path}) lacks the venv module. Install it (on Debian and Ubuntu: python${major}.${minor}-venv), then run "Aurelis: Restart Language Server".`;
  }
  const [newest] = seen;
  const what = newest === undefined ? 'none was found on this machine' : `the one found is ${newest.version} (${newest.path})`;
  return `Aurelis needs Python ${minimum} or newer; ${what}. Install one, or name it in the setting aurelis.client.interpreter, then run "Aurelis: Restart Language Server".`;
}
