// Wires the parts together; everything else is in the file that its name says.
import * as vscode from 'vscode';
import { AnswerView } from './answer';
import { Authentication } from './auth';
import type { AurelisClient } from './client';
import { registerCommands } from './commands';
import { Dashboard } from './dashboard';
import { cleanChannel, Redactor } from './log';
import { STATUS, STREAM, type StatusMessage, type StreamMessage } from './protocol';
import { RequestDocuments } from './request_documents';
import { StatusItems, viewOf } from './status';
import { Supervisor } from './supervisor';

let supervisor: Supervisor | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const redactor = new Redactor();
  const output = vscode.window.createOutputChannel('Aurelis', { log: true });
  const channel = cleanChannel(output, redactor);
  const answers = new AnswerView();
  const dashboard = new Dashboard();
  const requests = new RequestDocuments();
  const items = new StatusItems();
  let status: StatusMessage | undefined;
  const showStatus = () => items.show(viewOf(server.state, server.explanation, status, Date.now()));

  const listen = (client: AurelisClient) => {
    client.onNotification(STREAM, (message: StreamMessage) => answers.streamed(message));
    client.onNotification(STATUS, (message: StatusMessage) => {
      status = message;
      showStatus();
    });
  };
  const server = new Supervisor(context, channel, { listen, handOver: (client) => authentication.handOver(client) });
  const authentication = new Authentication(context.secrets, redactor, () => server.ready());
  supervisor = server;

  context.subscriptions.push(
    output,
    answers,
    dashboard,
    requests,
    items,
    server,
    ...registerCommands({ supervisor: server, authentication, answers, dashboard, requests, channel, status: () => status }),
    server.onLife((life) => {
      if (life !== 'running') status = undefined;
      showStatus();
    }),
    context.secrets.onDidChange(({ key }) => void authentication.changed(key, server.running())),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.trustGranted()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('aurelis.client.interpreter')) void server.restart();
    }),
  );
  // Not awaited: the editor must not wait for a server, and commands wait by themselves.
  void server.restart();
}

export async function deactivate(): Promise<void> {
  await supervisor?.stop();
}
