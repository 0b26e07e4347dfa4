// `npm test`: the unit tests, bundled with a stand-in for VS Code and run by Node's own test runner.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleTests } from './bundle.mjs';

const FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));
const names = readdirSync(join(FOLDER, 'test')).filter((name) => name.endsWith('.test.ts'));
const built = join(FOLDER, 'out', 'test');
rmSync(built, { recursive: true, force: true });
await bundleTests(
  FOLDER,
  names.map((name) => join(FOLDER, 'test', name)),
);
const files = names.map((name) => join(built, name.replace(/\.ts$/, '.cjs')));
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], { stdio: 'inherit' });
process.exitCode = status ?? 1;
