/** Projects, and how lists are read. */

import type { ListMeta, Project, ProjectChanges, ProjectDetail, ProjectIn, ProjectSummary } from "./models.js";
import { type Transport, written } from "./transport.js";

export const PROJECTS = "/api/v1/projects";
const PAGE = 100; // the most that the server gives at once

/** In what order a list comes. */
export interface ListOptions {
  sort?: "created_at" | "name" | "updated_at";
  order?: "asc" | "desc";
}

/** The projects of the account, with a key `flux_api_…`. */
export class Projects {
  constructor(private readonly transport: Transport) {}

  /** Every project; pages are asked for as they are needed. */
  list(options: ListOptions = {}): AsyncGenerator<ProjectSummary> {
    return listAll(this.transport, PROJECTS, options);
  }

  /** A new project. */
  async create(project: ProjectIn): Promise<Project> {
    return (await this.transport.send<{ data: Project }>("POST", PROJECTS, written(project))).data;
  }

  /** A project with the newest hundred of its data sources and of its analyses. */
  async get(projectId: string): Promise<ProjectDetail> {
    return (await this.transport.read<{ data: ProjectDetail }>("api", `${PROJECTS}/${projectId}`)).data;
  }

  /** The project with these fields changed; the others stay. */
  async update(projectId: string, changes: ProjectChanges): Promise<Project> {
    const path = `${PROJECTS}/${projectId}`;
    return (await this.transport.send<{ data: Project }>("PATCH", path, written(changes))).data;
  }

  /** Removes it with its data sources and analyses; what exports brought into a profile stays there. */
  delete(projectId: string): Promise<void> {
    return this.transport.send("DELETE", `${PROJECTS}/${projectId}`);
  }
}

/** Every item of one of the REST API's lists. */
export async function* listAll<Item>(
  transport: Transport,
  path: string,
  options: ListOptions,
): AsyncGenerator<Item> {
  for (let offset = 0; ; ) {
    const query = { ...options, limit: PAGE, offset };
    const { data, meta } = await transport.read<{ data: Item[]; meta: ListMeta }>("api", path, query);
    yield* data;
    offset += data.length;
    if (data.length === 0 || offset >= meta.total) return;
  }
}
