// What was sent to a model and what it said, as documents that can only be read: searchable, and in the editor's own font and colours.
import * as vscode from 'vscode';
import type { SentRequest } from './protocol';

const SCHEME = 'aurelis-request';
/** Documents kept; the oldest goes first. */
const KEPT = 20;

export class RequestDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  async open(sent: SentRequest): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/request ${sent.record.requestId.slice(0, 8)}.txt` });
    this.texts.set(uri.toString(), requestAsText(sent));
    for (const oldest of this.texts.keys()) if (this.texts.size > KEPT) this.texts.delete(oldest);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? 'This request is not kept any more.';
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/** A request from beginning to end: what became of it, every message as it was sent, then what the model said. */
export function requestAsText({ record, messages, prefix, suffix, answer }: SentRequest): string {
  const shown = { ...record, startedAt: new Date(record.startedAt * 1000).toISOString() };
  const facts = Object.entries(shown).map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const parts = messages.map(({ role, content }) => `----- ${role} -----\n${content}`);
  if (prefix) parts.push(`----- before the cursor -----\n${prefix}`);
  if (suffix) parts.push(`----- after the cursor -----\n${suffix}`);
  if (answer) parts.push(`----- what the model said -----\n${answer}`);
  return `${facts.join('\n')}\n\n${parts.join('\n\n')}\n`;
}

/** Let the person choose among the last requests, the newest first. */
export async function pickSentRequest(sent: readonly SentRequest[]): Promise<SentRequest | undefined> {
  if (sent.length === 0) {
    void vscode.window.showInformationMessage('Nothing has been sent since the language server started.');
    return undefined;
  }
  const items = [...sent].reverse().map((one) => ({
    label: one.record.task.replaceAll('_', ' '),
    description: `${one.record.outcome}, ${one.record.durationMs} ms`,
    detail: new Date(one.record.startedAt * 1000).toLocaleString(),
    one,
  }));
  return (await vscode.window.showQuickPick(items, { title: 'Aurelis: what was sent' }))?.one;
}
