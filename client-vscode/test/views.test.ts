import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { rendered, summary } from '../src/answer';
import { escaped, page } from '../src/dashboard';
import { modelEntry } from '../src/menu';
import { joined, toConfirm } from '../src/preview';
import type { Result, Statistics, Summary } from '../src/protocol';
import { healthAsMarkdown, modelDetail } from '../src/reports';
import { requestAsText } from '../src/request_documents';
import { folderOf } from '../src/source_control';
import { viewOf } from '../src/status';

const RESULT: Result = {
  requestId: 'r',
  task: 'explanation',
  text: '',
  model: 'openai/some',
  cached: null,
  usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
  costUsd: 0.00123,
  confidence: 0.9,
  incomplete: false,
  durationMs: 1234,
  redactions: 0,
};

test('HTML, scripts and pictures in an answer are text or nothing', () => {
  const html = rendered('<img src=x onerror=alert(1)> ![a](https://example.test/p.png) [b](javascript:alert(1)) <script>x</script>');
  assert.ok(!/<img|<script|javascript:alert\(1\)"/.test(html), html);
});

test('the last line tells model, cost, cache and confidence', () => {
  assert.equal(summary(RESULT), 'openai/some · $0.0012 · 1.2 s · confidence 0.90');
  assert.match(summary({ ...RESULT, cached: 'disk', redactions: 2, incomplete: true }), /from the disk cache .* 2 secrets left out · cut short/);
  assert.match(summary({ ...RESULT, costUsd: null }), /cost unknown/);
  assert.match(summary({ ...RESULT, costUsd: 0, durationMs: 18 }), /no cost · 18 ms/);
});

test('the status says what a person can use', () => {
  assert.equal(viewOf('starting', 'It is being installed.', undefined, 0).detail, 'It is being installed.');
  assert.equal(viewOf('missing', 'Install Python.', undefined, 0).detail, 'Install Python.');
  assert.equal(viewOf('running', '', { health: 'ok', busy: false }, 0).detail, 'Starting');
  assert.equal(viewOf('running', '', { health: 'ok', busy: false, model: 'm' }, 0).detail, 'Ready');
  assert.match(
    viewOf('running', '', { health: 'warning', busy: false, model: 'm', message: 'A rate limit is reached.', retryAt: 65 }, 5_000).detail,
    /about 60 s/,
  );
  assert.equal(viewOf('stopped', 'Ended.', { health: 'ok', busy: false, model: 'm' }, 0).severity, 'error');
});

test('names in the statistics cannot become markup', () => {
  const row: Summary = {
    requests: 1,
    ok: 1,
    errors: 0,
    cancelled: 0,
    durationMs: { p50: null, p95: null },
    timeToFirstTokenMs: { p50: null, p95: null },
    tokens: { prompt: 1, completion: 1 },
    costUsd: null,
    cacheHits: {},
    hitRate: { all: null },
    mechanisms: {},
    acceptance: { shown: 0, accepted: 0, characters: 0, rate: null, inferred: 0, inferredCharacters: 0 },
  };
  const cell = { start: '2026-01-01T10:00:00+00:00', requests: 3, errors: 1, cached: 0 };
  const statistics: Statistics = {
    since: '2026-01-01T10:00:00',
    until: '',
    totals: row,
    byModel: { '<script>x</script>': row },
    byLanguage: {},
    byTask: {},
    overTime: { hours: [cell], days: [cell] },
  };
  const html = page(statistics, 'nonce');
  assert.ok(!html.includes('<script'));
  assert.ok(html.includes(escaped('<script>x</script>')));
  assert.ok(!html.includes('Typed out'));
  const acceptance = { shown: 8, accepted: 1, characters: 10, rate: 0.125, inferred: 3, inferredCharacters: 20 };
  const used = page({ ...statistics, byLanguage: { python: { ...row, acceptance } } }, 'nonce');
  assert.ok(used.includes('<th scope="row">python</th><td>8</td><td>1</td><td>3</td><td>50 %</td><td>30</td>'));
});

test('a model that costs nothing is not given a price, and a table cell cannot be broken', () => {
  const row = { model: 'm', provider: 'p', inputTokens: 8192, price: { input: 0, output: 0 }, health: 'ok' };
  assert.equal(modelDetail(row), '8,192 tokens of context · costs nothing');
  assert.match(modelDetail({ ...row, price: { input: 1.5, output: null }, health: 'skipped:breaker' }), /\$1.5 in, \$\? out .* · not used now: breaker/);
  const components = { models: { status: 'degraded', error: 'a | b', next: 'Do it.' } };
  assert.match(healthAsMarkdown({ timestamp: 0, overall: 'degraded', components }), /\| Models \| degraded \| a \\\| b Do it. \|/);
});

test('edits are joined, and each of their changes asks for confirmation', () => {
  const edit = (uri: string) => ({
    documentChanges: [{ textDocument: { uri, version: 1 }, edits: [] }],
    changeAnnotations: { aurelis: { label: 'Aurelis' } },
  });
  const all = toConfirm(joined([edit('file:///a'), edit('file:///b')]));
  assert.equal(all.documentChanges?.length, 2);
  assert.deepEqual(all.changeAnnotations, { aurelis: { label: 'Aurelis', needsConfirmation: true } });
});

test('a sent request is shown whole', () => {
  const record = { requestId: 'r', task: 'explanation', outcome: 'ok', startedAt: 1, model: 'm', durationMs: 2 };
  const text = requestAsText({ record, messages: [{ role: 'system', content: 'S' }], prefix: 'P', suffix: null, answer: 'A' });
  assert.ok(text.endsWith('----- what the model said -----\nA\n'), text);
  for (const part of ['outcome: ok', 'startedAt: 1970-01-01T00:00:01.000Z', '----- system -----\nS', '----- before the cursor -----\nP'])
    assert.ok(text.includes(part), part);
});

test('the menu begins with who answers, and what is amiss', () => {
  assert.equal(modelEntry(undefined).label, '$(sparkle) Model: not known yet');
  const entry = modelEntry({ health: 'warning', busy: false, model: 'custom/some', message: 'Sign in with `aurelis login custom`. Then more.' });
  assert.equal(entry.label, '$(sparkle) Model: custom/some');
  assert.equal(entry.detail, 'Sign in with "Aurelis: Sign In...".');
});

test('the message of a commit is about the repository whose button it was', () => {
  const uri = (text: string) => ({ toString: () => text }) as never;
  const folders = [{ uri: uri('file:///w/one') }, { uri: uri('file:///r/part') }];
  assert.equal(folderOf(uri('file:///w/one'), folders), 'file:///w/one');
  assert.equal(folderOf(uri('file:///w/one/inner'), folders), 'file:///w/one/inner');
  assert.equal(folderOf(uri('file:///r'), folders), 'file:///r/part');
  assert.equal(folderOf(uri('file:///w/on'), folders), undefined);
});
