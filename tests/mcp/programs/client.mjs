// Lists every tool and calls those that standard input names, as the official TypeScript client does.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const { url, key, mode, calls } = JSON.parse(await new Response(process.stdin).text());
const options = mode ? { versionNegotiation: { mode } } : {};
const client = new Client({ name: "flux-tests", version: "1" }, options);
const headers = { Authorization: `Bearer ${key}` };
const told = { version: null, tools: [], results: [], error: null };
try {
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  told.version = client.getNegotiatedProtocolVersion?.() ?? null;
  told.tools = (await client.listTools()).tools.map((tool) => tool.name);
  for (const call of calls) told.results.push(await client.callTool(call)); // checks the output schema, too
} catch (error) {
  told.error = String(error?.message ?? error);
}
console.log(JSON.stringify(told));
await client.close();
