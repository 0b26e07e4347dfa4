// `npm run build`: dist/extension.js, and beside it what a private environment is made from, if the wheel has been built.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleExtension } from './bundle.mjs';

const FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(FOLDER);

/** Copy the wheel and the locked requirements into dist/server; false when there is no wheel. `wheels` is its folder. */
export function copySupplies(wheels = join(ROOT, '.venv', 'wheel')) {
  const target = join(FOLDER, 'dist', 'server');
  rmSync(target, { recursive: true, force: true });
  const names = existsSync(wheels) ? readdirSync(wheels).filter((name) => name.endsWith('.whl')) : [];
  if (names.length !== 1) return false;
  mkdirSync(target, { recursive: true });
  copyFileSync(join(wheels, names[0]), join(target, names[0]));
  copyFileSync(join(ROOT, 'requirements', 'runtime.txt'), join(target, 'requirements.txt'));
  return true;
}

rmSync(join(FOLDER, 'dist'), { recursive: true, force: true });
await bundleExtension(FOLDER);
copySupplies(process.env.AURELIS_WHEELS || undefined);
