// The menu behind the status item: what is done often, and what helps when something is wrong.
import * as vscode from 'vscode';
import { OPEN_SETTINGS } from './failure';
import { inThePalette } from './palette';
import type { StatusMessage } from './protocol';

/** Offer the commands that make sense now; `explanation` says why the server does not run, `status` who answers if it does. */
export async function menu(running: boolean, explanation: string, status: StatusMessage | undefined): Promise<void> {
  const entries: (vscode.QuickPickItem & { command?: string })[] = running
    ? [
        modelEntry(status),
        { label: '', kind: vscode.QuickPickItemKind.Separator },
        { label: '$(comment-discussion) Ask a question', command: 'aurelis.ask' },
        { label: '$(book) Explain', command: 'aurelis.explain' },
        { label: '$(checklist) Review', command: 'aurelis.review' },
        { label: '', kind: vscode.QuickPickItemKind.Separator },
        { label: '$(debug-pause) Pause ghost text', command: 'aurelis.snooze' },
        { label: '$(key) Sign in', command: 'aurelis.signIn' },
        { label: '$(vm) Start a local model', command: 'aurelis.startLocalModel' },
        { label: '$(pulse) Health', command: 'aurelis.health' },
        { label: '$(graph) Statistics', command: 'aurelis.stats' },
        { label: '$(eye) Show what was sent', command: 'aurelis.showRequest' },
      ]
    : [{ label: '$(debug-restart) Restart the language server', detail: explanation, command: 'aurelis.restart' }];
  entries.push({ label: '$(gear) Settings', command: OPEN_SETTINGS.command }, { label: '$(output) Log', command: 'aurelis.showLog' });
  if (running) entries.push({ label: '$(rocket) Walkthrough', command: 'aurelis.openWalkthrough' });
  const chosen = await vscode.window.showQuickPick(entries, { title: 'Aurelis' });
  if (chosen?.command) await vscode.commands.executeCommand(chosen.command);
}

/** Who answers now, with what the server says of it; choosing it shows all models. */
export function modelEntry(status: StatusMessage | undefined): vscode.QuickPickItem & { command: string } {
  // One sentence: a row has no room for more, and what to do stands below it.
  const [sentence] = status?.message?.split(/(?<=\.) /) ?? [];
  const detail = sentence === undefined ? {} : { detail: inThePalette(sentence) };
  return { label: `$(sparkle) Model: ${status?.model ?? 'not known yet'}`, description: 'show all', ...detail, command: 'aurelis.models' };
}
