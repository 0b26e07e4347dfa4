// Tokens: kept in VS Code's SecretStorage, which is the system's keychain, and handed to each server that starts.
//
// All tokens are one secret, because the storage cannot be listed. They are never logged, and never in a setting.
import * as vscode from 'vscode';
import type { AurelisClient } from './client';
import { Failure, showFailure } from './failure';
import type { Redactor } from './log';
import { type AuthenticationRow, SET_TOKEN, type SetTokenParams } from './protocol';
import vendors from './vendors.json';

const KEY = 'aurelis.tokens';
const LONGEST_TOKEN = 10_000;

interface Kept {
  token: string;
  /** Scheme, host and port that the token is for, as far as the server knew it at sign-in. */
  origin?: string;
}

type Tokens = Record<string, Kept>;

export class Authentication {
  /** What each provider was last handed, so that another window's sign-out is noticed. */
  private handedOver = new Set<string>();

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly redactor: Redactor,
    private readonly ready: () => Promise<AurelisClient>,
  ) {}

  /** Give a server that has just started every token. */
  async handOver(client: AurelisClient): Promise<void> {
    const tokens = await this.read();
    this.handedOver = new Set(Object.keys(tokens));
    for (const [provider, { token, origin }] of Object.entries(tokens)) await this.send(client, provider, token, origin);
  }

  /** The secret changed, here or in another window. */
  async changed(key: string, client: AurelisClient | undefined): Promise<void> {
    if (key !== KEY || client === undefined) return;
    const tokens = await this.read();
    for (const provider of this.handedOver) if (!(provider in tokens)) await this.send(client, provider, null);
    await this.handOver(client);
  }

  async signIn(): Promise<void> {
    const client = await this.ready();
    const { providers } = await client.execute<{ providers: AuthenticationRow[] }>('aurelis.auth.status', {});
    const provider = await chooseProvider(providers);
    if (provider === undefined) return;
    const token = await vscode.window.showInputBox({
      title: `Aurelis: sign in to ${provider}`,
      prompt: 'The token is kept in the keychain of this machine and sent to this provider alone.',
      placeHolder: 'Token or API key',
      password: true,
      ignoreFocusOut: true,
      validateInput: complaint,
    });
    if (token === undefined) return;
    const kept = token.trim();
    const origin = providers.find((row) => row.provider === provider)?.origin ?? undefined;
    this.redactor.learn(kept);
    await this.send(client, provider, kept, origin);
    const tokens = await this.read();
    await this.write({ ...tokens, [provider]: origin === undefined ? { token: kept } : { token: kept, origin } });
    void vscode.window.showInformationMessage(`Signed in to ${provider}.`);
  }

  async signOut(): Promise<void> {
    const tokens = await this.read();
    const providers = Object.keys(tokens);
    if (providers.length === 0) {
      void vscode.window.showInformationMessage('You are not signed in to any provider here.');
      return;
    }
    const provider = providers.length === 1 ? providers[0] : await vscode.window.showQuickPick(providers, { title: 'Aurelis: sign out of' });
    if (provider === undefined) return;
    const { [provider]: _removed, ...rest } = tokens;
    await this.write(rest);
    void vscode.window.showInformationMessage(`Signed out of ${provider}.`);
  }

  private async send(client: AurelisClient, provider: string, token: string | null, origin?: string): Promise<void> {
    if (token !== null) this.redactor.learn(token);
    const params: SetTokenParams = origin === undefined ? { provider, token } : { provider, token, origin };
    try {
      await client.sendRequest(SET_TOKEN, params);
    } catch (error) {
      void showFailure(error);
    }
  }

  private async read(): Promise<Tokens> {
    try {
      return JSON.parse((await this.secrets.get(KEY)) ?? '{}') as Tokens;
    } catch {
      return {};
    }
  }

  private async write(tokens: Tokens): Promise<void> {
    try {
      if (Object.keys(tokens).length === 0) await this.secrets.delete(KEY);
      else await this.secrets.store(KEY, JSON.stringify(tokens));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Failure(`The token cannot be kept in the keychain (${why}). It holds until this window is closed.`);
    }
  }
}

function complaint(value: string): string | undefined {
  const token = value.trim();
  if (token === '') return 'Paste the token that the provider gave you.';
  if (token.length > LONGEST_TOKEN) return 'This is too long for a token.';
  return /^[\x21-\x7e]+$/.test(token) ? undefined : 'A token has no blanks and only plain characters; check what was pasted.';
}

/** The providers of the settings first, then those that are known anyway, then any name. */
async function chooseProvider(rows: readonly AuthenticationRow[]): Promise<string | undefined> {
  const configured = rows.filter((row) => row.provider !== 'sandbox').map((row) => row.provider);
  const known = vendors.filter(({ name, keyRequired }) => keyRequired && !configured.includes(name));
  const items: (vscode.QuickPickItem & { provider?: string })[] = [
    ...configured.map((provider) => ({ label: provider, description: state(rows, provider), provider })),
    ...(configured.length > 0 ? [{ label: '', kind: vscode.QuickPickItemKind.Separator }] : []),
    ...known.map(({ name, title }) => ({ label: title, description: name, provider: name })),
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Aurelis: sign in',
    placeHolder: 'The provider that gave you a token',
    matchOnDescription: true,
  });
  return chosen?.provider;
}

function state(rows: readonly AuthenticationRow[], provider: string): string {
  const row = rows.find((one) => one.provider === provider);
  if (row?.present) return `signed in (${row.source ?? 'known'})`;
  return row?.required === false ? 'configured; needs no token' : 'configured; no token yet';
}
