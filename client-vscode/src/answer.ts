// The view that an answer streams into: one panel beside the editor, its text as it grows, a button to stop it.
//
// A model's text is not trusted: HTML in it is shown as text, pictures are not loaded, and the page may run our one script
// alone and fetch nothing.
import { randomBytes } from 'node:crypto';
import MarkdownIt from 'markdown-it';
import * as vscode from 'vscode';
import { isCancellation } from './failure';
import type { Result, StreamMessage } from './protocol';

/** Milliseconds between two pictures of a growing answer. */
const DRAW_MS = 60;
const VIEW = 'aurelis.answer';
/** Characters of a growing answer that are kept; the server bounds answers likewise. */
const LONGEST = 2_000_000;

const markdown = new MarkdownIt({ html: false, linkify: false }).disable('image');

/** Markdown as HTML that can do nothing. */
export function rendered(text: string): string {
  return markdown.render(text);
}

/** Text as a block of code, unless it holds one already. */
export const fenced = (text: string): string => (text.includes('```') ? text : `\`\`\`\n${text}\n\`\`\``);

const cost = (dollars: number | null): string => (dollars === null ? 'cost unknown' : dollars === 0 ? 'no cost' : `$${dollars.toFixed(4)}`);
const time = (milliseconds: number): string => (milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`);

/** The line below a finished answer. */
export function summary(result: Result): string {
  const origin = result.cached === null ? cost(result.costUsd) : `from the ${result.cached} cache`;
  const why = result.confidenceReasons?.length ? ` (${result.confidenceReasons.join(', ')})` : '';
  const parts = [result.model, origin, time(result.durationMs), `confidence ${result.confidence.toFixed(2)}${why}`];
  if (result.redactions > 0) parts.push(`${result.redactions} secret${result.redactions === 1 ? '' : 's'} left out`);
  if (result.incomplete) parts.push('cut short');
  return parts.join(' · ');
}

interface Answer {
  title: string;
  about: string;
  text: string;
  state: 'running' | 'done' | 'cancelled' | 'failed';
  line: string;
  requestId: string | undefined;
  progressToken: string | undefined;
  cancellation: vscode.CancellationTokenSource | undefined;
}

export type Ask = (token: vscode.CancellationToken, progressToken: string) => Promise<Result>;

export class AnswerView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private answer: Answer | undefined;
  private drawing: NodeJS.Timeout | undefined;
  private ordinal = 0;

  /** Ask, and show the answer as it comes; a failure is thrown on. A question that is still being answered is stopped. */
  async ask(title: string, about: string, ask: Ask): Promise<Result | undefined> {
    this.answer?.cancellation?.cancel();
    const cancellation = new vscode.CancellationTokenSource();
    this.ordinal += 1;
    const progressToken = `answer-${this.ordinal}`;
    const answer: Answer = { title, about, text: '', state: 'running', line: 'Waiting for the model ...', requestId: undefined, progressToken, cancellation };
    this.show(answer);
    try {
      const result = await ask(cancellation.token, progressToken);
      Object.assign(answer, { text: result.text, state: 'done', line: summary(result), requestId: result.requestId });
      return result;
    } catch (error) {
      if (!isCancellation(error) && !cancellation.token.isCancellationRequested) {
        // The message itself is shown by whoever ran the command, with the next steps as buttons.
        Object.assign(answer, { state: 'failed', line: answer.text ? 'Failed; what had arrived is kept above.' : 'There is no answer; the message says why.' });
        throw error;
      }
      Object.assign(answer, { state: 'cancelled', line: answer.text ? 'Cancelled; what had arrived is kept above.' : 'Cancelled.' });
      return undefined;
    } finally {
      answer.cancellation = undefined;
      cancellation.dispose();
      if (this.answer === answer) this.draw();
    }
  }

  /** Show text that is finished already; with the request that it came from, that can be looked at too. */
  present(title: string, about: string, text: string, requestId?: string): void {
    this.answer?.cancellation?.cancel();
    this.show({ title, about, text, state: 'done', line: '', requestId, progressToken: undefined, cancellation: undefined });
  }

  /** A piece of some answer arrived. */
  streamed({ workDoneToken, requestId, delta }: StreamMessage): void {
    const answer = this.answer;
    if (answer === undefined || answer.state !== 'running' || workDoneToken !== answer.progressToken) return;
    answer.requestId = requestId;
    answer.text = (answer.text + delta).slice(0, LONGEST);
    answer.line = 'Answering ...';
    this.drawing ??= setTimeout(() => this.draw(), DRAW_MS);
  }

  cancel(): void {
    this.answer?.cancellation?.cancel();
  }

  dispose(): void {
    this.cancel();
    clearTimeout(this.drawing);
    this.panel?.dispose();
  }

  private show(answer: Answer): void {
    this.answer = answer;
    if (this.panel === undefined) {
      const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      const panel = vscode.window.createWebviewPanel(VIEW, 'Aurelis', column, { enableScripts: true, enableFindWidget: true, localResourceRoots: [] });
      panel.webview.onDidReceiveMessage((message: { command?: string }) => void this.received(message.command));
      panel.onDidDispose(() => {
        this.cancel();
        this.panel = undefined;
      });
      panel.webview.html = page(panel.webview);
      this.panel = panel;
    } else {
      this.panel.reveal(undefined, true);
    }
    this.draw();
  }

  private draw(): void {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    const answer = this.answer;
    if (answer === undefined || this.panel === undefined) return;
    this.panel.title = `Aurelis: ${answer.title}`;
    const { title, about, text, state, line, requestId } = answer;
    void this.panel.webview.postMessage({ title, about, html: rendered(text), state, line, asked: requestId !== undefined, empty: text === '' });
  }

  private async received(command: string | undefined): Promise<void> {
    const answer = this.answer;
    if (answer === undefined) return;
    if (command === 'ready') this.draw();
    else if (command === 'cancel') this.cancel();
    else if (command === 'copy') await vscode.env.clipboard.writeText(answer.text);
    else if (command === 'request') await vscode.commands.executeCommand('aurelis.showRequest', { requestId: answer.requestId });
  }
}

function page(webview: vscode.Webview): string {
  const nonce = randomBytes(18).toString('base64');
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; font-src ${webview.cspSource}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Aurelis</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header>
<div><h1 id="title"></h1><p id="about"></p></div>
<div class="buttons">
<button id="cancel" hidden>Cancel</button>
<button id="copy" class="second" hidden>Copy</button>
<button id="request" class="second" hidden>Show Request</button>
</div>
</header>
<main id="text"></main>
<footer id="line" role="status" aria-live="polite"></footer>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

const STYLE = `
body { display: flex; flex-direction: column; min-height: 100vh; margin: 0; padding: 0 20px; box-sizing: border-box; line-height: 1.5; }
header { position: sticky; top: 0; display: flex; gap: 12px; align-items: center; justify-content: space-between; padding: 12px 0 8px;
  background: var(--vscode-editor-background); border-bottom: 1px solid var(--vscode-panel-border, transparent); }
h1 { margin: 0; font-size: 1.15em; font-weight: 600; }
header p { margin: 0; color: var(--vscode-descriptionForeground); overflow-wrap: anywhere; }
.buttons { display: flex; gap: 6px; flex-shrink: 0; }
button { border: 1px solid var(--vscode-contrastBorder, transparent); border-radius: 2px; padding: 4px 10px; font: inherit; cursor: pointer;
  color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
button:hover { background: var(--vscode-button-hoverBackground); }
button.second { color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground); }
button.second:hover { background: var(--vscode-button-secondaryHoverBackground); }
button:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
button[hidden] { display: none; }
main { flex: 1; padding: 12px 0; overflow-wrap: break-word; }
main.empty { color: var(--vscode-descriptionForeground); }
pre { padding: 10px 12px; overflow-x: auto; border-radius: 3px; background: var(--vscode-textCodeBlock-background); }
code { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
pre code { padding: 0; color: var(--vscode-editor-foreground); background: none; }
:not(pre) > code { padding: 1px 4px; border-radius: 3px; background: var(--vscode-textCodeBlock-background); }
table { border-collapse: collapse; }
th, td { padding: 4px 10px; text-align: left; border-bottom: 1px solid var(--vscode-panel-border, currentColor); }
blockquote { margin: 0; padding-left: 12px; border-left: 3px solid var(--vscode-textBlockQuote-border); }
footer { position: sticky; bottom: 0; padding: 8px 0 12px; color: var(--vscode-descriptionForeground);
  background: var(--vscode-editor-background); border-top: 1px solid var(--vscode-panel-border, transparent); }
footer:empty { display: none; }
footer.failed { color: var(--vscode-errorForeground); }
`;

const SCRIPT = `
const editor = acquireVsCodeApi();
const part = (id) => document.getElementById(id);
for (const id of ['cancel', 'copy', 'request']) part(id).addEventListener('click', () => editor.postMessage({ command: id }));
window.addEventListener('message', ({ data }) => {
  const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 40;
  part('title').textContent = data.title;
  part('about').textContent = data.about;
  // As long as there is no text, its place says why.
  if (data.empty) part('text').textContent = data.line;
  else part('text').innerHTML = data.html;
  part('text').className = data.empty ? 'empty' : '';
  part('text').setAttribute('aria-busy', String(data.state === 'running'));
  part('line').textContent = data.empty ? '' : data.line;
  part('line').className = data.state;
  part('cancel').hidden = data.state !== 'running';
  part('copy').hidden = data.state === 'running' || data.empty;
  part('request').hidden = data.state === 'running' || !data.asked;
  if (data.state === 'running' && atEnd) window.scrollTo(0, document.body.scrollHeight);
});
editor.postMessage({ command: 'ready' });
`;
