import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import manifest from '../package.json';
import { collectSettings, declaredSettings, type Inspected } from '../src/config';

const DECLARED = [
  { key: 'aurelis.provider', userOnly: true, trustedOnly: false },
  { key: 'aurelis.hover.mode', userOnly: false, trustedOnly: false },
  { key: 'aurelis.instructions.files', userOnly: false, trustedOnly: true },
  { key: 'aurelis.inlineCompletion.languages', userOnly: false, trustedOnly: false },
];

const collected = (values: Record<string, Inspected>, trusted = true) => collectSettings(DECLARED, (key) => values[key], trusted);

test('nothing is sent of what nobody set, so that the user file below is not covered', () => {
  assert.deepEqual(collected({ 'aurelis.hover.mode': { defaultValue: 'onDemand' } as Inspected }), {});
});

test('the workspace decides what it may, over the user', () => {
  const values = { 'aurelis.hover.mode': { globalValue: 'off', workspaceValue: 'automatic' } };
  assert.deepEqual(collected(values), { hover: { mode: 'automatic' } });
  assert.deepEqual(collected({ 'aurelis.hover.mode': { workspaceValue: 'off', workspaceFolderValue: 'onDemand' } }), { hover: { mode: 'onDemand' } });
});

test('what only the user may set is never taken from a workspace', () => {
  assert.deepEqual(collected({ 'aurelis.provider': { workspaceValue: 'evil', workspaceFolderValue: 'evil' } }), {});
  assert.deepEqual(collected({ 'aurelis.provider': { globalValue: 'openai', workspaceValue: 'evil' } }), { provider: 'openai' });
});

test('settings for trusted workspaces count there alone', () => {
  const values = { 'aurelis.instructions.files': { globalValue: ['A'], workspaceValue: ['B'] } };
  assert.deepEqual(collected(values, true), { instructions: { files: ['B'] } });
  assert.deepEqual(collected(values, false), { instructions: { files: ['A'] } });
});

test('tables of several layers are merged', () => {
  const values = { 'aurelis.inlineCompletion.languages': { globalValue: { python: false, rust: true }, workspaceValue: { rust: false } } };
  assert.deepEqual(collected(values), { inlineCompletion: { languages: { python: false, rust: false } } });
});

test('null is sent: it says that nothing is set', () => {
  assert.deepEqual(collected({ 'aurelis.provider': { globalValue: null } }), { provider: null });
});

test('addresses, tokens, programs and money are the user’s alone in the manifest', () => {
  const declared = new Map(declaredSettings(manifest).map((one) => [one.key, one]));
  for (const key of [
    'provider',
    'providers',
    'models',
    'automatic.remote',
    'privacy.secrets',
    'privacy.exclude',
    'cache.redis.url',
    'requests.dailyBudgetUsd',
  ]) {
    assert.equal(declared.get(`aurelis.${key}`)?.userOnly, true, key);
  }
  assert.equal(declared.get('aurelis.instructions.files')?.trustedOnly, true);
  assert.equal(
    [...declared.keys()].some((key) => /^aurelis\.(client|trace)\./.test(key)),
    false,
  );
});
