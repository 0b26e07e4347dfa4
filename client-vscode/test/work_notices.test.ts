import { strict as assert } from 'node:assert';
import { beforeEach, test } from 'node:test';
import * as vscode from 'vscode';
import { WorkNotices } from '../src/work_notices';

type Task = Parameters<typeof vscode.window.withProgress<void>>[1];

/** A notice of VS Code's: asked for at once, shown when it gets round to it. */
class Notice {
  readonly said: (string | undefined)[] = [];
  over = false;
  cancel: () => void = () => undefined;

  constructor(private readonly task: Task) {}

  show(): void {
    const progress = { report: ({ message }: { message?: string }) => void this.said.push(message) };
    const onCancellationRequested = (listener: () => void) => {
      this.cancel = listener;
    };
    const cancellation = { isCancellationRequested: false, onCancellationRequested };
    void this.task(progress, cancellation as unknown as vscode.CancellationToken).then(() => {
      this.over = true;
    });
  }
}

const tick = () => new Promise((resolve) => setImmediate(resolve));
let notices: Notice[] = [];

beforeEach(() => {
  notices = [];
  Object.assign(vscode.window, {
    withProgress: (_options: unknown, task: Task) => {
      notices.push(new Notice(task));
      return Promise.resolve();
    },
  });
});

test('work is shown with what it says until it ends', async () => {
  const work = new WorkNotices(() => undefined);
  work.begin('t', 'Explaining');
  notices[0]?.show();
  assert.equal(work.report('t', '3 characters'), true);
  assert.deepEqual(notices[0]?.said, ['3 characters']);
  await tick();
  assert.equal(notices[0]?.over, false);
  work.end('t');
  await tick();
  assert.equal(notices[0]?.over, true);
  assert.equal(work.report('t', 'late'), false);
});

test('work that has ended before its notice is shown does not stay on the screen', async () => {
  const work = new WorkNotices(() => undefined);
  work.begin('t', 'Explaining');
  work.report('t', 'early');
  work.end('t');
  notices[0]?.show();
  await tick();
  assert.equal(notices[0]?.over, true);
});

test('the end of the server ends every notice, shown or not', async () => {
  const work = new WorkNotices(() => undefined);
  work.begin('shown', 'Explaining');
  work.begin(2, 'Fixing');
  notices[0]?.show();
  work.endAll();
  notices[1]?.show();
  await tick();
  assert.deepEqual(
    notices.map(({ over }) => over),
    [true, true],
  );
});

test('the button cancels the work behind its token', () => {
  const cancelled: (string | number)[] = [];
  const work = new WorkNotices((token) => cancelled.push(token));
  work.begin(7, 'Fixing');
  notices[0]?.show();
  notices[0]?.cancel();
  assert.deepEqual(cancelled, [7]);
});
