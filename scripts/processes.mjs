// Starting other programs: the terminal is theirs while they run, and their exit code comes back.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

// Variables that would make Python or pip look outside the private environment.
const MISLEADING = [
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONSTARTUP',
  'VIRTUAL_ENV',
  '__PYVENV_LAUNCHER__',
  'PIP_TARGET',
  'PIP_PREFIX',
  'PIP_USER',
];

/** The exit code after Ctrl-C, as shells report it. */
export const INTERRUPTED = 130;

/** A message for the person at the terminal; scripts end with `exitCode` after showing it. */
export class Complaint extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What to tell when a step of the set-up ended with this code: the person's own Ctrl-C is no failure to explain. */
export function complaintAbout(code, message) {
  return code === INTERRUPTED ? new Complaint('Stopped. The next run sets up from the beginning.', INTERRUPTED) : new Complaint(message);
}

/** The present environment without what would mislead Python, plus `more`. */
export function cleanEnvironment(more = {}) {
  const environment = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' };
  for (const name of MISLEADING) delete environment[name];
  return { ...environment, ...more };
}

/** One line about what is being done; standard output belongs to the programs that are run. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Run a program and resolve with its exit code (128 + number when a signal ended it, 127 when it could not start).
 * `capture: true` collects standard output and hides standard error.
 */
export function run(command, args, { capture = false, timeout, ...options } = {}) {
  return new Promise((resolve) => {
    const stdio = capture ? ['ignore', 'pipe', 'ignore'] : 'inherit';
    const child = spawn(command, args, { env: cleanEnvironment(), windowsHide: true, stdio, ...options });
    // Not spawn's own timeout: its timer outlives a program that could not be started, and holds this process up.
    const timer = timeout && setTimeout(() => child.kill('SIGKILL'), timeout);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
    // Ctrl-C reaches the child through the terminal; this process stays to pass on how the child ended.
    let interrupted = false;
    const wait = () => (interrupted = true);
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', forward);
    let settled = false;
    const settle = (code) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      process.off('SIGINT', wait);
      process.off('SIGTERM', forward);
      // Programs report Ctrl-C in many ways; whoever called wants to know that it was one.
      resolve({ code: interrupted && code !== 0 ? INTERRUPTED : code, output });
    };
    child.on('error', () => settle(127));
    child.on('close', (code, signal) => settle(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** Run a step that needs the network: as it is for a person, up to three times in CI, where nobody can repeat it. */
export async function runWithRetries(command, args, options) {
  const attempts = process.env.CI ? 3 : 1;
  for (let attempt = 1; ; attempt += 1) {
    const { code } = await run(command, args, options);
    if (code === 0 || code === INTERRUPTED || attempt === attempts) return code;
    say(`That failed (attempt ${attempt} of ${attempts}); trying again in ${attempt * 5} seconds.`);
    await new Promise((resolve) => setTimeout(resolve, attempt * 5000));
  }
}

/** Run npm with the copy that started this script, or the one on the PATH. */
export function npmCommand() {
  if (process.env.npm_execpath?.endsWith('.js')) return { command: process.execPath, first: [process.env.npm_execpath] };
  const windows = process.platform === 'win32';
  return { command: windows ? 'npm.cmd' : 'npm', first: [], shell: windows };
}

/** The script's frame: run `main`, turn a Complaint into one message and its exit code. */
export async function script(main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    say(error.message);
    process.exitCode = error.exitCode;
  }
}
