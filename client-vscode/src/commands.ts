// The commands: what a person is asked first, what the server is sent, where the answer goes.
//
// They carry the server's own names, so that the links in hovers, the code actions and the palette all end here. A command
// that comes with its argument object passes it on; from the palette the object is gathered from the editor.
import * as vscode from 'vscode';
import { type AnswerView, fenced } from './answer';
import type { Authentication } from './auth';
import { batch } from './batch';
import { DOCUMENTS } from './client';
import { previewMode } from './config';
import type { Dashboard } from './dashboard';
import { openExample } from './example';
import { Failure, showFailure } from './failure';
import { startLocalModel } from './local_model';
import { menu } from './menu';
import { apply } from './preview';
import { run } from './process';
import type { Health, ModelRow, Result, SentRequest, Statistics, StatusMessage, TaskArguments } from './protocol';
import { healthAsMarkdown, pickModel } from './reports';
import type { RequestDocuments } from './request_documents';
import { pickSentRequest } from './request_documents';
import { fillCommitMessage, folderOf, refuseUnstaged, repositoryMeant } from './source_control';
import type { Supervisor } from './supervisor';

const WALKTHROUGH = 'aurelis.aurelis#start';
const SERVED = new Set(DOCUMENTS.map(({ scheme }) => scheme));

export interface Parts {
  supervisor: Supervisor;
  authentication: Authentication;
  answers: AnswerView;
  dashboard: Dashboard;
  requests: RequestDocuments;
  channel: vscode.LogOutputChannel;
  /** The last that the running server told of itself. */
  status: () => StatusMessage | undefined;
}

type Handler = (given: unknown) => Promise<unknown>;

/** Register every command once, whether the server runs or not. */
export function registerCommands(parts: Parts): vscode.Disposable[] {
  return Object.entries(handlers(parts)).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (given: unknown) => {
      try {
        return await handler(given);
      } catch (error) {
        void showFailure(error);
        return undefined;
      }
    }),
  );
}

function handlers(parts: Parts): Record<string, Handler> {
  const { supervisor, authentication, answers, dashboard, requests, channel } = parts;
  const ask = async <Answer>(command: string, argument: unknown = {}) => (await supervisor.ready()).execute<Answer>(command, argument);
  return {
    'aurelis.explain': (given) => read(parts, 'aurelis.explain', 'Explanation', given),
    'aurelis.review': (given) => read(parts, 'aurelis.review', 'Review', asked(given) ?? selectionOrFile()),
    'aurelis.ask': async (given) => {
      const question = asked(given)?.question ?? (await words('Ask Aurelis', 'What do you want to know about this code?'));
      if (question !== undefined) await read(parts, 'aurelis.ask', question, { ...(asked(given) ?? (servedEditor() === undefined ? {} : here())), question });
    },
    'aurelis.fix': (given) => change(parts, 'aurelis.fix', given),
    'aurelis.optimize': (given) => change(parts, 'aurelis.optimize', given),
    'aurelis.document': (given) => change(parts, 'aurelis.document', given),
    'aurelis.generateTests': (given) => change(parts, 'aurelis.generateTests', given),
    'aurelis.refactor': async (given) => {
      const instruction =
        asked(given)?.instruction ?? (await words('Refactor with Aurelis', 'What should change? Leave it empty for a clearer structure.', true));
      if (instruction !== undefined) await change(parts, 'aurelis.refactor', { ...(asked(given) ?? here()), ...(instruction ? { instruction } : {}) });
    },
    'aurelis.generate': async (given) => {
      const instruction = asked(given)?.instruction ?? (await words('Generate code with Aurelis', 'What should stand at the cursor?'));
      if (instruction !== undefined) await change(parts, 'aurelis.generate', { ...(asked(given) ?? cursor()), instruction });
    },
    'aurelis.commitMessage': async (given) => {
      const repository = await repositoryMeant(given);
      if (repository !== undefined) await refuseUnstaged(repository, given);
      const folder = repository === undefined ? undefined : folderOf(repository.rootUri, vscode.workspace.workspaceFolders ?? []);
      const argument: TaskArguments = folder === undefined ? {} : { folder };
      const result = await (await supervisor.ready()).executeUnlessCancelled<Result>('aurelis.commitMessage', argument);
      if (result === undefined) return;
      if (repository !== undefined) await fillCommitMessage(repository, result.text);
      else answers.present('Commit message', result.model, result.text);
    },
    'aurelis.batch': (given) => batch(() => supervisor.ready(), answers, given),
    'aurelis.models': async () => pickModel((await ask<{ models: ModelRow[] }>('aurelis.models', { refresh: true })).models),
    'aurelis.health': async () => answers.present('Health', '', healthAsMarkdown(await ask<Health>('aurelis.health'))),
    'aurelis.stats': async () => dashboard.show(await ask<Statistics>('aurelis.stats')),
    'aurelis.showRequest': async (given) => {
      const { requests: sent } = await ask<{ requests: SentRequest[] }>('aurelis.showRequest', given ?? {});
      const chosen = given === undefined ? await pickSentRequest(sent) : sent.at(-1);
      if (chosen !== undefined) await requests.open(chosen);
      else if (given !== undefined) throw new Failure('This request is not kept any more; the last 20 are.', []);
    },
    'aurelis.showAnswer': async (given) => {
      const { requests: sent } = await ask<{ requests: SentRequest[] }>('aurelis.showRequest', given ?? {});
      const last = sent.at(-1);
      if (!last?.answer) throw new Failure('What the model said is not kept any more; the last 20 answers are.', []);
      answers.present('What the model said', String(last.record.model ?? ''), last.answer, last.record.requestId);
    },
    'aurelis.cache.clear': async () => {
      const { removed } = await ask<{ removed: number }>('aurelis.cache.clear');
      void vscode.window.showInformationMessage(`${removed} kept answer${removed === 1 ? '' : 's'} dropped.`);
    },
    'aurelis.snooze': () => snooze(ask),
    // Nobody waits for these, so nothing pops up when they fail.
    'aurelis.completionAccepted': async (given) =>
      supervisor
        .running()
        ?.execute('aurelis.completionAccepted', given)
        .catch(() => undefined),
    'aurelis.signIn': () => authentication.signIn(),
    'aurelis.signOut': () => authentication.signOut(),
    'aurelis.startLocalModel': async () => startLocalModel(await supervisor.runtime(), run, channel),
    'aurelis.restart': () => supervisor.restart(),
    'aurelis.showLog': async () => channel.show(true),
    'aurelis.openSettings': async (key) =>
      vscode.commands.executeCommand('workbench.action.openSettings', typeof key === 'string' ? key : '@ext:aurelis.aurelis'),
    'aurelis.chooseInterpreter': chooseInterpreter,
    'aurelis.cancelAnswer': async () => answers.cancel(),
    'aurelis.menu': () => menu(supervisor.state === 'running', supervisor.explanation, parts.status()),
    'aurelis.copyText': async (given) => vscode.env.clipboard.writeText(String(given)),
    'aurelis.openExample': openExample,
    'aurelis.openWalkthrough': async () => vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH, false),
  };
}

