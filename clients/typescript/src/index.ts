/** A client of Flux: `new Flux(baseUrl, ...keys)`. Rows, projects and analyses come as typed objects. */

export { Flux, type FluxOptions } from "./flux.js";
export { MemoryCache, type Cache, type Entry } from "./cache.js";
export { Rows } from "./rows.js";
export type { Result, Variables } from "./metrics.js";
export {
  AnalysisFailed,
  ConnectionFailed,
  DataChanged,
  FluxError,
  Forbidden,
  InvalidRequest,
  MissingKey,
  NotFound,
  RateLimited,
  ServerError,
  TimedOut,
  Unauthorized,
} from "./errors.js";
export type { FileOptions } from "./data_sources.js";
export type { ListOptions } from "./projects.js";
export type * from "./models.js";
