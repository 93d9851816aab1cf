/** Flux: one server, the keys for it, and what can be asked of it. */

import { Analyses } from "./analyses.js";
import { type Cache, MemoryCache } from "./cache.js";
import { DataSources } from "./data_sources.js";
import { Datasets } from "./datasets.js";
import { Metrics } from "./metrics.js";
import type { ProfileDescription, Status } from "./models.js";
import { Projects } from "./projects.js";
import { type Kind, PREFIXES, Transport } from "./transport.js";

/** How a server is asked. */
export interface FluxOptions {
  /** Its address; else the environment's FLUX_URL. */
  baseUrl?: string;
  /**
   * A key `flux_bi_…` for the datasets, a key `flux_api_…` for projects, a key `flux_env_…` with its secret
   * `flux_cs_…` for metrics; else those of FLUX_KEYS.
   */
  keys?: readonly string[];
  /** How often a request is tried while the server is busy or away; 5. */
  attempts?: number;
  /** The most milliseconds to wait before another attempt; 90,000. */
  maxWaitMs?: number;
  /** Milliseconds that an answer may take; 60,000. */
  timeoutMs?: number;
  /** Where answers are kept; left out, the latest 32 MB in memory. */
  cache?: Cache;
}

/**
 * A Flux server: `new Flux("https://flux.example.org", "flux_bi_…")`, or with options.
 *
 * Throws TypeError without an address, or for a key of another kind, or two of one.
 */
export class Flux {
  readonly baseUrl: string;
  readonly datasets: Datasets;
  readonly projects: Projects;
  readonly dataSources: DataSources;
  readonly analyses: Analyses;
  readonly metrics: Metrics;
  readonly #transport: Transport;

  constructor(server: string | FluxOptions = {}, ...keys: string[]) {
    const options: FluxOptions = typeof server === "string" ? { baseUrl: server, keys } : server;
    const given = options.keys?.length ? options.keys : environment("FLUX_KEYS").split(/[\s,]+/).filter(Boolean);
    this.baseUrl = (options.baseUrl ?? environment("FLUX_URL")).replace(/\/+$/, "");
    if (!/^https?:\/\//.test(this.baseUrl)) {
      throw new TypeError(`Where is Flux? "${this.baseUrl}" is no address such as https://flux.example.org`);
    }
    const { attempts = 5, maxWaitMs = 90_000, timeoutMs = 60_000 } = options;
    const manners = { attempts, maxWaitMs, timeoutMs };
    const cache = options.cache ?? new MemoryCache();
    this.#transport = new Transport(this.baseUrl, byKind(given), manners, cache);
    this.datasets = new Datasets(this.#transport);
    this.projects = new Projects(this.#transport);
    this.dataSources = new DataSources(this.#transport);
    this.analyses = new Analyses(this.#transport);
    this.metrics = new Metrics(this.#transport);
  }

  /**
   * The profiles that the key may see, with the moment when their data last changed: with a key `flux_bi_…`, else
   * with a key `flux_api_…`.
   */
  async profiles(): Promise<ProfileDescription[]> {
    const kind = this.#transport.firstOf("bi", "api");
    return (await this.#transport.read<{ data: ProfileDescription[] }>(kind, "/api/v1/profiles")).data;
  }

  /** What is left of the hour's quota, and how fresh the data are; costs nothing. */
  async status(): Promise<Status> {
    return (await this.#transport.read<{ data: Status }>("bi", "/api/v1/status")).data;
  }
}

/** A variable of the environment; "" in a browser. */
function environment(name: string): string {
  return globalThis.process?.env?.[name] ?? "";
}

/** Each key under its kind, which is told by how it begins. */
function byKind(keys: readonly string[]): Map<Kind, string> {
  const found = new Map<Kind, string>();
  for (const key of keys) {
    const kind = (Object.keys(PREFIXES) as Kind[]).find((kind) => key.startsWith(PREFIXES[kind]));
    if (kind === undefined || found.has(kind)) {
      const what = kind === undefined ? "is of no use here" : "is the second of its kind";
      throw new TypeError(
        `A key that begins with "${key.slice(0, 9)}" ${what}: one flux_bi_… is for datasets, one flux_api_… for ` +
          "projects, flux_env_… with flux_cs_… for metrics.",
      );
    }
    found.set(kind, key);
  }
  return found;
}
