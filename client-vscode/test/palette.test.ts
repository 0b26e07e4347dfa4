import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ResponseError } from 'vscode-languageserver-protocol';
import { asFailure } from '../src/failure';
import { outcomeOf } from '../src/local_model';
import { IN_THE_PALETTE, inThePalette } from '../src/palette';
import { healthAsMarkdown } from '../src/reports';
import { viewOf } from '../src/status';

const HINT = 'Connect one: run `aurelis local` for a model on this machine, or sign in with `aurelis login PROVIDER`.';
const HERE = 'Connect one: run "Aurelis: Start a Local Model" for a model on this machine, or sign in with "Aurelis: Sign In...".';

test('each command that is named instead of one of the terminal stands in the palette', () => {
  const manifest = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as {
    contributes: { commands: { title: string; category: string }[] };
  };
  const titles = manifest.contributes.commands.map(({ title, category }) => `${category}: ${title}`);
  for (const title of Object.values(IN_THE_PALETTE)) assert.ok(titles.includes(title), title);
});

test('wherever a sentence of the server is shown, it names what can be done in the editor', () => {
  assert.equal(inThePalette(HINT), HERE);
  assert.equal(viewOf('running', '', { health: 'warning', busy: false, model: 'sandbox/default', message: HINT }, 0).detail, HERE);
  assert.equal(asFailure(new ResponseError(-32803, HINT, { kind: 'gone' })).message, HERE);
  const components = { models: { status: 'degraded', error: 'No language model is connected.', next: HINT } };
  assert.ok(healthAsMarkdown({ timestamp: 0, overall: 'degraded', components }).includes(HERE));
});

test('other code in a sentence stays as it is', () => {
  for (const sentence of ['Set `provider`.', 'Run `aurelis constructor`.', 'aurelis local', 'Use `aurelis`.']) assert.equal(inThePalette(sentence), sentence);
});

test('a local model that cannot be started says why and what to do', () => {
  const errors = 'Neither is installed. Install one with this line, then run `aurelis local start` again:\n';
  const { done, message, steps } = outcomeOf({ code: 1, output: 'brew install llama.cpp\n', errors });
  assert.equal(done, false);
  assert.equal(message, 'Neither is installed. Install one with this line, then run "Aurelis: Start a Local Model" again:\nbrew install llama.cpp');
  assert.deepEqual(steps[0], { title: 'Copy the Line', command: 'aurelis.copyText', arguments: ['brew install llama.cpp'] });
  assert.deepEqual(
    outcomeOf({ code: 1, output: '', errors }).steps.map(({ title }) => title),
    ['Show Log'],
  );
  assert.equal(outcomeOf({ code: 0, output: 'A model is served.\nEditors use it.\n', errors: '' }).message, 'A model is served.');
});
