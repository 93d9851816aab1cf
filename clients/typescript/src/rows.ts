/** The rows of a dataset, read page by page while they are iterated. */

import { DataChanged } from "./errors.js";
import type { FeedMeta } from "./models.js";
import type { Answer, Query } from "./transport.js";

const ATTEMPTS = 3; // at all rows, while imports go on

interface Page<Row> {
  data: Row[];
  meta: FeedMeta;
}

/**
 * The rows that answer a question: `for await (const row of rows)`.
 *
 * Nothing is asked before the first row is. Each iteration asks the server again; what has not changed comes
 * from the cache.
 */
export class Rows<Row> implements AsyncIterable<Row> {
  constructor(
    private readonly ask: (query: Query) => Promise<Answer>,
    private readonly query: Query,
    private readonly limit?: number,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const page of this.pages()) yield* page;
  }

  /** The rows as the server gives them, a list a request. Throws DataChanged if an import came between two. */
  async *pages(): AsyncGenerator<Row[]> {
    let left = this.limit ?? Infinity;
    let version: string | null | undefined;
    for (let query: Query | undefined = this.query; query !== undefined && left > 0; ) {
      const answer: Answer = await this.ask(query);
      const { data, meta } = JSON.parse(answer.body) as Page<Row>;
      if (version !== undefined && meta.data_updated_at !== version) {
        throw new DataChanged("The data changed while they were read, so that pages no longer fit together.");
      }
      version = meta.data_updated_at;
      const rows = data.slice(0, left);
      yield rows;
      left -= rows.length;
      query = next(answer.link);
    }
  }

  /** What was asked, every default told; of several pages, the first one's. */
  async meta(): Promise<FeedMeta> {
    return (JSON.parse((await this.ask(this.query)).body) as Page<Row>).meta;
  }

  /** All rows. What changes meanwhile is read again. */
  async toArray(): Promise<Row[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const rows: Row[] = [];
        for await (const page of this.pages()) for (const row of page) rows.push(row);
        return rows;
      } catch (error) {
        if (!(error instanceof DataChanged) || attempt === ATTEMPTS) throw error;
      }
    }
  }
}

/** The question for the next page. Only the question: a key is sent nowhere but to its own server. */
function next(link: string): Query | undefined {
  const found = /<([^>]*)>\s*;\s*rel="next"/.exec(link)?.[1];
  if (found === undefined) return undefined;
  const query: Record<string, string> = {};
  for (const [name, value] of new URL(found).searchParams) {
    query[name] = name in query ? `${query[name]},${value}` : value;
  }
  return query;
}
