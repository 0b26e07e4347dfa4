// The menu behind the status item: what is done often, and what helps when something is wrong.
import * as vscode from 'vscode';
import { OPEN_SETTINGS } from './failure';

/** Offer the commands that make sense now; `explanation` says why the server does not run. */
export async function menu(running: boolean, explanation: string): Promise<void> {
  const entries: (vscode.QuickPickItem & { command?: string })[] = running
    ? [
        { label: '$(comment-discussion) Ask a question', command: 'aurelis.ask' },
        { label: '$(book) Explain', command: 'aurelis.explain' },
        { label: '$(checklist) Review', command: 'aurelis.review' },
        { label: '', kind: vscode.QuickPickItemKind.Separator },
        { label: '$(debug-pause) Pause ghost text', command: 'aurelis.snooze' },
        { label: '$(key) Sign in', command: 'aurelis.signIn' },
        { label: '$(vm) Start a local model', command: 'aurelis.startLocalModel' },
        { label: '$(list-unordered) Models', command: 'aurelis.models' },
        { label: '$(pulse) Health', command: 'aurelis.health' },
        { label: '$(graph) Statistics', command: 'aurelis.stats' },
        { label: '$(eye) Show what was sent', command: 'aurelis.showRequest' },
      ]
    : [{ label: '$(debug-restart) Restart the language server', detail: explanation, command: 'aurelis.restart' }];
  entries.push({ label: '$(gear) Settings', command: OPEN_SETTINGS.command }, { label: '$(output) Log', command: 'aurelis.showLog' });
  const chosen = await vscode.window.showQuickPick(entries, { title: 'Aurelis' });
  if (chosen?.command) await vscode.commands.executeCommand(chosen.command);
}
