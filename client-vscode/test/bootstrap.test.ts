import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { environmentFolder, findSupplies, finishedInterpreter, InstallationError, install, interpreterOf } from '../src/bootstrap';
import type { Ended, Run } from '../src/process';

const DONE: Ended = { code: 0, output: '', errors: '' };

async function scene(run: Run, storageName = 'storage') {
  const root = mkdtempSync(path.join(tmpdir(), 'aurelis '));
  writeFileSync(path.join(root, 'aurelis-0.1.0-py3-none-any.whl'), 'wheel');
  writeFileSync(path.join(root, 'requirements.txt'), 'attrs==1 --hash=sha256:0');
  const supplies = await findSupplies(root);
  assert.ok(supplies);
  const storage = path.join(root, storageName);
  const folder = await environmentFolder(storage, supplies);
  const abort = new AbortController();
  const steps: string[] = [];
  const start = () => install({ base: '/base/python3', folder, supplies, environment: {}, run, signal: abort.signal, progress: (step) => steps.push(step) });
  return { root, storage, folder, abort, steps, start };
}

test('the environment is made aside, checked by hashes, and is there whole', async () => {
  const calls: string[][] = [];
  const { storage, folder, steps, start } = await scene(async (program, args) => {
    calls.push([program, ...args]);
    assert.equal(existsSync(folder), false);
    return DONE;
  });
  assert.equal(await start(), interpreterOf(folder));
  assert.equal(finishedInterpreter(folder), interpreterOf(folder));
  assert.deepEqual(readdirSync(storage), [path.basename(folder)]);
  assert.deepEqual(calls[0]?.slice(0, 4), ['/base/python3', '-I', '-m', 'venv']);
  assert.ok(calls[1]?.includes('--require-hashes') && calls[1].includes('--no-deps'));
  assert.ok(calls[2]?.includes('--no-index'));
  assert.deepEqual(calls[3]?.slice(-2), ['aurelis', '--version']);
  assert.equal(steps.length, 3);
});

for (const [what, errors, pattern] of [
  ['a wrong hash', 'THESE PACKAGES DO NOT MATCH THE HASHES', /not the one that was locked/],
  ['no network', 'Could not connect\nERROR: connection refused', /Check the network connection.*connection refused/],
  ['a full disk', 'OSError: No space left on device', /disk is full/],
  ['no package', 'ERROR: No matching distribution found for attrs', /package index/],
] as [string, string, RegExp][]) {
  test(`a failure leaves nothing behind and is explained: ${what}`, async () => {
    const { storage, start } = await scene(async (_program, args) => (args.includes('--require-hashes') ? { code: 1, output: '', errors } : DONE));
    await assert.rejects(start, (error: Error) => error instanceof InstallationError && pattern.test(error.message));
    assert.deepEqual(readdirSync(storage), []);
  });
}

test('a storage that cannot be used is explained', async () => {
  const { root, start } = await scene(async () => DONE, 'file/storage');
  writeFileSync(path.join(root, 'file'), '');
  await assert.rejects(start, (error: Error) => error instanceof InstallationError && /cannot use its folder .*Remove that file/.test(error.message));
});

test('cancelling ends the installation and leaves nothing', async () => {
  const { storage, abort, start } = await scene(async () => {
    abort.abort();
    return { code: 130, output: '', errors: '' };
  });
  await assert.rejects(start, { name: 'AbortError' });
  assert.deepEqual(readdirSync(storage), []);
});

test('a window that was faster is believed', async () => {
  const { folder, storage, start } = await scene(async (_program, args) => {
    if (args.at(-1) === '--version') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'complete'), '');
    }
    return DONE;
  });
  assert.equal(await start(), interpreterOf(folder));
  assert.deepEqual(readdirSync(storage), [path.basename(folder)]);
});

test('environments that nobody used for a month are removed, others stay', async () => {
  const { storage, folder, start } = await scene(async () => DONE);
  const old = new Date(Date.now() - 40 * 24 * 3_600_000);
  for (const name of ['server-old', 'server-used', 'run']) {
    mkdirSync(path.join(storage, name), { recursive: true });
    writeFileSync(path.join(storage, name, 'complete'), '');
  }
  utimesSync(path.join(storage, 'server-old', 'complete'), old, old);
  await start();
  assert.deepEqual(readdirSync(storage).sort(), ['run', path.basename(folder), 'server-used'].sort());
});
