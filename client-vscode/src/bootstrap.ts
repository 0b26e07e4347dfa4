// The private environment: made in the extension's storage from the wheel that the package carries and from locked
// packages whose hashes are checked. It is made aside and moved into place whole, so that an interrupted installation, or
// two windows that install at once, leave either a complete environment or none.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, promises as files } from 'node:fs';
import * as path from 'node:path';
import { cleanEnvironment } from './environment';
import type { Ended, Run } from './process';

/** What the package carries. */
export interface Supplies {
  wheel: string;
  requirements: string;
}

/** A reason that a person can do something about. */
export class InstallationError extends Error {}

const MARKER = 'complete';
const PREFIX = 'server-';
/** How long an environment of another version may lie unused. */
const UNUSED_MS = 30 * 24 * 3_600_000;

/** The wheel and the locked requirements below a folder, or undefined when the package carries none. */
export async function findSupplies(folder: string): Promise<Supplies | undefined> {
  const names = await files.readdir(folder).catch(() => []);
  const wheels = names.filter((name) => name.endsWith('.whl'));
  const requirements = path.join(folder, 'requirements.txt');
  return wheels[0] !== undefined && wheels.length === 1 && existsSync(requirements) ? { wheel: path.join(folder, wheels[0]), requirements } : undefined;
}

/** The folder of the environment for exactly these supplies. */
export async function environmentFolder(storage: string, { wheel, requirements }: Supplies): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [wheel, requirements]) hash.update(await files.readFile(file));
  return path.join(storage, PREFIX + hash.digest('hex').slice(0, 12));
}

export function interpreterOf(folder: string): string {
  return process.platform === 'win32' ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python');
}

/** The interpreter of a finished environment. */
export function finishedInterpreter(folder: string): string | undefined {
  return existsSync(path.join(folder, MARKER)) ? interpreterOf(folder) : undefined;
}

export interface Installation {
  base: string;
  folder: string;
  supplies: Supplies;
  environment: NodeJS.ProcessEnv;
  run: Run;
  signal: AbortSignal;
  progress: (message: string) => void;
}

/**
 * Make the environment and answer its interpreter.
 * Throws an InstallationError, or the signal's reason when it was cancelled.
 */
export async function install({ base, folder, supplies, environment, run, signal, progress }: Installation): Promise<string> {
  const storage = path.dirname(folder);
  await files.mkdir(storage, { recursive: true }).catch((error: unknown) => {
    throw new InstallationError(unwritable(storage, error));
  });
  const aside = `${folder}.${randomUUID().slice(0, 8)}`;
  const env = { ...cleanEnvironment(environment), PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1', PIP_REQUIRE_VIRTUALENV: '0' };
  const python = interpreterOf(aside);
  const step = async (program: string, args: string[], explain: (ended: Ended) => string) => {
    const ended = await run(program, args, { cwd: storage, env, signal });
    signal.throwIfAborted();
    if (ended.code !== 0) throw new InstallationError(explain(ended));
  };
  try {
    progress('making a Python environment');
    await files.mkdir(aside).catch((error: unknown) => {
      throw new InstallationError(unwritable(storage, error));
    });
    await step(base, ['-I', '-m', 'venv', aside], (ended) => `Python could not make an environment in ${storage}: ${lastLine(ended)}`);
    progress('downloading the locked packages');
    const locked = ['--require-hashes', '--no-deps', '--only-binary', ':all:', '--requirement', supplies.requirements];
    await step(python, ['-I', '-m', 'pip', 'install', '-qq', ...locked], notDownloaded);
    progress('installing the language server');
    await step(
      python,
      ['-I', '-m', 'pip', 'install', '-qq', '--no-deps', '--no-index', supplies.wheel],
      (ended) => `The language server could not be installed: ${lastLine(ended)}`,
    );
    await step(python, ['-I', '-m', 'aurelis', '--version'], (ended) => `The installed language server does not start: ${lastLine(ended)}`);
    await files.writeFile(path.join(aside, MARKER), '');
    // Another window may have been faster; its environment is as good as ours.
    await files.rename(aside, folder).catch((error: unknown) => {
      if (finishedInterpreter(folder) === undefined) throw new InstallationError(unwritable(storage, error));
    });
  } finally {
    await files.rm(aside, { recursive: true, force: true }).catch(() => undefined);
  }
  await removeOthers(storage, path.basename(folder));
  return interpreterOf(folder);
}

/** Note that an environment is in use; see `removeOthers`. */
export async function markUsed(folder: string): Promise<void> {
  const now = new Date();
  await files.utimes(path.join(folder, MARKER), now, now).catch(() => undefined);
}

/** Remove what nobody has used for a month: environments of earlier versions, and what interrupted installations left. */
async function removeOthers(storage: string, kept: string): Promise<void> {
  for (const name of await files.readdir(storage)) {
    if (!name.startsWith(PREFIX) || name === kept) continue;
    const folder = path.join(storage, name);
    const used = await files.stat(path.join(folder, MARKER)).catch(() => files.stat(folder));
    if (Date.now() - used.mtimeMs > UNUSED_MS) await files.rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** What is wrong with a folder that cannot be written to, and what a person can do about it. */
const FOLDER_FAULTS: Record<string, readonly [string, string]> = {
  EEXIST: ['a file is in its place', 'Remove that file'],
  ENOTDIR: ['a file is in its place', 'Remove that file'],
  EACCES: ['it may not be written to', 'Make it writable'],
  EPERM: ['it may not be written to', 'Make it writable'],
  EROFS: ['it is read-only', 'Make it writable'],
  ENOSPC: ['the disk is full', 'Make room'],
};

function unwritable(storage: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const [why, remedy] = FOLDER_FAULTS[code] ?? [code, 'Make it writable'];
  return `Aurelis cannot use its folder ${storage}: ${why}. ${remedy}, or name a Python that has the package aurelis in the setting aurelis.client.interpreter.`;
}

function notDownloaded(ended: Ended): string {
  const text = ended.errors.toLowerCase();
  if (text.includes('hash'))
    return 'A downloaded package is not the one that was locked, so nothing was installed. Check which package index pip is configured to use.';
  if (text.includes('no space left')) return 'The disk is full, so the packages could not be installed.';
  if (text.includes('no matching distribution') || text.includes('could not find a version')) {
    return 'Some packages could not be found for this Python on this machine. Check the network connection and the package index that pip is configured to use.';
  }
  return `The packages could not be downloaded. Check the network connection, then try again. (${lastLine(ended)})`;
}

function lastLine({ errors, output }: Ended): string {
  const lines = (errors.trim() || output.trim()).split('\n');
  return (lines.at(-1) ?? '').trim().slice(0, 300) || 'no reason was given';
}
