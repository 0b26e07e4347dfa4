// One connection to one server process. A new start is a new object, so that nothing of an old one lives on.
import * as vscode from 'vscode';
import {
  CloseAction,
  type ConfigurationItem,
  ErrorAction,
  type Executable,
  LanguageClient,
  type LanguageClientOptions,
  MessageType,
  RevealOutputChannelOn,
  ShowMessageNotification,
  type StaticFeature,
  WorkDoneProgressCancelNotification,
} from 'vscode-languageclient/node';
import { SECTION, type ServerSettings } from './config';
import { cleanEnvironment } from './environment';
import { isCancellation, OPEN_SETTINGS, offer, SHOW_LOG, showFailure } from './failure';
import { inThePalette } from './palette';
import { WorkNotices } from './work_notices';

const NAME = 'Aurelis';
/** What the server works on; `output:`, `git:` and source control's input are left alone. */
export const DOCUMENTS = [{ scheme: 'file' }, { scheme: 'untitled' }, { scheme: 'vscode-notebook-cell' }];
/** The same message within this time is shown once. */
const REPEATED_MS = 10_000;
const EXECUTE_COMMAND = 'workspace/executeCommand';
const CODE_ACTION = 'textDocument/codeAction';

/** What says that our own messages are understood. */
const CUSTOM_MESSAGES: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    capabilities.experimental = { ...(capabilities.experimental as object | undefined), aurelis: true };
  },
  initialize: () => undefined,
  getState: () => ({ kind: 'static' }),
  clear: () => undefined,
};

export interface Launch {
  interpreter: string;
  /** The server's working folder: ours, never the workspace. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  channel: vscode.LogOutputChannel;
  settings: ServerSettings;
}

/** The program and its arguments: `-P` keeps the working folder off the import path. */
export function executable({ interpreter, folder, environment }: Launch): Executable {
  return { command: interpreter, args: ['-P', '-m', 'aurelis', 'serve'], options: { cwd: folder, env: cleanEnvironment(environment) } };
}

export class AurelisClient extends LanguageClient {
  private readonly shown = new Map<string, number>();

  private readonly work: WorkNotices;

  constructor(launch: Launch) {
    const own: Own = { tell: () => undefined, work: new WorkNotices((token) => own.tell(WorkDoneProgressCancelNotification.method, { token })) };
    super(SECTION, NAME, executable(launch), clientOptions(launch, own));
    own.tell = (method, params) => void this.sendNotification(method, params).catch(() => undefined);
    this.work = own.work;
    super.registerFeature(CUSTOM_MESSAGES);
    this.onNotification(ShowMessageNotification.type, ({ type, message }) => this.show(type, inThePalette(message)));
  }

  /** The commands that the server advertises are registered by commands.ts, once, whether the server runs or not. */
  override registerFeature(feature: Parameters<LanguageClient['registerFeature']>[0]): void {
    const type = (feature as { registrationType?: { method?: string } }).registrationType;
    if (type?.method === EXECUTE_COMMAND) return;
    super.registerFeature(type?.method === CODE_ACTION ? belowOthers(feature) : feature);
  }

  // The library shows some failures by itself, whatever `revealOutputChannelOn` says. The supervisor says what is wrong in
  // its own words, once.
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  /** Send a command with a cancel token and a progress token. Rejects with the server's error. */
  execute<Answer>(command: string, argument: unknown, token?: vscode.CancellationToken, workDoneToken?: string): Promise<Answer> {
    const params = { command, arguments: argument === undefined ? [] : [argument], ...(workDoneToken === undefined ? {} : { workDoneToken }) };
    return token === undefined ? this.sendRequest<Answer>(EXECUTE_COMMAND, params) : this.sendRequest<Answer>(EXECUTE_COMMAND, params, token);
  }

  /** The same without tokens, for work whose progress and cancel button the server shows; undefined when it was cancelled. */
  async executeUnlessCancelled<Answer>(command: string, argument: unknown): Promise<Answer | undefined> {
    try {
      return await this.execute<Answer>(command, argument);
    } catch (error) {
      if (isCancellation(error)) return undefined;
      throw error;
    }
  }

  /** Take away what still claims to be under way: the server is gone. */
  endWork(): void {
    this.work.endAll();
  }

  private show(type: MessageType, message: string): void {
    const now = Date.now();
    for (const [text, at] of this.shown) if (now - at > REPEATED_MS) this.shown.delete(text);
    if (this.shown.has(message)) return;
    this.shown.set(message, now);
    const steps = [OPEN_SETTINGS, SHOW_LOG];
    const titles = steps.map(({ title }) => title);
    if (type === MessageType.Error) void offer(vscode.window.showErrorMessage(message, ...titles), steps);
    else if (type === MessageType.Warning) void offer(vscode.window.showWarningMessage(message, ...titles), steps);
    else void vscode.window.showInformationMessage(message);
  }
}

/**
 * The feature with a selector vaguer than any other extension's: VS Code lists its actions below theirs. With equal selectors
 * the extension that happened to start last comes first. Documents that the server does not know have no actions.
 */
function belowOthers<Registered extends Pick<StaticFeature, 'initialize'>>(feature: Registered): Registered {
  const initialize = feature.initialize.bind(feature);
  feature.initialize = (capabilities) => initialize(capabilities, [{ language: '*' }]);
  return feature;
}

/** What the middleware needs of the client that it belongs to. */
interface Own {
  tell: (method: string, params: unknown) => void;
  work: WorkNotices;
}

function clientOptions({ channel, settings }: Launch, own: Own): LanguageClientOptions {
  return {
    documentSelector: DOCUMENTS,
    outputChannel: channel,
    traceOutputChannel: channel,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: () => ({ ...settings.tree(), trusted: vscode.workspace.isTrusted }),
    initializationFailedHandler: () => false,
    // The supervisor decides about restarts.
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true, message: 'The connection to the language server was closed.' }),
    },
    markdown: { isTrusted: { enabledCommands: ['aurelis.explain'] } },
    middleware: {
      workspace: {
        configuration: async (params, token, next) => {
          const merged = (await next(params, token)) as unknown[];
          return params.items.map((item: ConfigurationItem, index) => (item.section === SECTION ? settings.tree() : merged[index]));
        },
        // The values that would go along are merged ones; the server asks for what it may have.
        didChangeConfiguration: async () => own.tell('workspace/didChangeConfiguration', { settings: null }),
      },
      handleWorkDoneProgress(token, params, next) {
        if (params.kind === 'begin' && params.cancellable) {
          own.work.begin(token, params.title);
          return;
        }
        if (params.kind === 'end') own.work.end(token);
        if (params.kind !== 'report' || !own.work.report(token, params.message)) next(token, params);
      },
      async resolveCodeAction(item, token, next) {
        try {
          return await next(item, token);
        } catch (error) {
          // VS Code logs this and shows nothing, although a person chose the action.
          if (!isCancellation(error)) void showFailure(error);
          throw new vscode.CancellationError();
        }
      },
    },
  };
}
