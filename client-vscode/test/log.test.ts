import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { LogOutputChannel } from 'vscode';
import { cleanChannel, Redactor } from '../src/log';

const TOKEN = 'abc"def\\4711';

test('a token is not in the trace of its own message, known or not', () => {
  const redactor = new Redactor();
  const verbose = `[Trace] Sending request 'aurelis/auth/setToken - (3)'.\nParams: ${JSON.stringify({ provider: 'x', token: TOKEN }, null, 4)}`;
  const compact = JSON.stringify({ isLSPMessage: true, message: { method: 'aurelis/auth/setToken', params: { provider: 'x', token: TOKEN } } });
  for (const text of [verbose, compact]) {
    const cleaned = redactor.clean(text);
    assert.ok(cleaned.includes('aurelis/auth/setToken'));
    assert.ok(!cleaned.includes('4711'), cleaned);
  }
});

test('a known token is taken out of any text, as it is and as JSON writes it', () => {
  const redactor = new Redactor();
  redactor.learn(TOKEN);
  assert.equal(redactor.clean(`got ${TOKEN} and ${JSON.stringify(TOKEN)}`), 'got *** and "***"');
});

test('short texts are not searched for, and other text is left alone', () => {
  const redactor = new Redactor();
  redactor.learn('a');
  assert.equal(redactor.clean('a banana\nParams: {}'), 'a banana\nParams: {}');
});

test('every way of writing to the channel is cleaned, and the rest works as before', () => {
  const written: string[] = [];
  const note = (...parts: unknown[]) => void written.push(parts.join(' '));
  const shown: boolean[] = [];
  const channel = {
    trace: note,
    debug: note,
    info: note,
    warn: note,
    error: note,
    append: note,
    appendLine: note,
    replace: note,
    logLevel: 1,
    show: (keep: boolean) => shown.push(keep),
  };
  const redactor = new Redactor();
  redactor.learn(TOKEN);
  const clean = cleanChannel(channel as unknown as LogOutputChannel, redactor);
  clean.trace(TOKEN);
  clean.info('some', TOKEN);
  clean.error(new Error(TOKEN));
  clean.appendLine(TOKEN);
  assert.equal(written.length, 4);
  assert.ok(written.every((line) => line.includes('***') && !line.includes('4711')));
  assert.equal(clean.logLevel, 1);
  clean.show(true);
  assert.deepEqual(shown, [true]);
});
