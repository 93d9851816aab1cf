// node data_studio.cjs CODE PLAN: runs a connector as Data Studio would; prints what came of each step as JSON.
// PLAN: {"allowed": [prefix …], "kept": {…}, "steps": [[function, request] …]}.
'use strict';
const { readFileSync } = require('node:fs');
const vm = require('node:vm');
const { properties, urlFetch } = require('./google.cjs');
const { enums, gives, has, like, names } = require('./types.cjs');

/** One of Google's builders: what is set is kept, what is made below it too; it refuses what Google's has not. */
function builder(name, made = {}) {
  made.kind = name.replace('Data_Studio.', '');
  return new Proxy(made, {
    get(target, member, proxy) {
      if (member === 'told') return target;
      if (typeof member === 'symbol' || member === 'toJSON') return undefined;
      if (!has(name, member)) throw new TypeError(`${name} has no ${member}`);
      return (...values) => call(target, member, values, proxy, gives(name, member));
    },
  });
}

function call(target, member, values, proxy, result) {
  if (member === 'build') return target;
  if (member === 'throwException') throw Object.assign(new Error(target.setText), { user: target });
  if (member === 'forIds') return builder('Data_Studio.Fields', { parts: values[0].map((id) => byId(target, id)) });
  if (member === 'addRow' || member === 'addAllRows') (target.rows ||= []).push(...texts(member === 'addRow' ? values : values[0]));
  else if (member === 'addOption') (target.options ||= []).push([values[0].told.setLabel, values[0].told.setValue]);
  else if (/^new/.test(member)) return made(target, result);
  else if (/^set/.test(member)) target[member] = values[0]?.told ?? values[0];
  else throw new TypeError(`${member} is not imitated`);
  return proxy;
}

function made(target, name) {
  const part = builder(name);
  if (!name.endsWith('OptionBuilder')) (target.parts ||= []).push(part.told);
  return part;
}

function byId(fields, id) {
  const found = fields.parts.find((field) => field.setId === id);
  if (!found) throw new Error(`there is no field ${id}`);
  return found;
}

/** Data Studio takes texts only. */
function texts(rows) {
  const odd = rows.flat().find((value) => typeof value !== 'string');
  if (odd !== undefined) throw new TypeError(`not a text: ${odd}`);
  return rows;
}

const connector = like('Data_Studio.CommunityConnector', {
  ...Object.fromEntries(['AuthType', 'FieldType', 'AggregationType'].map((name) => [name, names(`Data_Studio.${name}`)])),
  ...Object.fromEntries(['getConfig', 'getFields', 'newAuthTypeResponse', 'newGetDataResponse', 'newGetSchemaResponse',
    'newSetCredentialsResponse', 'newUserError'].map((name) => [name, () => builder(gives('Data_Studio.CommunityConnector', name))])),
});

const [code, plan] = [readFileSync(process.argv[2], 'utf8'), JSON.parse(readFileSync(process.argv[3], 'utf8'))];
const asked = [];
const world = vm.createContext({
  console: { warn() {} },
  UrlFetchApp: urlFetch(asked, plan.allowed),
  PropertiesService: properties(plan.kept),
  DataStudioApp: like('Data_Studio.DataStudioApp', { createCommunityConnector: () => connector }),
});
vm.runInContext(code, world);

function step([name, request]) {
  world.request = request;
  try {
    return { gave: vm.runInContext(`${name}(request)`, world) ?? null };
  } catch (error) {
    if (!error.user) throw error;
    return { text: error.user.setText, debug: error.user.setDebugText ?? null };
  }
}

process.stdout.write(JSON.stringify({ steps: plan.steps.map(step), asked, kept: plan.kept, enums: [...enums.keys()].length }));
