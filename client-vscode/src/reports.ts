// What can be asked and how well it is: the list of models to choose from, the health record as a table.
import * as vscode from 'vscode';
import { inThePalette } from './palette';
import type { Health, ModelRow } from './protocol';

/** Show the models; the one that is chosen is copied, because the settings want its name. */
export async function pickModel(models: readonly ModelRow[]): Promise<void> {
  const items = models.map((row) => ({
    label: row.model ?? row.provider,
    description: row.error === undefined ? (row.local ? 'on this machine' : (row.host ?? '')) : 'cannot be listed',
    detail: row.error === undefined ? modelDetail(row) : inThePalette(row.error),
    model: row.model,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Aurelis: models',
    placeHolder: 'Choose one to copy its name for the settings',
    matchOnDetail: true,
  });
  if (chosen?.model) {
    await vscode.env.clipboard.writeText(chosen.model);
    void vscode.window.showInformationMessage(`Copied ${chosen.model}.`);
  }
}

export function modelDetail({ inputTokens, price, health }: ModelRow): string {
  const parts = [];
  if (inputTokens) parts.push(`${inputTokens.toLocaleString('en')} tokens of context`);
  if (price)
    parts.push(price.input === 0 && price.output === 0 ? 'costs nothing' : `$${price.input ?? '?'} in, $${price.output ?? '?'} out per million tokens`);
  if (health && health !== 'ok') parts.push(health.replace('skipped:', 'not used now: '));
  return parts.join(' · ') || 'nothing known about limits and price';
}

export function healthAsMarkdown({ overall, components }: Health): string {
  const rows = Object.entries(components).map(
    ([name, part]) =>
      `| ${name.charAt(0).toUpperCase()}${name.slice(1)} | ${part.status} | ${inThePalette([part.error, part.next].filter(Boolean).join(' ')).replaceAll('|', '\\|')} |`,
  );
  return `Overall: **${overall}**\n\n| Part | State | What to do |\n|---|---|---|\n${rows.join('\n')}`;
}
