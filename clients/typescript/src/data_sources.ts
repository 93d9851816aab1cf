/** Files sent to a project. */

import type { DataSource } from "./models.js";
import { type ListOptions, listAll, PROJECTS } from "./projects.js";
import type { Transport } from "./transport.js";
import { waitFor } from "./waiting.js";

/** What may be said of a file. */
export interface FileOptions {
  /** What to call it, with its ending; else the file's own name. */
  name?: string;
  /** The profile that a LinkedIn export is taken into, where there are several. */
  profile_id?: string;
  /** `table` keeps the file as a table of its own, `export` takes it in as posts or days. */
  kind?: "export" | "table";
  /** How to read dates such as 6/1/2026, where the file does not tell. */
  dates?: "day_first" | "month_first";
}

/** The data sources of a project, with a key `flux_api_…`. */
export class DataSources {
  constructor(private readonly transport: Transport) {}

  /** Every data source of the project; pages are asked for as they are needed. */
  list(projectId: string, options: ListOptions = {}): AsyncGenerator<DataSource> {
    return listAll(this.transport, place(projectId), options);
  }

  /**
   * Sends a file: a LinkedIn export goes into a profile, any other CSV, JSON or one-sheet workbook becomes a
   * table. A large file is `queued` in the answer: see `wait`.
   */
  async upload(projectId: string, file: Blob, options: FileOptions = {}): Promise<DataSource> {
    const query = { name: "name" in file ? file.name : "upload", ...options };
    const content = file.type === "" ? new Blob([file], { type: "application/octet-stream" }) : file;
    const path = place(projectId);
    return (await this.transport.send<{ data: DataSource }>("POST", path, content, query)).data;
  }

  /** What a file was recognised as, its rows and columns, and how far the work on it is. */
  async get(projectId: string, dataSourceId: string): Promise<DataSource> {
    const path = `${place(projectId)}/${dataSourceId}`;
    return (await this.transport.read<{ data: DataSource }>("api", path)).data;
  }

  /** The data source once it is completed. Throws AnalysisFailed if it failed, TimedOut after `timeoutMs`. */
  wait(projectId: string, dataSourceId: string, timeoutMs = 300_000): Promise<DataSource> {
    return waitFor(() => this.get(projectId, dataSourceId), timeoutMs);
  }

  /** Removes it with the rows of its table; what an export brought into a profile stays there. */
  delete(projectId: string, dataSourceId: string): Promise<void> {
    return this.transport.send("DELETE", `${place(projectId)}/${dataSourceId}`);
  }
}

function place(projectId: string): string {
  return `${PROJECTS}/${projectId}/data-sources`;
}
