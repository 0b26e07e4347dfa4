// `npm run package`: aurelis.vsix, or the file named as the argument, with the wheel and the locked requirements in it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import './build.mjs';

const FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));
const output = resolve(process.argv[2] ?? join(FOLDER, 'aurelis.vsix'));

if (!existsSync(join(FOLDER, 'dist', 'server'))) {
  process.stderr.write('There is no built wheel for the package to carry; run `npm start` in the checkout first.\n');
  process.exit(1);
}
const vsce = createRequire(import.meta.url).resolve('@vscode/vsce/vsce');
const licence = join(FOLDER, 'LICENSE');
copyFileSync(join(FOLDER, '..', 'LICENSE'), licence);
try {
  const args = [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', output];
  const { status } = spawnSync(process.execPath, args, { cwd: FOLDER, stdio: ['ignore', 2, 2] });
  process.exitCode = status ?? 1;
} finally {
  rmSync(licence);
}
