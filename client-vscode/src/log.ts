// The one log channel, and what must never be written to it: a verbose trace prints the parameters of every message.
import type { LogOutputChannel } from 'vscode';
import { SET_TOKEN } from './protocol';

const HIDDEN = '***';
/** Texts shorter than this are not searched for: replacing them would destroy the log and hide nothing. */
const SHORTEST_SECRET = 6;

/** Takes secrets out of text. Bounded by the tokens that a person signed in with. */
export class Redactor {
  private readonly secrets = new Set<string>();

  learn(secret: string): void {
    if (secret.length >= SHORTEST_SECRET) this.secrets.add(secret);
  }

  /** The text with every known secret replaced, as it is and as JSON writes it; parameters with a token are left out whole. */
  clean(text: string): string {
    const [first, ...rest] = text.split('\n');
    let cleaned = rest.length > 0 && first?.includes(SET_TOKEN) ? `${first}\nParams: ${HIDDEN}` : text;
    // A trace of another format is one JSON object on one line.
    if (cleaned.includes(SET_TOKEN)) cleaned = cleaned.replace(/("token"\s*:\s*)"(?:[^"\\]|\\.)*"/g, `$1"${HIDDEN}"`);
    for (const secret of this.secrets) {
      for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1)])) cleaned = cleaned.replaceAll(form, HIDDEN);
    }
    return cleaned;
  }
}

/** The same channel, cleaned: every line that our code, the language client or the server writes goes through the redactor. */
export function cleanChannel(channel: LogOutputChannel, redactor: Redactor): LogOutputChannel {
  const writers = new Set(['trace', 'debug', 'info', 'warn', 'error', 'append', 'appendLine', 'replace']);
  return new Proxy(channel, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== 'function') return member;
      if (typeof name !== 'string' || !writers.has(name)) return member.bind(target) as unknown;
      return (first: unknown, ...others: unknown[]) => {
        const text = [first, ...others].map((part) => (part instanceof Error ? (part.stack ?? part.message) : String(part))).join(' ');
        return member.call(target, redactor.clean(text)) as unknown;
      };
    },
  });
}
