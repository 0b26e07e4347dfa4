// The editor extension in client-vscode: its npm packages and its build, as far as it is there.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './environment.mjs';
import { fingerprint } from './fingerprint.mjs';
import { complaintAbout, npmCommand, run, runWithRetries, say } from './processes.mjs';

export const EXTENSION = 'client-vscode';
const MANIFEST = join(ROOT, EXTENSION, 'package.json');
const BUILT = join(ROOT, EXTENSION, 'dist', 'extension.js');
// What the built extension carries for its private environment: the wheel and the locked packages.
const CARRIED = ['pyproject.toml', 'README.md', 'server', 'requirements/runtime.txt'];
const STAMPS = join(ROOT, 'node_modules', '.aurelis');

export const hasExtension = () => existsSync(MANIFEST);

const stamped = (name) => {
  const path = join(STAMPS, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
};

function stamp(name, value) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, name), value);
}

/** Run one of the extension's own npm scripts and return its exit code; null when it has no script of that name. */
export async function extensionScript(name) {
  const { scripts = {} } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  if (!(name in scripts)) return null;
  const { command, first, shell } = npmCommand();
  return (await run(command, [...first, 'run', '--silent', name, '--workspace', EXTENSION], { cwd: ROOT, shell })).code;
}

/** Install the locked npm packages, running no script of theirs, when the lock has changed or the last install did not finish. */
export async function installNpmPackages() {
  const wanted = fingerprint(ROOT, ['package.json', 'package-lock.json', `${EXTENSION}/package.json`]);
  if (stamped('packages') === wanted) return;
  say('Installing the locked npm packages ...');
  rmSync(STAMPS, { recursive: true, force: true });
  const { command, first, shell } = npmCommand();
  const code = await runWithRetries(command, [...first, 'ci', '--silent', '--ignore-scripts'], { cwd: ROOT, shell, stdio: ['ignore', 2, 2] });
  if (code !== 0) throw complaintAbout(code, 'Installing the npm packages failed. Check the network connection and run the same command again.');
  stamp('packages', wanted);
}

/** Install packages and build the extension, when it exists and has changed since the last build. */
export async function buildExtension() {
  if (!hasExtension()) {
    say('The editor extension is not part of this checkout yet; going on without it.');
    return;
  }
  await installNpmPackages();
  const wanted = fingerprint(ROOT, ['package-lock.json', EXTENSION, ...CARRIED]);
  if (stamped('build') === wanted && existsSync(BUILT)) return;
  say('Building the editor extension ...');
  const code = await extensionScript('build');
  if (code) throw complaintAbout(code, 'Building the editor extension failed; the lines above say why.');
  stamp('build', wanted);
}
