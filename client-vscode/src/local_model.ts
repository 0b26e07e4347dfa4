// A model on this machine, started by the server's own program, which finds or downloads what is missing.
import * as vscode from 'vscode';
import { cleanEnvironment } from './environment';
import { Failure, SHOW_LOG, type Step } from './failure';
import { inThePalette } from './palette';
import type { Ended, Run } from './process';

/** Where and with what the server runs. */
export interface Runtime {
  interpreter: string;
  folder: string;
}

/** What the person is told at the end: what runs now, or why nothing does and what to do. */
export function outcomeOf({ code, output, errors }: Ended): { done: boolean; message: string; steps: Step[] } {
  const [first] = output.trim().split('\n');
  if (code === 0) return { done: true, message: first || 'A local model runs.', steps: [] };
  // Where something is missing, the output is the line that installs it.
  const copy = first ? [{ title: 'Copy the Line', command: 'aurelis.copyText', arguments: [first] }] : [];
  const why = [errors, output].map((text) => inThePalette(text.trim())).filter((text) => text !== '');
  return { done: false, message: why.join('\n') || 'The local model could not be started.', steps: [...copy, SHOW_LOG] };
}

/** Start it, or find out that it runs, behind a notification that can be cancelled. */
export async function startLocalModel({ interpreter, folder }: Runtime, run: Run, channel: vscode.LogOutputChannel): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, title: 'Aurelis: starting a local model', cancellable: true };
  const ended = await vscode.window.withProgress(options, async (progress, cancellation) => {
    const abort = new AbortController();
    cancellation.onCancellationRequested(() => abort.abort());
    progress.report({ message: 'the first time it is downloaded, which takes a while' });
    const env = cleanEnvironment(process.env);
    const done = await run(interpreter, ['-P', '-m', 'aurelis', 'local', 'start'], { cwd: folder, env, signal: abort.signal });
    return abort.signal.aborted ? undefined : done;
  });
  if (ended === undefined) return;
  const { done, message, steps } = outcomeOf(ended);
  channel.info(`aurelis local start: ${message}`);
  if (!done) throw new Failure(message, steps);
  void vscode.window.showInformationMessage(message);
}
