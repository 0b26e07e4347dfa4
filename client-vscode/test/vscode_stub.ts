// What the tested files need of the module that only VS Code has.
export class CancellationError extends Error {}
export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}
export const workspace = { isTrusted: true };
export const window = {};
export const commands = {};
export const env = {};
export class ThemeColor {
  constructor(readonly id: string) {}
}
export enum LogLevel {
  Off = 0,
  Trace = 1,
}
