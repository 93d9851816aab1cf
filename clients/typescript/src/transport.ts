/** Requests and answers: the right key, another attempt where it may help, a body not sent twice. */

import type { Cache } from "./cache.js";
import { ConnectionFailed, type FluxError, MissingKey, told } from "./errors.js";

const RETRIED = [429, 502, 503, 504];
const LONGEST_PAUSE = 8_000; // ms between attempts, where the server does not say
export const PREFIXES = { bi: "flux_bi_", api: "flux_api_", env: "flux_env_", secret: "flux_cs_" } as const;

export type Kind = keyof typeof PREFIXES;
export type Query = object;

/** An answer of success: its body, and its Link header ("" where there is none). */
export interface Answer {
  body: string;
  link: string;
}

/** How often a request is tried, and how long is waited: milliseconds. */
export interface Manners {
  attempts: number;
  maxWaitMs: number;
  timeoutMs: number;
}

/** A server, the keys for it, and how it is asked. */
export class Transport {
  readonly #keys: ReadonlyMap<Kind, string>; // out of sight of console.log

  constructor(
    private readonly baseUrl: string,
    keys: ReadonlyMap<Kind, string>,
    private readonly manners: Manners,
    private readonly cache: Cache,
  ) {
    this.#keys = keys;
  }

  /** The answer to GET with the key of this kind; from the cache if the server says that it still holds. */
  async get(kind: Kind, path: string, query: Query = {}): Promise<Answer> {
    const key = this.key(kind, path);
    const url = address(this.baseUrl + path, query);
    const kept = await this.cache.get(`${key}\n${url}`);
    const headers = kept ? { "If-None-Match": kept.etag } : undefined;
    const [answer, body] = await this.ask("GET", url, key, { headers, cache: "no-store" });
    if (kept && answer.status === 304) return kept;
    const [link, etag] = [answer.headers.get("Link") ?? "", answer.headers.get("ETag")];
    if (etag) await this.cache.set(`${key}\n${url}`, { etag, link, body });
    return { body, link };
  }

  /** The JSON value that answers GET. */
  async read<T>(kind: Kind, path: string, query: Query = {}): Promise<T> {
    return JSON.parse((await this.get(kind, path, query)).body);
  }

  /** The JSON value that answers a request that changes something, made once however often it is tried. */
  async send<T>(method: string, path: string, content?: Blob, query: Query = {}): Promise<T> {
    const headers = new Headers();
    if (content) headers.set("Content-Type", content.type);
    if (method === "POST") headers.set("Idempotency-Key", newKey());
    const url = address(this.baseUrl + path, query);
    const [, body] = await this.ask(method, url, this.key("api", path), { headers, body: content });
    return JSON.parse(body || "null");
  }

  /** The JSON value that answers a POST which only asks, and so may be tried again as it is. */
  async post<T>(path: string, content: Blob, token?: string): Promise<T> {
    const headers = { "Content-Type": content.type };
    const [, body] = await this.ask("POST", this.baseUrl + path, token, { headers, body: content });
    return JSON.parse(body);
  }

  /** The first of these kinds of which there is a key; without any, the first. */
  firstOf(first: Kind, ...others: Kind[]): Kind {
    return [first, ...others].find((kind) => this.#keys.has(kind)) ?? first;
  }

  /** The key of this kind. Throws MissingKey, naming the path that needs it. */
  key(kind: Kind, path: string): string {
    const key = this.#keys.get(kind);
    if (key) return key;
    const prefix = PREFIXES[kind];
    throw new MissingKey(
      `${path} needs a key that begins with ${prefix}, and none was given: ` +
        `new Flux(baseUrl, "${prefix}…"), or the environment's FLUX_KEYS.`,
    );
  }

  /** An answer of success and its body. Tries again after 429, 502, 503, 504 and broken connections. */
  private async ask(method: string, url: string, key: string | undefined, init: RequestInit): Promise<[Response, string]> {
    for (let attempt = 1; ; attempt++) {
      let failed: FluxError;
      let wait: number | undefined;
      try {
        const answer = await this.once(method, url, key, init);
        const body = await answer.text();
        if (answer.ok || answer.status === 304) return [answer, body];
        if (method === "DELETE" && answer.status === 404 && attempt > 1) {
          return [answer, ""]; // gone since the attempt whose answer was lost
        }
        wait = retryAfter(answer.headers.get("Retry-After"));
        failed = told(answer, body, wait);
      } catch (error) {
        failed = new ConnectionFailed(`${method} ${url.split("?")[0]}: no answer (${reason(error)}).`);
      }
      const worthwhile = failed.status === undefined || RETRIED.includes(failed.status);
      const pause = pauseOf(attempt, wait);
      if (!worthwhile || attempt >= this.manners.attempts || pause > this.manners.maxWaitMs) throw failed;
      await sleep(pause);
    }
  }

  private once(method: string, url: string, key: string | undefined, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (key !== undefined) headers.set("Authorization", `Bearer ${key}`);
    const signal = AbortSignal.timeout(this.manners.timeoutMs);
    // A redirected POST would arrive as GET.
    return fetch(url, { ...init, method, headers, signal, redirect: "manual", credentials: "omit" });
  }
}

/** JSON as a body. */
export function written(value: object): Blob {
  return new Blob([JSON.stringify(value)], { type: "application/json" });
}

/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** With parameters as they are sent: lists separated by commas, undefined and null left out. */
function address(url: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const sent = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length > 0 ? `${url}?${sent}` : url;
}

/** ms before the next attempt: as the server says, else doubled each time; spread a little. */
function pauseOf(attempt: number, wait: number | undefined): number {
  const spread = Math.random();
  if (wait !== undefined) return 1_000 * (wait + spread / 4);
  return (Math.min(LONGEST_PAUSE, 500 * 2 ** (attempt - 1)) * (1 + spread)) / 2;
}

/** Seconds, from a number or an HTTP date. */
function retryAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : Math.max(0, (moment - Date.now()) / 1_000);
}

/** A new Idempotency-Key; browsers know randomUUID on https alone, Node from 19 on. */
function newKey(): string {
  const random = () => Math.random().toString(36).slice(2);
  return globalThis.crypto?.randomUUID?.() ?? `${Date.now()}-${random()}-${random()}`;
}

/** The innermost reason: fetch says no more than "fetch failed". */
function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause !== undefined) return reason(cause);
  return error instanceof Error ? error.message || error.name : String(error);
}
