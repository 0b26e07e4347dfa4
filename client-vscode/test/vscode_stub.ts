// What the tested files need of the module that only VS Code has; empty where they name it in code that no test runs. The
// bundler refuses a name that is missing here.
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
export const extensions = {};
export const languages = {};
export const LanguageStatusSeverity = {};
export const ProgressLocation = {};
export const QuickPickItemKind = {};
export const StatusBarAlignment = {};
export const ViewColumn = {};
export const Uri = {};
export class CancellationTokenSource {}
export class ThemeColor {
  constructor(readonly id: string) {}
}
export enum LogLevel {
  Off = 0,
  Trace = 1,
}
