// What the server runs in: an interpreter that is found, an environment that is made on consent, a folder of its own; and
// what a person is told when there is none.
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { environmentFolder, findSupplies, finishedInterpreter, InstallationError, install, interpreterOf, markUsed, type Supplies } from './bootstrap';
import { chosenInterpreter } from './config';
import { type Found, findInterpreter } from './environment';
import { Failure, OPEN_SETTINGS, offer, RESTART, SHOW_LOG, showFailure } from './failure';
import { run } from './process';
import { pythonExtensionInterpreter } from './python_extension';

const INSTALL = 'Install';
const CHOOSE = 'Choose Interpreter...';
const NOT_INSTALLED = 'The language server is not installed. Run "Aurelis: Restart Language Server" to install it.';

/** What the server's life hears of all this. */
export interface Told {
  installing(): void;
  missing(why: string): void;
  installed(): Promise<void>;
}

export class Provision {
  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly channel: vscode.LogOutputChannel,
    private readonly life: Told,
  ) {}

  /** An empty folder of ours; the system's temporary one where our own cannot be made. */
  async workingFolder(): Promise<string> {
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
  async interpreter(folder: string): Promise<string | undefined> {
    const storage = this.context.globalStorageUri.fsPath;
    const supplies = await findSupplies(this.context.asAbsolutePath(path.join('dist', 'server')));
    const own = supplies === undefined ? undefined : await environmentFolder(storage, supplies);
    const found = await findInterpreter({
      chosen: chosenInterpreter(),
      preferred: await this.preferred(own),
      distrusted: vscode.workspace.isTrusted ? [] : (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
      environment: process.env,
      folder,
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
    this.life.missing(message);
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
    this.life.missing(NOT_INSTALLED);
    const question = `Aurelis runs a language server in Python. Install it into a private environment of its own? About 150 MB; nothing else on this machine is changed. (Python ${base.version}, ${base.path})`;
    // The queue must not wait for a person: a restart meanwhile would wait as well.
    void vscode.window.showInformationMessage(question, INSTALL, CHOOSE).then(async (answer) => {
      if (answer === CHOOSE) await vscode.commands.executeCommand('aurelis.chooseInterpreter');
      if (answer !== INSTALL) return;
      this.life.installing();
      if (await this.installInto(base.path, own, supplies)) await this.life.installed();
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
        const why = abort.signal.aborted ? NOT_INSTALLED : error instanceof Error ? error.message : String(error);
        this.life.missing(why);
        if (abort.signal.aborted) return false;
        this.channel.error(why);
        void showFailure(new Failure(why, error instanceof InstallationError ? [{ ...RESTART, title: 'Try Again' }, SHOW_LOG] : [SHOW_LOG]));
        return false;
      }
    });
  }
}
