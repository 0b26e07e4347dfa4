// The status bar item and the language status: who answers, whether something is under way, what is wrong.
import * as vscode from 'vscode';
import { inThePalette } from './palette';
import type { StatusMessage } from './protocol';
import type { Life } from './supervisor';

const MENU = 'aurelis.menu';
const ERROR_COLOUR = 'statusBarItem.errorBackground';

/** What both items show. */
export interface View {
  icon: string;
  text: string;
  detail: string;
  severity: 'ok' | 'warning' | 'error';
}

/** What to show for the server's life and its last status; `now` is milliseconds since the epoch. */
export function viewOf(life: Life, explanation: string, status: StatusMessage | undefined, now: number): View {
  if (life === 'starting') return { icon: 'loading~spin', text: 'Aurelis', detail: explanation, severity: 'ok' };
  if (life !== 'running') return { icon: 'warning', text: 'Aurelis', detail: explanation, severity: life === 'missing' ? 'warning' : 'error' };
  // Until its parts are built the server is well and names nobody who answers.
  if (status === undefined || (status.health === 'ok' && status.model === undefined))
    return { icon: 'loading~spin', text: 'Aurelis', detail: 'Starting', severity: 'ok' };
  const wait = status.retryAt === undefined ? 0 : Math.ceil(status.retryAt - now / 1000);
  const retry = wait > 0 ? ` Ready again in about ${wait} s.` : '';
  const icon = status.busy ? 'loading~spin' : { ok: 'sparkle', warning: 'warning', error: 'error' }[status.health];
  const detail = status.message === undefined ? (status.busy ? 'Working' : 'Ready') : inThePalette(status.message);
  return { icon, text: status.model ?? 'Aurelis', detail: detail + retry, severity: status.health };
}

export class StatusItems implements vscode.Disposable {
  private readonly bar = vscode.window.createStatusBarItem('aurelis.status', vscode.StatusBarAlignment.Right, 100);
  private readonly language = vscode.languages.createLanguageStatusItem('aurelis.status', [{ scheme: 'file' }, { scheme: 'untitled' }]);

  constructor() {
    this.bar.name = 'Aurelis';
    this.bar.command = MENU;
    this.language.name = 'Aurelis';
    this.language.command = { title: 'Open menu', command: MENU };
    this.bar.show();
  }

  show({ icon, text, detail, severity }: View): void {
    this.bar.text = `$(${icon}) Aurelis`;
    const name = text === 'Aurelis' ? text : `Aurelis (${text})`;
    this.bar.tooltip = `${name}: ${detail}`;
    this.bar.accessibilityInformation = { label: `${name}, ${severity === 'ok' ? '' : `${severity}, `}${detail}`, role: 'button' };
    this.bar.backgroundColor = severity === 'error' ? new vscode.ThemeColor(ERROR_COLOUR) : undefined;
    this.language.text = text;
    this.language.detail = detail;
    this.language.busy = icon === 'loading~spin';
    this.language.severity = {
      ok: vscode.LanguageStatusSeverity.Information,
      warning: vscode.LanguageStatusSeverity.Warning,
      error: vscode.LanguageStatusSeverity.Error,
    }[severity];
  }

  dispose(): void {
    this.bar.dispose();
    this.language.dispose();
  }
}