const asked = (given: unknown): TaskArguments | undefined =>
  typeof given === 'object' && given !== null && !(given instanceof vscode.Uri) ? given : undefined;

/** The editor that a command means: the active one, or with a view in front the one beside it; never a log or a view's own text. */
function servedEditor(): vscode.TextEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  return [activeTextEditor, ...visibleTextEditors].find((one) => one !== undefined && SERVED.has(one.document.uri.scheme));
}

function editor(): vscode.TextEditor {
  const served = servedEditor();
  if (served === undefined) throw new Failure('Open a file first; this command works on the code at the cursor.', []);
  return served;
}

const plain = ({ line, character }: vscode.Position) => ({ line, character });

/** The selection, or the cursor, which means the definition around it. */
function here(): TaskArguments {
  const { document, selection } = editor();
  const textDocument = { uri: document.uri.toString() };
  return selection.isEmpty
    ? { textDocument, position: plain(selection.active) }
    : { textDocument, range: { start: plain(selection.start), end: plain(selection.end) } };
}

/** The selection, or the whole file. */
function selectionOrFile(): TaskArguments {
  const { position: _cursor, ...rest } = here();
  return rest;
}

function cursor(): TaskArguments {
  const { document, selection } = editor();
  return { textDocument: { uri: document.uri.toString() }, position: plain(selection.active) };
}

async function words(title: string, prompt: string, mayBeEmpty = false): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({ title, prompt, ignoreFocusOut: true });
  return text?.trim() || (mayBeEmpty && text !== undefined) ? text?.trim() : undefined;
}

function nameOf(argument: TaskArguments): string {
  if (argument.textDocument === undefined) return '';
  const file = vscode.workspace.asRelativePath(vscode.Uri.parse(argument.textDocument.uri));
  const line = argument.range?.start.line ?? argument.position?.line;
  return line === undefined ? file : `${file}:${line + 1}`;
}

/** A task whose answer is read: it streams into the view. */
async function read({ supervisor, answers }: Parts, command: string, title: string, given: unknown): Promise<void> {
  const argument = asked(given) ?? here();
  const client = await supervisor.ready();
  await answers.ask(title, nameOf(argument), (token, progressToken) => client.execute<Result>(command, argument, token, progressToken));
}

/** A task whose answer is an edit. */
async function change({ supervisor, answers }: Parts, command: string, given: unknown): Promise<void> {
  const argument = asked(given) ?? here();
  const client = await supervisor.ready();
  const previewed = previewMode() === 'always';
  const result = await client.executeUnlessCancelled<Result>(command, { ...argument, apply: !previewed });
  if (result === undefined) return;
  if (previewed && result.edit !== undefined && !result.conflict) {
    if (!(await apply(client, result.edit, true))) return;
  } else if (result.conflict) {
    answers.present('Change that does not fit any more', nameOf(argument), fenced(result.text));
    throw new Failure('The document changed meanwhile, so that the edit does not fit any more. Nothing was changed; the answer is shown beside it.', []);
  }
}

async function snooze(ask: (command: string, argument: unknown) => Promise<unknown>): Promise<void> {
  const times = [
    { label: 'For 15 minutes', minutes: 15 },
    { label: 'For an hour', minutes: 60 },
    { label: 'For 8 hours', minutes: 480 },
    { label: 'Go on now', minutes: 0 },
  ];
  const chosen = await vscode.window.showQuickPick(times, { title: 'Aurelis: pause ghost text' });
  if (chosen !== undefined) await ask('aurelis.snooze', { minutes: chosen.minutes });
}

async function chooseInterpreter(): Promise<void> {
  const files = await vscode.window.showOpenDialog({ title: 'A Python interpreter for Aurelis', openLabel: 'Use', canSelectMany: false });
  const file = files?.[0];
  if (file === undefined) return;
  await vscode.workspace.getConfiguration('aurelis').update('client.interpreter', file.fsPath, vscode.ConfigurationTarget.Global);
}
