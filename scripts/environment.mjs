// The private environment `.venv`: locked packages and the built wheel, complete or not there at all.
//
// A stamp file, written last and removed before anything changes, says what the environment holds. Without it (first
// run, or an interrupted one) the environment is made anew; with it, only what its hashes call for is done.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fingerprint } from './fingerprint.mjs';
import { Complaint, cleanEnvironment, complaintAbout, run, runWithRetries, say } from './processes.mjs';
import { findPython } from './python.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = join(ROOT, '.venv');
const STAMP = join(FOLDER, 'aurelis-stamp.json');
const OWNED = join(FOLDER, 'made-by-npm-scripts');
const LOCK = join(ROOT, '.venv.lock');
// Raise it when an environment made by older scripts must not be used any more.
const FORMAT = 1;
const LOCK_WAIT_MS = 15 * 60_000;
// Half a second apart.
const REMOVAL_ATTEMPTS = 30;

const WHEEL_SOURCES = ['pyproject.toml', 'README.md', 'LICENSE', 'server'];
const RUNTIME_LOCKS = ['requirements/runtime.txt', 'requirements/build.txt'];
const DEVELOPMENT_LOCKS = ['requirements/dev.txt'];

const windows = process.platform === 'win32';

/** The path of a program of the environment. */
export function program(name) {
  return windows ? join(FOLDER, 'Scripts', `${name}.exe`) : join(FOLDER, 'bin', name);
}

const python = program('python');

/** The one fully built wheel in the environment's own folder. */
export function builtWheel() {
  const folder = join(FOLDER, 'wheel');
  const wheels = readdirSync(folder).filter((name) => name.endsWith('.whl'));
  if (wheels.length !== 1) throw new Complaint(`Expected one wheel in ${folder}, found ${wheels.length}.`);
  return join(folder, wheels[0]);
}

function readStamp() {
  try {
    const stamp = JSON.parse(readFileSync(STAMP, 'utf8'));
    return stamp.format === FORMAT && stamp.root === ROOT ? stamp : null;
  } catch {
    return null;
  }
}

function writeStamp(stamp) {
  writeFileSync(`${STAMP}.new`, `${JSON.stringify(stamp, null, 2)}\n`);
  renameSync(`${STAMP}.new`, STAMP);
}

function wantedState(development) {
  return {
    format: FORMAT,
    root: ROOT,
    python: process.env.AURELIS_PYTHON ?? null,
    runtime: fingerprint(ROOT, RUNTIME_LOCKS),
    development: development ? fingerprint(ROOT, DEVELOPMENT_LOCKS) : null,
    wheel: fingerprint(ROOT, WHEEL_SOURCES),
  };
}

/** Whether what is installed can be kept, so that at most additions are needed. */
function keepable(stamp, wanted) {
  if (stamp === null || stamp.runtime !== wanted.runtime) return false;
  if (wanted.python !== null && stamp.python !== wanted.python) return false;
  return stamp.development === null || wanted.development === null || stamp.development === wanted.development;
}

const complete = (stamp, wanted) =>
  keepable(stamp, wanted) && stamp.wheel === wanted.wheel && (wanted.development === null || stamp.development === wanted.development);

