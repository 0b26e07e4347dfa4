// Somebody else's extension: it finds fault with a call and knows, without any model, how to mend it.
const vscode = require('vscode');

const FAULT = 'isdigit';

exports.activate = (context) => {
  const found = vscode.languages.createDiagnosticCollection('linter');
  const look = (document) => {
    if (document.languageId !== 'python') return;
    const at = document.getText().indexOf(FAULT);
    const range = new vscode.Range(document.positionAt(at), document.positionAt(at + FAULT.length));
    found.set(document.uri, at < 0 ? [] : [new vscode.Diagnostic(range, 'Say isdecimal.', vscode.DiagnosticSeverity.Warning)]);
  };
  vscode.workspace.textDocuments.forEach(look);
  const fixes = {
    provideCodeActions: (document, _range, { diagnostics }) =>
      diagnostics
        .filter(({ message }) => message === 'Say isdecimal.')
        .map((diagnostic) => {
          const action = new vscode.CodeAction('Change to isdecimal', vscode.CodeActionKind.QuickFix);
          action.diagnostics = [diagnostic];
          action.edit = new vscode.WorkspaceEdit();
          action.edit.replace(document.uri, diagnostic.range, 'isdecimal');
          return action;
        }),
  };
  context.subscriptions.push(
    found,
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)),
    vscode.languages.registerCodeActionsProvider({ language: 'python' }, fixes),
  );
};
