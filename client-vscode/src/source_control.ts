// The commit message box of VS Code's own Git extension.
import * as vscode from 'vscode';

interface GitExtension {
  getAPI(version: 1): { repositories: { inputBox: { value: string }; ui: { selected: boolean } }[] };
}

/** Put a message into the box of the selected repository; false when there is none. */
export async function fillCommitMessage(message: string): Promise<boolean> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (extension === undefined) return false;
  try {
    const { repositories } = (await extension.activate()).getAPI(1);
    const repository = repositories.find(({ ui }) => ui.selected) ?? repositories[0];
    if (repository === undefined) return false;
    repository.inputBox.value = message;
    await vscode.commands.executeCommand('workbench.view.scm');
    return true;
  } catch {
    return false;
  }
}
