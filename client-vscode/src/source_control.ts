// The commit message box of VS Code's own Git extension, and what is staged there.
import * as vscode from 'vscode';
import { Failure, type Step } from './failure';

interface Repository {
  inputBox: { value: string };
  ui: { selected: boolean };
  state: { indexChanges: unknown[]; workingTreeChanges: unknown[]; untrackedChanges: unknown[] };
}

interface GitExtension {
  getAPI(version: 1): { state: 'uninitialized' | 'initialized'; repositories: Repository[] };
}

/** The argument of `aurelis.commitMessage` that stages everything first. */
export const STAGE_ALL = 'stageAll';

const STAGE_AND_WRITE: Step = { title: 'Stage All and Write It', command: 'aurelis.commitMessage', arguments: [STAGE_ALL] };
const OPEN_SOURCE_CONTROL: Step = { title: 'Open Source Control', command: 'workbench.view.scm' };

/** Fail with what helps where Git knows that there is nothing to write about; where it does not know, the server will. */
export async function refuseUnstaged(stageAll: boolean): Promise<void> {
  const repository = await selected();
  if (repository === undefined) return;
  const { indexChanges, workingTreeChanges, untrackedChanges } = repository.state;
  if (indexChanges.length > 0) return;
  if (workingTreeChanges.length + untrackedChanges.length === 0) throw new Failure('Nothing has changed, so there is nothing to write a message about.', []);
  if (!stageAll) throw new Failure('Nothing is staged; the message is about what is.', [STAGE_AND_WRITE, OPEN_SOURCE_CONTROL]);
  await vscode.commands.executeCommand('git.stageAll');
}

/** Put a message into the box of the selected repository; false when there is none. */
export async function fillCommitMessage(message: string): Promise<boolean> {
  const repository = await selected();
  if (repository === undefined) return false;
  repository.inputBox.value = message;
  await vscode.commands.executeCommand('workbench.view.scm');
  return true;
}

async function selected(): Promise<Repository | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  try {
    const { state, repositories } = (await extension?.activate())?.getAPI(1) ?? { state: 'uninitialized', repositories: [] };
    return state === 'initialized' ? (repositories.find(({ ui }) => ui.selected) ?? repositories[0]) : undefined;
  } catch {
    return undefined; // Git is switched off, or not installed.
  }
}
