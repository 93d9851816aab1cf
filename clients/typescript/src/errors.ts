/** What goes wrong, as exceptions: each with the server's status, code and message. */

/** What the server tells of a mistake. */
export interface Told {
  /** Of HTTP; undefined where no answer came. */
  status?: number;
  /** The server's word for the mistake. */
  code?: string;
  /** `parameter`, `value` and `constraint` where they apply. */
  details?: Record<string, string>;
  /** Names the request in the server's log. */
  requestId?: string;
}

/** A request that was not answered with success. */
export class FluxError extends Error {
  readonly status: number | undefined;
  readonly code: string;
  readonly details: Record<string, string>;
  readonly requestId: string | undefined;

  constructor(message: string, told: Told = {}) {
    super(message);
    this.name = new.target.name;
    this.status = told.status;
    this.code = told.code ?? "";
    this.details = told.details ?? {};
    this.requestId = told.requestId;
  }
}

/** The server cannot do what was asked: 400, 405, 409, 413, 415 or 422. */
export class InvalidRequest extends FluxError {}

/** 401: the key is unknown, expired or revoked. */
export class Unauthorized extends FluxError {}

/** 403: the key or the plan does not allow it. */
export class Forbidden extends FluxError {}

/** 404: there is no such thing, or not in this account. */
export class NotFound extends FluxError {}

/** 429: the quota is used up. */
export class RateLimited extends FluxError {
  /** Seconds until it is not; undefined where the server did not say. */
  retryAfter: number | undefined;
}

/** 5xx: the server could not answer. */
export class ServerError extends FluxError {}

/** No answer came: the server was not reached, or the connection broke. */
export class ConnectionFailed extends FluxError {}

/** The call needs a key of a kind that was not given. */
export class MissingKey extends FluxError {}

/** The data changed between two pages, so that rows would be missing or come twice: read again. */
export class DataChanged extends FluxError {}

/** An analysis or a data source that was waited for ended as `failed`; the server's reason. */
export class AnalysisFailed extends FluxError {}

/** What was waited for is neither completed nor failed yet. */
export class TimedOut extends FluxError {}

const BY_STATUS: Record<number, typeof FluxError> = {
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  429: RateLimited,
};

/** The exception for an answer that is no success; `wait`: its Retry-After in seconds. */
export function told(answer: Response, body: string, wait: number | undefined): FluxError {
  const { message, ...more } = reason(answer, body);
  const Kind = BY_STATUS[answer.status] ?? (answer.status >= 500 ? ServerError : InvalidRequest);
  const made = new Kind(message, { status: answer.status, ...more });
  if (made instanceof RateLimited) made.retryAfter = wait;
  return made;
}

function reason(answer: Response, body: string): Told & { message: string } {
  try {
    const { message, code, details, request_id: requestId } = JSON.parse(body).error;
    return { message, code, details, requestId };
  } catch {
    // What stands before the server answered, or this is no Flux.
    const where = answer.headers.get("Location") ?? "it does not say which";
    const moved = answer.type === "opaqueredirect" || (answer.status >= 300 && answer.status < 400);
    const message = moved
      ? `The server is at another address: ${where}`
      : `HTTP ${answer.status} without a reason that Flux would give.`;
    return { message, requestId: answer.headers.get("X-Request-Id") ?? undefined };
  }
}
