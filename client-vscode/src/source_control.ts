// The commit message box of VS Code's own Git extension, and what is staged there.
import * as vscode from 'vscode';
import { Failure, type Step } from './failure';

interface Repository {
  rootUri: vscode.Uri;
  inputBox: { value: string };
  ui: { selected: boolean };
  state: { indexChanges: unknown[]; workingTreeChanges: unknown[]; untrackedChanges: unknown[] };
}

interface GitExtension {
  getAPI(version: 1): { state: 'uninitialized' | 'initialized'; repositories: Repository[] };
}

/** What `aurelis.commitMessage` may be given: by VS Code the source control whose button it was, by our own step more. */
interface Asked {
  rootUri?: vscode.Uri;
  stageAll?: boolean;
}

const OPEN_SOURCE_CONTROL: Step = { title: 'Open Source Control', command: 'workbench.view.scm' };

/** The repository that a command is about: the one it was given, else the selected one; undefined where Git knows of none. */
export async function repositoryMeant(given: unknown): Promise<Repository | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  try {
    const { state, repositories } = (await extension?.activate())?.getAPI(1) ?? { state: 'uninitialized', repositories: [] };
    if (state !== 'initialized') return undefined;
    const root = (given as Asked | undefined)?.rootUri?.toString();
    return repositories.find(({ rootUri }) => rootUri.toString() === root) ?? repositories.find(({ ui }) => ui.selected) ?? repositories[0];
  } catch {
    return undefined; // Git is switched off, or not installed.
  }
}

/** The folder to ask the server about: a repository within the workspace, else the workspace folder within it. */
export function folderOf(root: vscode.Uri, folders: readonly { uri: vscode.Uri }[]): string | undefined {
  const holds = (outer: vscode.Uri, inner: vscode.Uri) => outer.toString() === inner.toString() || inner.toString().startsWith(`${outer}/`);
  if (folders.some(({ uri }) => holds(uri, root))) return root.toString();
  return folders.find(({ uri }) => holds(root, uri))?.uri.toString();
}

/** Fail with what helps where there is nothing to write about. */
export async function refuseUnstaged({ rootUri, state }: Repository, given: unknown): Promise<void> {
  const { indexChanges, workingTreeChanges, untrackedChanges } = state;
  if (indexChanges.length > 0) return;
  if (workingTreeChanges.length + untrackedChanges.length === 0) throw new Failure('Nothing has changed, so there is nothing to write a message about.', []);
  if ((given as Asked | undefined)?.stageAll !== true) {
    const stage: Step = { title: 'Stage All and Write It', command: 'aurelis.commitMessage', arguments: [{ rootUri, stageAll: true }] };
    throw new Failure('Nothing is staged; the message is about what is.', [stage, OPEN_SOURCE_CONTROL]);
  }
  await vscode.commands.executeCommand('git.stageAll', rootUri);
}

/** Put a message into the repository's box. */
export async function fillCommitMessage({ inputBox }: Repository, message: string): Promise<void> {
  inputBox.value = message;
  await vscode.commands.executeCommand('workbench.view.scm');
}
