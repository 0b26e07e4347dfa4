// The life of the server: find or make its environment, start it, keep it running, start it again, stop it.
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { State } from 'vscode-languageclient/node';
import { environmentFolder, findSupplies, finishedInterpreter, InstallationError, install, interpreterOf, markUsed, type Supplies } from './bootstrap';
import { AurelisClient } from './client';
import { chosenInterpreter, ServerSettings } from './config';
import { type Found, findInterpreter } from './environment';
import { Failure, isDisconnection, OPEN_SETTINGS, offer, RESTART, SHOW_LOG, showFailure } from './failure';
import { run } from './process';
import { TRUST } from './protocol';
import { pythonExtensionInterpreter } from './python_extension';
import { CrashPolicy, RestartQueue } from './restart_queue';

/** `missing`: there is no environment, and the person knows. */
export type Life = 'starting' | 'running' | 'stopped' | 'missing';

/** What others do with each new connection: listen before it starts, hand over what the server needs once it runs. */
export interface Companions {
  listen(client: AurelisClient): void;
  handOver(client: AurelisClient): Promise<void>;
}

const INSTALL = 'Install';
const CHOOSE = 'Choose Interpreter...';
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
  private again: NodeJS.Timeout | undefined;
  private disposed = false;
  readonly onLife = this.changed.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly channel: vscode.LogOutputChannel,
    private readonly companions: Companions,
  ) {
    this.settings = new ServerSettings(context.extension.packageJSON);
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
      await mkdir(this.context.globalStorageUri.fsPath, { recursive: true }).catch(() => undefined);
      const interpreter = await this.interpreter();
      if (interpreter !== undefined) await this.start(interpreter);
    } catch (error) {
      const why = isDisconnection(error) ? 'it ended at once, and the log says why.' : error instanceof Error ? error.message : String(error);
      this.become('stopped', `The language server could not be started: ${why}`);
      void showFailure(error instanceof Failure ? error : new Failure(this.reason, [RESTART, SHOW_LOG]));
    }
  }

  private async start(interpreter: string): Promise<void> {
    const folder = await this.workingFolder();
    this.channel.info(`Starting the language server: ${interpreter} -P -m aurelis serve`);
    const client = new AurelisClient({ interpreter, folder, environment: process.env, channel: this.channel, settings: this.settings });
    this.client = client;
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

  /** An empty folder of ours; the system's temporary one where our own cannot be made. */
  private async workingFolder(): Promise<string> {
    const folder = path.join(this.context.globalStorageUri.fsPath, 'run');
    try {
      await mkdir(folder, { recursive: true });
      return folder;
    } catch (error) {
      this.channel.warn(`${folder} cannot be used (${(error as NodeJS.ErrnoException).code}); the server runs in ${tmpdir()}.`);
      return tmpdir();
    }
  }

  /** The interpreter to start with, or undefined after the person was told why there is none. */
  private async interpreter(): Promise<string | undefined> {
    const storage = this.context.globalStorageUri.fsPath;
    const supplies = await findSupplies(this.context.asAbsolutePath(path.join('dist', 'server')));
    const own = supplies === undefined ? undefined : await environmentFolder(storage, supplies);
    const found = await findInterpreter({
      chosen: chosenInterpreter(),
      preferred: await this.preferred(own),
      distrusted: vscode.workspace.isTrusted ? [] : (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
      environment: process.env,
      folder: await this.workingFolder(),
      run,
    });
    if (found.kind === 'ready') {
      this.channel.info(`Python ${found.interpreter.version}, server ${found.interpreter.server}: ${found.interpreter.path}`);
      if (own !== undefined && found.interpreter.path === interpreterOf(own)) await markUsed(own);
      return found.interpreter.path;
    }
    return found.kind === 'installable' ? this.offerInstallation(found, own, supplies) : this.tellProblem(found.message);
  }

  private async preferred(own: string | undefined): Promise<string[]> {
    const development = this.context.extensionMode === vscode.ExtensionMode.Development;
    const checkout = development ? interpreterOf(path.join(path.dirname(this.context.extensionPath), '.venv')) : undefined;
    const finished = own === undefined ? undefined : finishedInterpreter(own);
    const ofPythonExtension = vscode.workspace.isTrusted ? await pythonExtensionInterpreter() : undefined;
    return [checkout, finished, ofPythonExtension].filter((file) => file !== undefined);
  }

  private async tellProblem(message: string): Promise<undefined> {
    this.become('missing', message);
    this.channel.error(message);
    void offer(vscode.window.showErrorMessage(message, OPEN_SETTINGS.title, SHOW_LOG.title), [
      { ...OPEN_SETTINGS, arguments: ['aurelis.client.interpreter'] },
      SHOW_LOG,
    ]);
    return undefined;
  }

  /** Ask before anything is downloaded. */
  private async offerInstallation(
    found: Found & { kind: 'installable' },
    own: string | undefined,
    supplies: Supplies | undefined,
  ): Promise<string | undefined> {
    const { base } = found;
    if (own === undefined || supplies === undefined) {
      return this.tellProblem(
        `${base.path} does not have the package aurelis. Install it there, or name another Python in the setting aurelis.client.interpreter.`,
      );
    }
    this.become('missing', 'The language server is not installed. Run "Aurelis: Restart Language Server" to install it.');
    const question = `Aurelis runs a language server in Python. Install it into a private environment of its own? About 150 MB; nothing else on this machine is changed. (Python ${base.version}, ${base.path})`;
    // The queue must not wait for a person: a restart meanwhile would wait as well.
    void vscode.window.showInformationMessage(question, INSTALL, CHOOSE).then(async (answer) => {
      if (answer === CHOOSE) await vscode.commands.executeCommand('aurelis.chooseInterpreter');
      if (answer !== INSTALL || this.disposed) return;
      if (await this.installInto(base.path, own, supplies)) await this.restart();
    });
    return undefined;
  }

  private async installInto(base: string, folder: string, supplies: Supplies): Promise<boolean> {
    const options = { location: vscode.ProgressLocation.Notification, title: 'Aurelis', cancellable: true };
    return vscode.window.withProgress(options, async (progress, cancellation) => {
      const abort = new AbortController();
      cancellation.onCancellationRequested(() => abort.abort());
      try {
        const report = (message: string) => progress.report({ message });
        await install({ base, folder, supplies, environment: process.env, run, signal: abort.signal, progress: report });
        return true;
      } catch (error) {
        if (abort.signal.aborted) return false;
        this.become('missing', error instanceof Error ? error.message : String(error));
        this.channel.error(this.reason);
        void showFailure(new Failure(this.reason, error instanceof InstallationError ? [{ ...RESTART, title: 'Try Again' }, SHOW_LOG] : [SHOW_LOG]));
        return false;
      }
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
