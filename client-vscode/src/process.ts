// Running a program to its end: no shell, output bounded, cancellable.
import { spawn } from 'node:child_process';

export interface RunOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface Ended {
  /** 127 when it could not be started, 130 when it was stopped. */
  code: number;
  output: string;
  errors: string;
}

export type Run = (program: string, args: readonly string[], options: RunOptions) => Promise<Ended>;

/** Characters of each stream that are kept: the end says why something failed. */
const KEPT = 64_000;

export const run: Run = (program, args, { cwd, env, timeoutMs, signal }) =>
  new Promise((resolve) => {
    const stopped = AbortSignal.any([...(signal ? [signal] : []), ...(timeoutMs ? [AbortSignal.timeout(timeoutMs)] : [])]);
    const child = spawn(program, args, { cwd, env, signal: stopped, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-KEPT);
    });
    child.on('error', (error) => resolve({ code: stopped.aborted ? 130 : 127, output, errors: errors || error.message }));
    child.on('close', (code) => resolve({ code: code ?? 130, output, errors }));
  });
