import { strict as assert } from 'node:assert';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { cleanEnvironment, type Found, findInterpreter, interpretersOnPath, type Search } from '../src/environment';
import type { Run } from '../src/process';

interface Pretended {
  version: number[];
  server: string | null;
  venv: boolean;
}

/** A folder with files that stand for interpreters, and what each says of itself; null is a program that fails. */
function machine(interpreters: Record<string, Pretended | null>) {
  const root = mkdtempSync(path.join(tmpdir(), 'aurelis ü '));
  const said = new Map<string, Pretended | null>();
  for (const [name, pretended] of Object.entries(interpreters)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '');
    chmodSync(file, 0o755);
    said.set(file, pretended);
  }
  const asked: { program: string; env: NodeJS.ProcessEnv; cwd: string }[] = [];
  const run: Run = async (program, _args, { env, cwd }) => {
    asked.push({ program, env, cwd });
    const answer = said.get(program);
    return answer ? { code: 0, output: `a warning\n${JSON.stringify(answer)}\n`, errors: '' } : { code: 1, output: '', errors: 'no' };
  };
  const find = (search: Partial<Search>): Promise<Found> =>
    findInterpreter({ chosen: undefined, preferred: [], distrusted: [], environment: { PATH: path.join(root, 'bin') }, folder: root, run, ...search });
  return { root, find, asked };
}

const WITH_SERVER: Pretended = { version: [3, 12, 1], server: '0.1.0', venv: true };
const WITHOUT: Pretended = { version: [3, 11, 2], server: null, venv: true };
const OLD: Pretended = { version: [3, 9, 2], server: null, venv: true };

test('an interpreter that can import the server is taken before one that cannot', async () => {
  const { root, find } = machine({ 'bin/python3': WITHOUT, 'bin/python3.12': WITH_SERVER });
  const found = await find({});
  assert.equal(found.kind === 'ready' && found.interpreter.path, path.join(root, 'bin', 'python3.12'));
});

test('preferred interpreters come before the PATH', async () => {
  const { root, find } = machine({ 'bin/python3': WITH_SERVER, 'own/python': WITH_SERVER });
  const found = await find({ preferred: [path.join(root, 'own/python')] });
  assert.equal(found.kind === 'ready' && found.interpreter.path, path.join(root, 'own/python'));
});

test('a recent Python without the server can be installed with', async () => {
  const { root, find } = machine({ 'bin/python3': OLD, 'bin/python3.11': WITHOUT });
  const found = await find({});
  assert.equal(found.kind === 'installable' && found.base.path, path.join(root, 'bin', 'python3.11'));
});

test('programs of a workspace that is not trusted are not even run', async () => {
  const { root, find, asked } = machine({ 'work/bin/python3': WITH_SERVER });
  const found = await find({ environment: { PATH: path.join(root, 'work/bin') }, distrusted: [path.join(root, 'work')] });
  assert.equal(found.kind, 'problem');
  assert.deepEqual(asked, []);
});

test('relative entries of the PATH are skipped', () => {
  const { root } = machine({ 'bin/python3': WITH_SERVER });
  assert.deepEqual(interpretersOnPath({ PATH: `.:bin::${path.join(root, 'bin')}` }), [path.join(root, 'bin', 'python3')]);
});

for (const [what, interpreters, pattern] of [
  ['none', {}, /none was found on this machine/],
  ['too old', { 'bin/python3': OLD }, /3\.11 or newer; the one found is 3\.9\.2/],
  ['broken', { 'bin/python3': null }, /none was found/],
  ['without venv', { 'bin/python3': { ...WITHOUT, venv: false } }, /python3\.11-venv/],
] as [string, Record<string, Pretended | null>, RegExp][]) {
  test(`a missing Python is explained: ${what}`, async () => {
    const found = await machine(interpreters).find({});
    assert.match(found.kind === 'problem' ? found.message : found.kind, pattern);
  });
}

for (const [what, chosen, pattern] of [
  ['relative', 'python3', /whole path/],
  ['missing', '/nowhere/python', /does not exist/],
  ['a program that is no Python', 'bin/broken', /no working Python/],
  ['too old', 'bin/old', /names Python 3\.9\.2/],
  ['without venv', 'bin/bare', /without the package aurelis and without the venv module/],
] as [string, string, RegExp][]) {
  test(`a wrong setting is explained: ${what}`, async () => {
    const { root, find } = machine({ 'bin/python3': WITH_SERVER, 'bin/broken': null, 'bin/old': OLD, 'bin/bare': { ...WITHOUT, venv: false } });
    const found = await find({ chosen: chosen.startsWith('bin/') ? path.join(root, chosen) : chosen });
    assert.match(found.kind === 'problem' ? found.message : found.kind, pattern);
    assert.match(found.kind === 'problem' ? found.message : '', /aurelis\.client\.interpreter/);
  });
}

test('a shell’s Python variables do not reach our processes', async () => {
  const { find, asked, root } = machine({ 'bin/python3': WITH_SERVER });
  await find({ environment: { PATH: path.join(root, 'bin'), PYTHONPATH: '/evil', PythonHome: '/evil', HOME: '/home/you' } });
  assert.equal(asked[0]?.env.PYTHONPATH, undefined);
  assert.equal(asked[0]?.cwd, root);
  const cleaned = cleanEnvironment({ PYTHONPATH: 'x', PythonHome: 'y', HOME: 'z' });
  assert.deepEqual(Object.keys(cleaned).sort(), ['HOME', 'PYTHONDONTWRITEBYTECODE', 'PYTHONUTF8']);
});
