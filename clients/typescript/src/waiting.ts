/** Waiting for work that goes on behind a request: asks now and then, ever less often. */

import { AnalysisFailed, TimedOut } from "./errors.js";
import type { Analysis, DataSource } from "./models.js";
import { sleep } from "./transport.js";

const FIRST = 250; // ms between two questions, half as long again each time
const LONGEST = 5_000;

/** What `ask` gives once it is completed. Throws AnalysisFailed if it failed, TimedOut after `timeoutMs`. */
export async function waitFor<Job extends Analysis | DataSource>(
  ask: () => Promise<Job>,
  timeoutMs: number,
): Promise<Job> {
  const end = Date.now() + timeoutMs;
  for (let pause = FIRST; ; pause = Math.min(LONGEST, pause * 1.5)) {
    const job = await ask();
    if (job.status === "completed") return job;
    if (job.status === "failed") throw new AnalysisFailed(job.error?.message ?? "No reason given.", job.error ?? {});
    if (Date.now() + pause > end) throw new TimedOut(`${job.id} is still ${job.status} after ${timeoutMs} ms`);
    await sleep(pause);
  }
}
