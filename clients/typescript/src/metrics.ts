/** SQL on the account's own rows, and saved metrics. */

import { Unauthorized } from "./errors.js";
import type { ResultMeta } from "./models.js";
import { type Transport, written } from "./transport.js";

const EARLY_MS = 60_000; // before its end, a token counts as used up
const TOKEN = "/metrics/auth/token";

/** What a query gave: its rows, each by the names of its columns, and what there is to say of them. */
export interface Result<Row = Record<string, unknown>> {
  rows: Row[];
  meta: ResultMeta;
}

/** Values of variables by their names. */
export type Variables = Record<string, string | number | boolean | null | readonly (string | number | boolean)[]>;

interface Token {
  text: string;
  ends: number;
}

/** The Metrics API, with an environment key `flux_env_…` and its client secret `flux_cs_…`. For servers only. */
export class Metrics {
  #token: Promise<Token> | undefined;

  constructor(private readonly transport: Transport) {}

  /** The rows of a saved metric; variables left out have their defaults. */
  query<Row = Record<string, unknown>>(metricId: string, variables: Variables = {}): Promise<Result<Row>> {
    return this.ask(`/metrics/query/${encodeURIComponent(metricId)}`, { variables });
  }

  /** The rows of an SQL statement, in which `@{name}` stands for a variable's value. */
  sql<Row = Record<string, unknown>>(text: string, variables: Variables = {}): Promise<Result<Row>> {
    const bytes = new TextEncoder().encode(text);
    const encodedQuery = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    return this.ask("/metrics/query", { encodedQuery, variables });
  }

  /** The answer, with another token where the server takes the one at hand for ended. */
  private async ask<Row>(path: string, body: object): Promise<Result<Row>> {
    const post = async (token: string) =>
      this.transport.post<{ data: Row[]; meta: ResultMeta }>(path, written(body), token);
    const token = await this.goodToken();
    const told = await post(token).catch(async (error: unknown) => {
      if (!(error instanceof Unauthorized)) throw error;
      return post(await this.goodToken(token));
    });
    return { rows: told.data, meta: told.meta };
  }

  /** An access token, the same for an hour; calls that need one at once ask for one. */
  private async goodToken(insteadOf?: string): Promise<string> {
    const held = this.#token;
    const known = await held?.catch(() => undefined);
    if (known && known.text !== insteadOf && Date.now() < known.ends) return known.text;
    if (this.#token === held) this.#token = this.newToken(); // nobody has asked for one meanwhile
    return (await this.#token!).text;
  }

  private async newToken(): Promise<Token> {
    const keys = {
      environmentApiKey: this.transport.key("env", TOKEN),
      clientSecret: this.transport.key("secret", TOKEN),
    };
    const told = await this.transport.post<{ accessToken: string; expiresIn: number }>(TOKEN, written(keys));
    return { text: told.accessToken, ends: Date.now() + told.expiresIn * 1_000 - EARLY_MS };
  }
}
