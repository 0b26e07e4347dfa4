// The interpreter that the Python extension has selected, where that extension is installed.
import * as vscode from 'vscode';

const ID = 'ms-python.python';

/** The part of its public interface that is used here. */
interface PythonExtension {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): unknown;
    resolveEnvironment(environment: unknown): Promise<{ executable?: { uri?: vscode.Uri } } | undefined>;
  };
}

/** The selected interpreter, or undefined; a failure of another extension is none of ours. */
export async function pythonExtensionInterpreter(): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>(ID);
  if (extension === undefined) return undefined;
  try {
    const { environments } = await extension.activate();
    const active = environments?.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
    return (await environments?.resolveEnvironment(active))?.executable?.uri?.fsPath;
  } catch {
    return undefined;
  }
}
