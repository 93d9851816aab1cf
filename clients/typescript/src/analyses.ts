/** Questions to a project's data, which the server answers behind the request. */

import type { Analysis, AnalysisIn, AnalysisSummary } from "./models.js";
import { type ListOptions, listAll, PROJECTS } from "./projects.js";
import { type Transport, written } from "./transport.js";
import { waitFor } from "./waiting.js";

type Kind = AnalysisIn["kind"];
type Of<K extends Kind> = Extract<Analysis, { kind: K }>;

/** The analyses of a project, with a key `flux_api_…`. */
export class Analyses {
  constructor(private readonly transport: Transport) {}

  /** Every analysis of the project, without its result; pages are asked for as they are needed. */
  list(projectId: string, options: ListOptions = {}): AsyncGenerator<AnalysisSummary> {
    return listAll(this.transport, place(projectId), options);
  }

  /** Queues one: `{ kind: "trend", parameters: { range: "last_year" } }`; see `wait`. */
  async start<K extends Kind>(projectId: string, analysis: AnalysisIn & { kind: K }): Promise<Of<K>> {
    return (await this.transport.send<{ data: Of<K> }>("POST", place(projectId), written(analysis))).data;
  }

  /** How far it is and, once it is completed, its result. */
  async get(projectId: string, analysisId: string): Promise<Analysis> {
    return (await this.transport.read<{ data: Analysis }>("api", `${place(projectId)}/${analysisId}`)).data;
  }

  /** The analysis once it is completed. Throws AnalysisFailed if it failed, TimedOut after `timeoutMs`. */
  wait(projectId: string, analysisId: string, timeoutMs = 300_000): Promise<Analysis> {
    return waitFor(() => this.get(projectId, analysisId), timeoutMs);
  }

  /** Removes it with its result. */
  delete(projectId: string, analysisId: string): Promise<void> {
    return this.transport.send("DELETE", `${place(projectId)}/${analysisId}`);
  }
}

function place(projectId: string): string {
  return `${PROJECTS}/${projectId}/analyses`;
}
