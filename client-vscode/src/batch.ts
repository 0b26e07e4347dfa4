// One task on many files: which files, what became of each, and all edits together for one look before they are made.
import * as path from 'node:path';
import * as vscode from 'vscode';
import { type AnswerView, fenced } from './answer';
import type { AurelisClient } from './client';
import { previewMode } from './config';
import { Failure } from './failure';
import { inThePalette } from './palette';
import { apply, joined } from './preview';
import type { BatchFailure, BatchResult } from './protocol';

/** Files that one batch may name. */
const MOST_FILES = 1000;
const SKIPPED = '**/{node_modules,.git,.venv,dist,build,__pycache__}/**';

const BATCHES = [
  { label: 'Review', task: 'review' },
  { label: 'Document', task: 'document' },
  { label: 'Explain', task: 'explain' },
  { label: 'Generate tests', task: 'test' },
  { label: 'Optimize', task: 'optimize' },
  { label: 'Refactor', task: 'refactor' },
  { label: 'Fix', task: 'fix' },
];

/** One task on many files: those chosen in the explorer, or those that a pattern finds. */
export async function batch(client: () => Promise<AurelisClient>, answers: AnswerView, given: unknown): Promise<void> {
  const chosen = await vscode.window.showQuickPick(BATCHES, { title: 'Aurelis: one task on many files' });
  if (chosen === undefined) return;
  const files = given instanceof vscode.Uri ? await filesBelow(given) : await filesByPattern();
  if (files === undefined) return;
  if (files.length === 0) throw new Failure('No file was found for this.', []);
  const connected = await client();
  const items = files.map((uri) => ({ textDocument: { uri: uri.toString() } }));
  const answer = await connected.executeUnlessCancelled<BatchResult>('aurelis.batch', { task: chosen.task, items });
  if (answer === undefined) return;
  answers.present(`${chosen.label}: ${files.length} file${files.length === 1 ? '' : 's'}`, '', batchAsMarkdown(files, answer));
  const edits = answer.results.flatMap((result) => ('edit' in result && result.edit ? [result.edit] : []));
  if (edits.length > 0 && !(await apply(connected, joined(edits), previewMode() !== 'never'))) {
    void vscode.window.showInformationMessage('The changes were not made.');
  }
}

async function filesBelow(uri: vscode.Uri): Promise<vscode.Uri[]> {
  const { type } = await vscode.workspace.fs.stat(uri);
  return type & vscode.FileType.Directory ? vscode.workspace.findFiles(new vscode.RelativePattern(uri, '**/*'), SKIPPED, MOST_FILES) : [uri];
}

async function filesByPattern(): Promise<vscode.Uri[] | undefined> {
  const ending = path.extname(vscode.window.activeTextEditor?.document.fileName ?? '') || '.py';
  const pattern = await vscode.window.showInputBox({
    title: 'Aurelis: which files?',
    prompt: `A pattern within the workspace; at most ${MOST_FILES} files.`,
    value: `**/*${ending}`,
  });
  return pattern === undefined ? undefined : vscode.workspace.findFiles(pattern, SKIPPED, MOST_FILES);
}

function batchAsMarkdown(files: readonly vscode.Uri[], { results }: BatchResult): string {
  const parts = results.map((result, index) => {
    const uri = files[index];
    const name = uri === undefined ? '' : vscode.workspace.asRelativePath(uri);
    if ('error' in result) return `## ${name}\n\nFailed: ${inThePalette((result as BatchFailure).error.message)}`;
    return `## ${name}\n\n${result.edit ? fenced(result.text) : result.text}`;
  });
  return parts.join('\n\n');
}
