// A piece of code to try everything on, for somebody who has no project open.
import * as vscode from 'vscode';

/** Its end is where a person would go on typing; what belongs there stands above it, so that rules can tell. */
export const EXAMPLE = `# Try Aurelis here


def celsius(fahrenheit: float) -> float:
    return (fahrenheit - 32) / 1.8


def average(values: list[float]) -> float:
    if not values:
        raise ValueError("There are no values.")
    return sum(values) / len(values)


def highest(values: list[float]) -> float:
    if not values:
        raise `;

/** Open it as a file without a name, the cursor at its end. */
export async function openExample(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: EXAMPLE });
  const end = document.positionAt(EXAMPLE.length);
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Active, selection: new vscode.Range(end, end) });
  // By itself ghost text comes with a key press, and none has been pressed here.
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
}
