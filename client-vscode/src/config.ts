// What the server is sent as settings, built from what people really set.
//
// Scopes are not enough: VS Code merges keys that nobody declared into a workspace's answer, so `aurelis.providers.x.baseUrl`
// in a repository's settings would send code elsewhere. Hence only declared keys are read, one by one, by `inspect`; of
// those that only the user may set, the user's value alone counts; and defaults of the manifest are not sent, because they
// would cover what stands in the user's own settings file.
import * as vscode from 'vscode';

export const SECTION = 'aurelis';
/** The extension's own settings, which the server does not know. */
const OWN = ['aurelis.client.', 'aurelis.trace.'];

export interface Declared {
  /** The whole key, `aurelis.hover.mode`. */
  key: string;
  userOnly: boolean;
  trustedOnly: boolean;
}

/** What `inspect` says of one key. */
export interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

interface Manifest {
  contributes?: { configuration?: { properties?: Record<string, { scope?: string }> }[] };
  capabilities?: { untrustedWorkspaces?: { restrictedConfigurations?: string[] } };
}

/** The server's settings that the manifest declares. */
export function declaredSettings(manifest: Manifest): Declared[] {
  const restricted = new Set(manifest.capabilities?.untrustedWorkspaces?.restrictedConfigurations ?? []);
  const properties = (manifest.contributes?.configuration ?? []).flatMap((part) => Object.entries(part.properties ?? {}));
  return properties
    .filter(([key]) => !OWN.some((prefix) => key.startsWith(prefix)))
    .map(([key, { scope }]) => ({ key, userOnly: scope === 'machine', trustedOnly: restricted.has(key) }));
}

/** The tree of all explicitly set values; a key that is set nowhere is absent. */
export function collectSettings(declared: readonly Declared[], inspect: (key: string) => Inspected | undefined, trusted: boolean): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const { key, userOnly, trustedOnly } of declared) {
    const found = inspect(key);
    if (found === undefined) continue;
    const layers = userOnly || (trustedOnly && !trusted) ? [found.globalValue] : [found.globalValue, found.workspaceValue, found.workspaceFolderValue];
    const value = layers.reduce(over, undefined);
    if (value !== undefined) put(tree, key.split('.').slice(1), value);
  }
  return tree;
}

const isTable = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Tables are merged, everything else is replaced; no value leaves what was. */
function over(below: unknown, value: unknown): unknown {
  if (value === undefined) return below;
  return isTable(below) && isTable(value) ? { ...below, ...value } : value;
}

function put(tree: Record<string, unknown>, path: string[], value: unknown): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const below = tree[name];
  const table = isTable(below) ? below : {};
  tree[name] = table;
  put(table, rest, value);
}

/** The settings as they are now. */
export class ServerSettings {
  private readonly declared: Declared[];

  constructor(manifest: unknown) {
    this.declared = declaredSettings(manifest as Manifest);
  }

  tree(): Record<string, unknown> {
    const configuration = vscode.workspace.getConfiguration();
    return collectSettings(this.declared, (key) => configuration.inspect(key), vscode.workspace.isTrusted);
  }
}

export type Preview = 'always' | 'severalFiles' | 'never';

/** When an edit is shown before it is made. */
export function previewMode(): Preview {
  return vscode.workspace.getConfiguration(SECTION).get<Preview>('client.preview', 'severalFiles');
}

/** The interpreter that the user named; a workspace cannot name one. */
export function chosenInterpreter(): string | undefined {
  const value = vscode.workspace.getConfiguration(SECTION).inspect<string | null>('client.interpreter')?.globalValue;
  return typeof value === 'string' && value.trim() ? value.trim() : undefined;
}
