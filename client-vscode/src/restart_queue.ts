// Restarts without piling up: one is running, at most one more waits, and everybody who asks meanwhile shares that one.

export class RestartQueue {
  private running: Promise<void> | undefined;
  private waiting: Promise<void> | undefined;

  constructor(private readonly work: () => Promise<void>) {}

  /** Run the work once after this call; calls that come while one is already waiting are the same call. */
  request(): Promise<void> {
    if (this.running === undefined) return this.run();
    this.waiting ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.waiting = undefined;
        return this.run();
      });
    return this.waiting;
  }

  private run(): Promise<void> {
    const running = this.work().finally(() => {
      if (this.running === running) this.running = undefined;
    });
    this.running = running;
    return running;
  }
}

/** How long to wait before the server is started again, in milliseconds. */
const DELAYS_MS = [0, 1_000, 4_000, 10_000];
const WINDOW_MS = 180_000;

/** When a server that ended by itself is started again: at once, then later and later, and not for ever. */
export class CrashPolicy {
  private crashes: number[] = [];

  /** The delay before the next start, or null after five crashes within three minutes. */
  crashed(now: number): number | null {
    this.crashes = [...this.crashes.filter((at) => now - at < WINDOW_MS), now];
    return DELAYS_MS[this.crashes.length - 1] ?? null;
  }

  /** A person started the server: what was before does not count. */
  forgive(): void {
    this.crashes = [];
  }
}
