// The life of the server: start it, keep it running, start it again, stop it.
import * as vscode from 'vscode';
import { State } from 'vscode-languageclient/node';
import { AurelisClient } from './client';
import { ServerSettings } from './config';
import { Failure, isDisconnection, RESTART, SHOW_LOG, showFailure } from './failure';
import type { Runtime } from './local_model';
import { TRUST } from './protocol';
import { Provision } from './provision';
import { CrashPolicy, RestartQueue } from './restart_queue';

/** `missing`: there is no environment, and the person knows. */
export type Life = 'starting' | 'running' | 'stopped' | 'missing';

/** What others do with each new connection: listen before it starts, hand over what the server needs once it runs. */
export interface Companions {
  listen(client: AurelisClient): void;
  handOver(client: AurelisClient): Promise<void>;
}

const STOP_MS = 3_000;
const START_MS = 60_000;

export class Supervisor implements vscode.Disposable {
  private client: AurelisClient | undefined;
  private life: Life = 'stopped';
  private reason = 'The language server has not been started.';
  private readonly crashes = new CrashPolicy();
  private readonly queue = new RestartQueue(() => this.cycle());
  private readonly changed = new vscode.EventEmitter<Life>();
  private readonly settings: ServerSettings;
  private readonly provision: Provision;
  private launched: Runtime | undefined;
  private again: NodeJS.Timeout | undefined;
  private disposed = false;
  readonly onLife = this.changed.event;

  constructor(
    context: vscode.ExtensionContext,
    private readonly channel: vscode.LogOutputChannel,
    private readonly companions: Companions,
  ) {
    this.settings = new ServerSettings(context.extension.packageJSON);
    this.provision = new Provision(context, channel, {
      installing: () => this.become('starting', 'The language server is being installed.'),
      missing: (why) => this.become('missing', why),
      installed: () => this.restart(),
    });
  }

  get state(): Life {
    return this.life;
  }

  /** Why the server does not run, in words. */
  get explanation(): string {
    return this.reason;
  }

  /** Start the server, or start it again; calls while a start waits share that one. Never rejects. */
  restart(): Promise<void> {
    this.crashes.forgive();
    return this.queue.request();
  }

  /** The running server; waits while it starts. Throws a Failure when there is none. */
  async ready(): Promise<AurelisClient> {
    if (this.life === 'starting') await this.settled();
    if (this.life === 'running' && this.client !== undefined) return this.client;
    throw new Failure(this.reason, [RESTART, SHOW_LOG]);
  }

  /** The server if it runs, without waiting. */
  running(): AurelisClient | undefined {
    return this.life === 'running' ? this.client : undefined;
  }

  /** Where and with what the running server runs; waits like `ready`. */
  async runtime(): Promise<Runtime> {
    await this.ready();
    if (this.launched === undefined) throw new Failure(this.reason, [RESTART, SHOW_LOG]);
    return this.launched;
  }

  trustGranted(): void {
    void this.running()?.sendNotification(TRUST, { trusted: true });
  }

  async stop(): Promise<void> {
    clearTimeout(this.again);
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    client.endWork();
    await client.dispose(STOP_MS).catch((error: unknown) => this.channel.warn(`The server did not stop by itself: ${String(error)}`));
  }

  dispose(): void {
    this.disposed = true;
    this.changed.dispose();
    void this.stop();
  }

  private async cycle(): Promise<void> {
    if (this.disposed) return;
    this.become('starting', 'The language server is starting.');
    await this.stop();
    try {
      const folder = await this.provision.workingFolder();
      const interpreter = await this.provision.interpreter(folder);
      if (interpreter !== undefined) await this.start(interpreter, folder);
    } catch (error) {
      const why = isDisconnection(error) ? 'it ended at once, and the log says why.' : error instanceof Error ? error.message : String(error);
      this.become('stopped', `The language server could not be started: ${why}`);
      void showFailure(error instanceof Failure ? error : new Failure(this.reason, [RESTART, SHOW_LOG]));
    }
  }

  private async start(interpreter: string, folder: string): Promise<void> {
    this.channel.info(`Starting the language server: ${interpreter} -P -m aurelis serve`);
    const client = new AurelisClient({ interpreter, folder, environment: process.env, channel: this.channel, settings: this.settings });
    this.client = client;
    this.launched = { interpreter, folder };
    this.companions.listen(client);
    await within(START_MS, client.start(), 'The language server did not answer within a minute.');
    await this.companions.handOver(client);
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped && this.client === client) this.ended(client);
    });
    if (!client.isRunning()) throw new Failure('The language server ended while it was starting.', [RESTART, SHOW_LOG]);
    this.become('running', '');
  }

  /** The server is gone and nobody asked for it. */
  private ended(client: AurelisClient): void {
    client.endWork();
    this.client = undefined;
    const delay = this.crashes.crashed(Date.now());
    if (delay === null) {
      this.become('stopped', 'The language server ended five times within three minutes and was not started again.');
      void showFailure(new Failure(this.reason, [RESTART, SHOW_LOG]));
      return;
    }
    this.channel.warn(`The language server ended unexpectedly; it is started again${delay === 0 ? '' : ` in ${delay / 1000} s`}.`);
    this.become('starting', 'The language server ended unexpectedly and is started again.');
    this.again = setTimeout(() => void this.queue.request(), delay);
  }

  private become(life: Life, reason: string): void {
    this.life = life;
    this.reason = reason;
    if (!this.disposed) this.changed.fire(life);
  }

  private settled(): Promise<void> {
    return new Promise((resolve) => {
      const listener = this.onLife((life) => {
        if (life === 'starting') return;
        listener.dispose();
        resolve();
      });
    });
  }
}

/** The work's outcome, or a failure with this sentence when it takes longer. */
async function within<Outcome>(limitMs: number, work: Promise<Outcome>, sentence: string): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Failure(sentence, [RESTART, SHOW_LOG])), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
