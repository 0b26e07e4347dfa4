// Statistics as a page: figures, bars over time, tables. It runs no script and fetches nothing.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Acceptance, Statistics, Summary } from './protocol';

const VIEW = 'aurelis.statistics';
const MOST_LABELS = 12;
/** A bar's part of its column. */
const BAR_WIDTH = 0.75;

export class Dashboard implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  show(statistics: Statistics): void {
    if (this.panel === undefined) {
      this.panel = vscode.window.createWebviewPanel(VIEW, 'Aurelis: Statistics', vscode.ViewColumn.Active, {
        enableCommandUris: ['aurelis.stats'],
        enableFindWidget: true,
        localResourceRoots: [],
      });
      this.panel.onDidDispose(() => {
        this.panel = undefined;
      });
    }
    this.panel.webview.html = page(statistics, randomBytes(18).toString('base64'));
    this.panel.reveal();
  }

  dispose(): void {
    this.panel?.dispose();
  }
}

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const number = (value: number | null | undefined): string => (value === null || value === undefined ? '-' : Math.round(value).toLocaleString('en'));
const milliseconds = (value: number | null): string => (value === null ? '-' : `${number(value)} ms`);
const share = (value: number | null | undefined): string => (value === null || value === undefined ? '-' : `${Math.round(value * 100)} %`);
const dollars = (value: number | null): string => (value === null ? '-' : value === 0 ? '$0' : `$${value.toFixed(4)}`);

export function page(statistics: Statistics, nonce: string): string {
  const { totals } = statistics;
  const cards: [string, string][] = [
    ['Requests', number(totals.requests)],
    ['Errors', number(totals.errors)],
    ['Median time', milliseconds(totals.durationMs.p50)],
    ['First token', milliseconds(totals.timeToFirstTokenMs.p50)],
    ['From cache', share(totals.hitRate.all)],
    ['Ghost text taken', share(taken(totals.acceptance))],
    ['Tokens', number(totals.tokens.prompt + totals.tokens.completion)],
    ['Cost', dollars(totals.costUsd)],
  ];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'">
<title>Aurelis: Statistics</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header><div><h1>Statistics</h1><p>Since ${escaped(statistics.since.slice(0, 16).replace('T', ' '))} UTC, on this machine alone.</p></div><a href="command:aurelis.stats">Refresh</a></header>
<dl>${cards.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>
${bars('Requests by hour, last day', statistics.overTime.hours, (start) => start.slice(11, 13))}
${bars('Requests by day, last month', statistics.overTime.days, (start) => start.slice(8, 10))}
${table('By model', statistics.byModel)}
${table('By task', statistics.byTask)}
${ghostText(statistics)}
</body>
</html>`;
}

/** Bars that fill the page's width, whatever that is; their labels stand below them, so that they keep their size. */
function bars(title: string, cells: Statistics['overTime']['hours'], label: (start: string) => string): string {
  const most = Math.max(1, ...cells.map((cell) => cell.requests));
  const every = Math.ceil(cells.length / MOST_LABELS);
  const columns = cells.map((cell, index) => {
    const height = Math.max(1, Math.round((cell.requests / most) * 100));
    const words = `${cell.start.slice(0, 16).replace('T', ' ')}: ${cell.requests} requests, ${cell.errors} errors, ${cell.cached} from cache`;
    const x = index + (1 - BAR_WIDTH) / 2;
    return `<rect x="${x}" y="${100 - height}" width="${BAR_WIDTH}" height="${height}"><title>${escaped(words)}</title></rect>`;
  });
  const labels = cells.map((cell, index) => `<span>${index % every === 0 ? escaped(label(cell.start)) : ''}</span>`);
  const total = cells.reduce((sum, cell) => sum + cell.requests, 0);
  const words = `${number(total)} in all, at most ${number(most)} in one`;
  const picture = `<svg role="img" aria-label="${title}: ${words}" viewBox="0 0 ${cells.length} 100" preserveAspectRatio="none">${columns.join('')}</svg>`;
  return `<section><h2>${title} <small>${words}</small></h2>${picture}<div class="axis" aria-hidden="true">${labels.join('')}</div></section>`;
}

function table(title: string, rows: Record<string, Summary>): string {
  const body = Object.entries(rows).map(
    ([name, row]) =>
      `<tr><th scope="row">${escaped(name)}</th><td>${number(row.requests)}</td><td>${number(row.errors)}</td><td>${milliseconds(row.durationMs.p50)}</td><td>${milliseconds(row.durationMs.p95)}</td><td>${share(row.hitRate.all)}</td><td>${number(row.tokens.prompt + row.tokens.completion)}</td><td>${dollars(row.costUsd)}</td></tr>`,
  );
  if (body.length === 0) return `<section><h2>${title}</h2><p>Nothing yet.</p></section>`;
  const heads = ['', 'Requests', 'Errors', 'Median', '95 %', 'From cache', 'Tokens', 'Cost'].map((head) => `<th scope="col">${head}</th>`);
  return `<section><h2>${title}</h2><div class="wide"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div></section>`;
}

/** The share that was taken, by its command or, as is inferred, by typing what it said. */
const taken = (found: Acceptance): number | null => (found.shown === 0 ? null : (found.accepted + found.inferred) / found.shown);

function ghostText(statistics: Statistics): string {
  const body = [...Object.entries(statistics.byModel), ...Object.entries(statistics.byLanguage)]
    .filter(([, row]) => row.acceptance.shown > 0)
    .map(([name, { acceptance: found }]) => {
      const cells = [
        number(found.shown),
        number(found.accepted),
        number(found.inferred),
        share(taken(found)),
        number(found.characters + found.inferredCharacters),
      ];
      return `<tr><th scope="row">${escaped(name)}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
    });
  if (body.length === 0) return '';
  const heads = ['', 'Shown', 'Taken', 'Typed out', 'Share', 'Characters'].map((head) => `<th scope="col">${head}</th>`);
  return `<section><h2>Ghost text <small>typed out is inferred from the keys</small></h2><div class="wide"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div></section>`;
}

const STYLE = `
body { max-width: 900px; margin: 0 auto; padding: 0 20px 24px; }
header { display: flex; justify-content: space-between; align-items: center; padding: 16px 0 4px; }
h1 { margin: 0; font-size: 1.4em; font-weight: 600; }
h2 { margin: 24px 0 8px; font-size: 1.05em; font-weight: 600; }
p { margin: 2px 0; color: var(--vscode-descriptionForeground); }
a { color: var(--vscode-textLink-foreground); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px; margin: 16px 0; }
dl div { padding: 10px 14px; border: 1px solid var(--vscode-widget-border, var(--vscode-panel-border, transparent)); border-radius: 4px;
  background: var(--vscode-editorWidget-background); }
dt { color: var(--vscode-descriptionForeground); }
dd { margin: 2px 0 0; font-size: 1.5em; font-variant-numeric: tabular-nums; }
small { margin-left: 8px; font-weight: normal; color: var(--vscode-descriptionForeground); }
svg { display: block; width: 100%; height: 110px; }
.axis { display: flex; color: var(--vscode-descriptionForeground); font-size: 0.85em; }
.axis span { flex: 1 1 0; min-width: 0; overflow: visible; text-align: center; white-space: nowrap; }
rect { fill: var(--vscode-charts-blue, var(--vscode-focusBorder)); }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; white-space: nowrap; text-align: right; border-bottom: 1px solid var(--vscode-panel-border, currentColor); }
th:first-child { text-align: left; font-weight: normal; }
thead th { color: var(--vscode-descriptionForeground); font-weight: normal; }
`;
