/** A cache in a folder, for Node: `import { DirectoryCache } from "flux-client/directory"`. */

import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Cache, Entry } from "./cache.js";

/**
 * The latest answers as files of a folder, up to `megabytes` together; they outlive the process.
 *
 * The files hold what the feeds hold: the folder is made readable for its owner alone.
 */
export class DirectoryCache implements Cache {
  readonly #folder: string;
  readonly #room: number;

  constructor(folder: string, megabytes = 256) {
    this.#folder = folder;
    this.#room = megabytes * 2 ** 20;
  }

  /** What is kept under the key; a file that cannot be read is none. */
  async get(key: string): Promise<Entry | undefined> {
    const path = this.#path(key);
    try {
      const [head = "", body = ""] = split(await readFile(path, "utf8"));
      const [etag, link, digest] = JSON.parse(head) as [string, string, string];
      if (digest !== sha256(body)) return undefined;
      await utimes(path, new Date(), new Date());
      return { etag, link, body };
    } catch {
      return undefined;
    }
  }

  /** Keeps an answer, whole or not at all, and removes the files that were not used for longest. */
  async set(key: string, { etag, link, body }: Entry): Promise<void> {
    if (Buffer.byteLength(body) > this.#room) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const part = join(this.#folder, `${randomUUID()}.part`);
    await writeFile(part, `${JSON.stringify([etag, link, sha256(body)])}\n${body}`, { mode: 0o600 });
    await rename(part, this.#path(key));
    await this.#makeRoom();
  }

  async #makeRoom(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(".cache"));
    const paths = names.map((name) => join(this.#folder, name));
    const files = await Promise.all(paths.map(async (path) => ({ path, ...(await sizeAndUse(path)) })));
    let excess = files.reduce((sum, file) => sum + file.size, 0) - this.#room;
    for (const file of files.sort((a, b) => a.used - b.used)) {
      if (excess <= 0) return;
      await rm(file.path, { force: true });
      excess -= file.size;
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${sha256(key)}.cache`);
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function split(text: string): [string, string] {
  const end = text.indexOf("\n");
  return [text.slice(0, end), text.slice(end + 1)];
}

/** Of a file that another process may have removed meanwhile. */
async function sizeAndUse(path: string): Promise<{ size: number; used: number }> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { size, used: mtimeMs };
  } catch {
    return { size: 0, used: 0 };
  }
}
