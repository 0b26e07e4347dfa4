// Edits before they are made: VS Code's own list of changes, where each can be looked at and left out.
import * as vscode from 'vscode';
import type { WorkspaceEdit } from 'vscode-languageserver-protocol';
import type { AurelisClient } from './client';

/** The edit with every change marked as one to confirm, which makes VS Code show them first. */
export function toConfirm(edit: WorkspaceEdit): WorkspaceEdit {
  const annotations = Object.entries(edit.changeAnnotations ?? {}).map(([id, annotation]) => [id, { ...annotation, needsConfirmation: true }]);
  return { ...edit, changeAnnotations: Object.fromEntries(annotations) };
}

/** Several edits as one, so that they are shown, made and undone together. */
export function joined(edits: readonly WorkspaceEdit[]): WorkspaceEdit {
  return {
    documentChanges: edits.flatMap((edit) => edit.documentChanges ?? []),
    changeAnnotations: Object.assign({}, ...edits.map((edit) => edit.changeAnnotations ?? {})) as NonNullable<WorkspaceEdit['changeAnnotations']>,
  };
}

/** Make an edit; false when the document has moved on, or the person declined it. */
export async function apply(client: AurelisClient, edit: WorkspaceEdit, confirm: boolean): Promise<boolean> {
  const late = (edit.documentChanges ?? []).some((change) => {
    if (!('textDocument' in change) || change.textDocument.version === null) return false;
    const uri = client.protocol2CodeConverter.asUri(change.textDocument.uri).toString();
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
    return open !== undefined && open.version !== change.textDocument.version;
  });
  if (late) return false;
  const converted = await client.protocol2CodeConverter.asWorkspaceEdit(confirm ? toConfirm(edit) : edit);
  return vscode.workspace.applyEdit(converted, { isRefactoring: true });
}
