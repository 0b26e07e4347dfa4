// What some tests read: npm packages of their own, in folders beside those tests. Nothing of them is run on installing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './environment.mjs';
import { fingerprint } from './fingerprint.mjs';
import { npmCommand, runWithRetries, say } from './processes.mjs';

const PACKAGES = [
  { folder: join('tests', 'tools', 'secretlint'), what: 'The published rule set' },
  { folder: join('tests', 'tools', 'corpus'), what: 'The corpus of source files' },
];

/** Install the locked packages whose lock has changed; a failure leaves the tests that need them skipped by name. */
export async function installTestPackages() {
  for (const { folder, what } of PACKAGES) {
    const stamp = join(ROOT, folder, 'node_modules', '.aurelis');
    const wanted = fingerprint(ROOT, [join(folder, 'package.json'), join(folder, 'package-lock.json')]);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue;
    say(`${what} for tests is being installed ...`);
    const { command, first, shell } = npmCommand();
    const options = { cwd: join(ROOT, folder), shell, stdio: ['ignore', 2, 2] };
    const code = await runWithRetries(command, [...first, 'ci', '--silent', '--ignore-scripts'], options);
    if (code === 0) writeFileSync(stamp, wanted);
    else say(`${what} could not be installed; the tests that need it will say so.`);
  }
}
