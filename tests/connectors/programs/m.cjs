// node m.cjs FILE …: parses Power Query M with Microsoft's own parser; prints the names that each file uses, as JSON.
'use strict';
const { readFileSync } = require('node:fs');
const { DefaultSettings, TaskUtils } = require('@microsoft/powerquery-parser');

async function read(file) {
  const task = await TaskUtils.tryLexParse(DefaultSettings, readFileSync(file, 'utf8'));
  if (!TaskUtils.isParseStageOk(task)) return { error: task.error?.message ?? 'it does not parse' };
  const nodes = [...task.nodeIdMapCollection.astNodeById.values()];
  const used = nodes.filter((node) => node.kind === 'Identifier' && node.identifierContextKind === 'Value');
  return { kind: task.ast.kind, used: [...new Set(used.map((node) => node.literal))] };
}

Promise.all(process.argv.slice(2).map(read)).then((told) => process.stdout.write(JSON.stringify(told)));
