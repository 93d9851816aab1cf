/** The feeds: `flux.datasets.posts({ range: "last_year" })`, with the parameters of the server's reference. */

import type {
  BreakdownQuery,
  BreakdownRow,
  DailyActivityQuery,
  DailyActivityRow,
  DatasetDescription,
  EngagementTrendsQuery,
  EngagementTrendsRow,
  OverviewQuery,
  OverviewRow,
  PostsQuery,
  PostsRow,
} from "./models.js";
import { Rows } from "./rows.js";
import type { Query, Transport } from "./transport.js";

const PAGE = 5_000; // posts a request: some 3 MB

/** Every dataset, with a key `flux_bi_…`. */
export class Datasets {
  constructor(private readonly transport: Transport) {}

  /** Every dataset with its columns, parameters, limits and an example. */
  async catalog(): Promise<DatasetDescription[]> {
    return (await this.transport.read<{ data: DatasetDescription[] }>("bi", "/api/v1/datasets")).data;
  }

  /** Engagement over time: a row per profile and day, week or month (`granularity`), without gaps. */
  engagementTrends(query: EngagementTrendsQuery = {}): Rows<EngagementTrendsRow> {
    return this.rows("engagement-trends", query);
  }

  /** Posts with their counts as last read, newest first. `pageSize`: how many are asked for at once. */
  posts({ pageSize = PAGE, ...query }: PostsQuery & { pageSize?: number } = {}): Rows<PostsRow> {
    const limit = Math.min(pageSize, query.limit ?? pageSize);
    return this.rows("posts", { ...query, limit }, query.limit);
  }

  /** The scorecard of the window: a row per profile. */
  overview(query: OverviewQuery = {}): Rows<OverviewRow> {
    return this.rows("overview", query);
  }

  /** Posts grouped `by` weekday, hour, format or length: a row per profile and bucket. */
  breakdown(query: BreakdownQuery = {}): Rows<BreakdownRow> {
    return this.rows("breakdown", query);
  }

  /** Impressions and followers: a row per profile and day. */
  dailyActivity(query: DailyActivityQuery = {}): Rows<DailyActivityRow> {
    return this.rows("daily-activity", query);
  }

  private rows<Row>(dataset: string, query: Query, limit?: number): Rows<Row> {
    return new Rows((page) => this.transport.get("bi", `/api/v1/datasets/${dataset}`, page), query, limit);
  }
}
