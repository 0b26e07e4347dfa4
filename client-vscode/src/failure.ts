// One message for one failure, with the next step as a button; cancelled work is no failure.
import * as vscode from 'vscode';
import { ConnectionError, ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver-protocol';
import { inThePalette } from './palette';
import type { FailureData } from './protocol';

export interface Step {
  title: string;
  command: string;
  arguments?: unknown[];
}

export const SIGN_IN: Step = { title: 'Sign In', command: 'aurelis.signIn' };
export const OPEN_SETTINGS: Step = { title: 'Open Settings', command: 'aurelis.openSettings' };
export const SHOW_LOG: Step = { title: 'Show Log', command: 'aurelis.showLog' };
export const RESTART: Step = { title: 'Restart', command: 'aurelis.restart' };

/** What the model said whose answer is of no use; it is in the server's memory alone, not in this failure. */
const showAnswer = (requestId: string): Step => ({ title: 'Show Answer', command: 'aurelis.showAnswer', arguments: [{ requestId }] });

/** A failure whose sentence and next steps are known. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly steps: readonly Step[] = [SHOW_LOG],
  ) {
    super(message);
  }
}

/** The settings that a failure is about, not all of them. */
const settings = (about: string): Step => ({ ...OPEN_SETTINGS, arguments: [about] });

const STEPS: Record<string, readonly Step[]> = {
  auth: [SIGN_IN, SHOW_LOG],
  budget: [settings('aurelis.requests.dailyBudgetUsd')],
  configuration: [OPEN_SETTINGS, SHOW_LOG],
  consent: [settings('aurelis.automatic.remote')],
  excluded: [settings('aurelis.privacy')],
  gone: [settings('aurelis.providers')],
  network: [settings('aurelis.providers'), SHOW_LOG],
  secrets: [settings('aurelis.privacy')],
};

export function isCancellation(error: unknown): boolean {
  if (error instanceof vscode.CancellationError) return true;
  return error instanceof ResponseError && (error.code === LSPErrorCodes.RequestCancelled || error.code === LSPErrorCodes.ServerCancelled);
}

/** Whether the other end went away before it answered. */
export function isDisconnection(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ResponseError && (error.code === ErrorCodes.PendingResponseRejected || error.code === ErrorCodes.ConnectionInactive);
}

/** The failure in a person's words: the server's sentence, or what our own code said. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (isDisconnection(error)) return new Failure('The language server ended before it answered. Try again in a moment.');
  const message = error instanceof Error ? error.message : String(error);
  const data = error instanceof ResponseError ? (error.data as FailureData | undefined) : undefined;
  const kind = data?.kind;
  // A sentence that begins with a name (`custom/default gave ...`) keeps it as it is.
  const sentence = message.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  const steps = kind === 'invalid_response' && data?.requestId ? [showAnswer(data.requestId)] : STEPS[kind ?? ''];
  return new Failure(inThePalette(sentence), steps ?? [SHOW_LOG]);
}

/** Say it once and offer the next steps; returns when the message is gone. */
export async function showFailure(error: unknown): Promise<void> {
  if (isCancellation(error)) return;
  const { message, steps } = asFailure(error);
  await offer(vscode.window.showErrorMessage(message, ...steps.map(({ title }) => title)), steps);
}

/** Run the step that was chosen, if one was. */
export async function offer(choice: Thenable<string | undefined>, steps: readonly Step[]): Promise<void> {
  const title = await choice;
  const step = steps.find((one) => one.title === title);
  if (step !== undefined) await vscode.commands.executeCommand(step.command, ...(step.arguments ?? []));
}
