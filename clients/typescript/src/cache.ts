/** Answers kept under their ETag: the server is asked whether they still hold, and sends them only if not. */

/** An answer: its ETag, its Link header ("" where it had none) and its body. */
export interface Entry {
  etag: string;
  link: string;
  body: string;
}

/** Where answers are kept. A key holds the address and the API key: it is a secret. */
export interface Cache {
  get(key: string): Promise<Entry | undefined>;
  set(key: string, entry: Entry): Promise<void>;
}

/** The latest answers, up to `megabytes` of bodies together; forgotten with the process. */
export class MemoryCache implements Cache {
  readonly #entries = new Map<string, Entry>(); // in the order of their last use
  readonly #room: number;
  #used = 0;

  constructor(megabytes = 32) {
    this.#room = megabytes * 2 ** 20;
  }

  async get(key: string): Promise<Entry | undefined> {
    const entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  async set(key: string, entry: Entry): Promise<void> {
    this.#forget(key);
    if (entry.body.length > this.#room) return;
    this.#entries.set(key, entry);
    this.#used += entry.body.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#used <= this.#room) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#used -= this.#entries.get(key)?.body.length ?? 0;
    this.#entries.delete(key);
  }
}
