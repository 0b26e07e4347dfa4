// The published rule set that tests of redaction measure against: npm packages of its own, beside those tests.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './environment.mjs';
import { fingerprint } from './fingerprint.mjs';
import { npmCommand, runWithRetries, say } from './processes.mjs';

const FOLDER = join('tests', 'tools', 'secretlint');

/** Install the locked packages when the lock has changed; a failure leaves the tests that need them skipped by name. */
export async function installPublishedRules() {
  const stamp = join(ROOT, FOLDER, 'node_modules', '.aurelis');
  const wanted = fingerprint(ROOT, [join(FOLDER, 'package.json'), join(FOLDER, 'package-lock.json')]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Installing the published rule set for tests ...');
  const { command, first, shell } = npmCommand();
  const options = { cwd: join(ROOT, FOLDER), shell, stdio: ['ignore', 2, 2] };
  const code = await runWithRetries(command, [...first, 'ci', '--silent', '--ignore-scripts'], options);
  if (code === 0) writeFileSync(stamp, wanted);
  else say('The published rule set could not be installed; the tests that need it will say so.');
}
