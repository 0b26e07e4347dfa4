// The messages that LSP does not have, and the shapes of what commands answer; docs/protocol.md describes them.
import type { Position, Range, WorkspaceEdit } from 'vscode-languageserver-protocol';

export const STREAM = 'aurelis/stream';
export const STATUS = 'aurelis/status';
export const SET_TOKEN = 'aurelis/auth/setToken';
export const TRUST = 'aurelis/trust';

/** A piece of an answer that is still being written. `index` counts from 0 within one request. */
export interface StreamMessage {
  requestId: string;
  workDoneToken?: string | number;
  index: number;
  delta: string;
  done?: boolean;
}

/** What the status item shows. `retryAt` is seconds since the epoch. */
export interface StatusMessage {
  health: 'ok' | 'warning' | 'error';
  busy: boolean;
  model?: string;
  message?: string;
  retryAt?: number;
}

export interface SetTokenParams {
  provider: string;
  token: string | null;
  origin?: string;
}

/** The one object that task commands take. */
export interface TaskArguments {
  textDocument?: { uri: string };
  range?: Range;
  position?: Position;
  instruction?: string;
  question?: string;
  context?: string[];
  folder?: string;
  model?: string;
  apply?: boolean;
}

/** What a task command answers. */
export interface Result {
  requestId: string;
  task: string;
  text: string;
  model: string;
  cached: 'memory' | 'redis' | 'disk' | null;
  usage: { promptTokens: number; completionTokens: number; totalTokens: number };
  costUsd: number | null;
  confidence: number;
  confidenceReasons?: string[];
  incomplete: boolean;
  durationMs: number;
  redactions: number;
  edit?: WorkspaceEdit;
  applied?: boolean;
  conflict?: boolean;
}

export interface BatchFailure {
  error: { message: string; kind?: string };
}

export interface BatchResult {
  requestId: string;
  results: (Result | BatchFailure)[];
}

/** The `data` of an error that an explicit request ends with. */
export interface FailureData {
  kind?: string;
  retryAfterSeconds?: number;
  requestId?: string | null;
}

/** A row of `aurelis.models`; a provider that could not be listed has `error` instead of a model. */
export interface ModelRow {
  model: string | null;
  provider: string;
  host?: string;
  local?: boolean;
  inputTokens?: number | null;
  outputTokens?: number | null;
  price?: { input: number | null; output: number | null } | null;
  health?: string;
  error?: string;
}

/** A row of `aurelis.auth.status`. */
export interface AuthenticationRow {
  provider: string;
  present: boolean;
  source?: string | null;
  origin?: string | null;
  required?: boolean;
  message?: string;
}

export interface HealthComponent {
  status: string;
  responseMs?: number | null;
  error?: string | null;
  next?: string | null;
}

export interface Health {
  timestamp: string | number;
  overall: string;
  components: Record<string, HealthComponent>;
}

interface Quantiles {
  p50: number | null;
  p95: number | null;
}

export interface Summary {
  requests: number;
  ok: number;
  errors: number;
  cancelled: number;
  durationMs: Quantiles;
  timeToFirstTokenMs: Quantiles;
  tokens: { prompt: number; completion: number };
  costUsd: number | null;
  cacheHits: Record<string, number>;
  hitRate: Record<string, number | null>;
  mechanisms: Record<string, number>;
  acceptance: Acceptance;
}

/** Ghost text that was shown, taken by its command, and typed out by hand, which is inferred from the keys that followed. */
export interface Acceptance {
  shown: number;
  accepted: number;
  characters: number;
  rate: number | null;
  inferred: number;
  inferredCharacters: number;
}

export interface Statistics {
  since: string;
  until: string;
  totals: Summary;
  byModel: Record<string, Summary>;
  /** Of ghost text alone. */
  byLanguage: Record<string, Summary>;
  byTask: Record<string, Summary>;
  overTime: Record<'hours' | 'days', { start: string; requests: number; errors: number; cached: number }[]>;
}

/** One entry of `aurelis.showRequest`: what was sent, redacted as it was. */
export interface SentRequest {
  record: { requestId: string; task: string; outcome: string; startedAt: number; model: unknown; durationMs: number } & Record<string, unknown>;
  messages: { role: string; content: string }[];
  prefix?: string | null;
  suffix?: string | null;
  answer?: string;
}