/** The interpreter still starts: its base may have been upgraded away. */
async function starts() {
  return (await run(python, ['-I', '-S', '-c', ''], { capture: true })).code === 0;
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Hold the lock folder while `work` runs; a lock whose process is gone is taken over. */
async function withLock(work) {
  const holder = join(LOCK, 'pid');
  const giveUp = Date.now() + LOCK_WAIT_MS;
  for (let told = false; ; ) {
    try {
      mkdirSync(LOCK);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const pid = existsSync(holder) ? Number(readFileSync(holder, 'utf8')) : 0;
    // A lock without a process id is either a moment old or was left by a kill in that moment.
    const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (pid ? !alive(pid) : age > 5000) {
      rmSync(LOCK, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > giveUp) throw new Complaint(`Another run (process ${pid}) is still setting up; end it and try again.`);
    if (!told) say('Waiting for another run that is setting up the environment ...');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    writeFileSync(holder, String(process.pid));
    return await work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

async function pip(args, { online, doing }) {
  const attempt = online ? runWithRetries : async (...parts) => (await run(...parts)).code;
  // pip's errors (its warnings are about the machine's own configuration) go to standard error, like our lines; UTF-8 mode
  // prints a path with any letters.
  const options = { cwd: ROOT, stdio: ['ignore', 2, 2], env: cleanEnvironment({ PYTHONUTF8: '1' }) };
  const code = await attempt(python, ['-P', '-m', 'pip', '-qq', ...args], options);
  if (code === 0) return;
  const next = online ? 'Check the network connection and run the same command again.' : 'The lines above say why.';
  throw complaintAbout(code, `${doing} failed. ${next}`);
}

/** Locked packages only: each file must have a known hash, and nothing is compiled. */
function installLocked(files, doing) {
  const requirements = files.flatMap((file) => ['--requirement', file]);
  return pip(['install', '--require-hashes', '--no-deps', '--only-binary', ':all:', ...requirements], { online: true, doing });
}

/** Delete `.venv`; a pip that outlived a killed run, or a running program of it, may hold on for some seconds. */
async function removeEnvironment() {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return rmSync(FOLDER, { recursive: true, force: true });
    } catch (error) {
      if (attempt < REMOVAL_ATTEMPTS) await new Promise((resolve) => setTimeout(resolve, 500));
      else throw new Complaint(`The folder .venv is in use (${error.code}). End what runs from it, then run the same command again.`);
    }
  }
}

async function create() {
  if (existsSync(FOLDER) && !existsSync(OWNED)) {
    throw new Complaint('The folder .venv here was not made by these scripts. Move it away, then run the same command again.', 2);
  }
  const found = await findPython();
  say(`Making the private environment .venv with Python ${found.version.join('.')} (once) ...`);
  await removeEnvironment();
  mkdirSync(FOLDER);
  writeFileSync(OWNED, 'The scripts may delete this folder and make it again.\n');
  const { code } = await run(found.executable, ['-I', '-m', 'venv', FOLDER], { stdio: ['ignore', 2, 2] });
  if (code !== 0) throw complaintAbout(code, 'Python could not make a virtual environment; the lines above say why.');
  say('Installing the locked packages ...');
  await installLocked(RUNTIME_LOCKS, 'Installing the locked packages');
}

async function installWheel() {
  say('Building and installing the wheel ...');
  const folder = join(FOLDER, 'wheel');
  rmSync(folder, { recursive: true, force: true });
  await pip(['wheel', '--no-deps', '--no-index', '--no-build-isolation', '--wheel-dir', folder, ROOT], { doing: 'Building the wheel' });
  await pip(['install', '--no-deps', '--no-index', '--force-reinstall', builtWheel()], { doing: 'Installing the wheel' });
}

/**
 * Bring `.venv` to the present sources and locks; `development` adds what checks and tests need.
 * Throws a Complaint when that is not possible.
 */
export async function prepareEnvironment({ development = false } = {}) {
  const wanted = wantedState(development);
  if (complete(readStamp(), wanted) && (await starts())) return;
  await withLock(async () => {
    let stamp = readStamp();
    // What another run has finished meanwhile counts; development packages stay when only the runtime is wanted.
    if (complete(stamp, wanted) && (await starts())) return;
    rmSync(STAMP, { force: true });
    if (!keepable(stamp, wanted) || !(await starts())) {
      stamp = null;
      await create();
    }
    if (development && !stamp?.development) {
      say('Installing the locked development packages ...');
      await installLocked(DEVELOPMENT_LOCKS, 'Installing the locked development packages');
    }
    if (stamp?.wheel !== wanted.wheel) await installWheel();
    writeStamp({ ...wanted, python: wanted.python ?? stamp?.python ?? null, development: wanted.development ?? stamp?.development ?? null });
  });
}
