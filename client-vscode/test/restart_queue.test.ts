import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { CrashPolicy, RestartQueue } from '../src/restart_queue';

function controlled() {
  const ends: (() => void)[] = [];
  const queue = new RestartQueue(() => new Promise<void>((resolve) => ends.push(resolve)));
  return { queue, ends, tick: () => new Promise((resolve) => setImmediate(resolve)) };
}

test('many requests are one that runs and one that waits', async () => {
  const { queue, ends, tick } = controlled();
  const all = Array.from({ length: 20 }, () => queue.request());
  await tick();
  assert.equal(ends.length, 1);
  ends[0]?.();
  await tick();
  assert.equal(ends.length, 2);
  ends[1]?.();
  await Promise.all(all);
  assert.equal(ends.length, 2);
});

test('a request during the second run makes a third', async () => {
  const { queue, ends, tick } = controlled();
  void queue.request();
  void queue.request();
  ends[0]?.();
  await tick();
  const third = queue.request();
  ends[1]?.();
  await tick();
  ends[2]?.();
  await third;
  assert.equal(ends.length, 3);
});

test('a failed run does not block the next', async () => {
  let runs = 0;
  const queue = new RestartQueue(async () => {
    runs += 1;
    if (runs === 1) throw new Error('no');
  });
  const first = queue.request();
  const second = queue.request();
  await assert.rejects(first);
  await second;
  await queue.request();
  assert.equal(runs, 3);
});

test('the first crash is answered at once, the fifth within three minutes not at all', () => {
  const policy = new CrashPolicy();
  assert.deepEqual(
    [0, 1_000, 2_000, 3_000, 4_000].map((now) => policy.crashed(now)),
    [0, 1_000, 4_000, 10_000, null],
  );
});

test('old crashes are forgotten, and a person starting the server forgives all', () => {
  const policy = new CrashPolicy();
  policy.crashed(0);
  assert.equal(policy.crashed(200_000), 0);
  policy.crashed(200_001);
  policy.forgive();
  assert.equal(policy.crashed(200_002), 0);
});
