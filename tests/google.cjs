// The few of Google's objects that the snippets use, over real HTTP (curl). Not Google's code: our reading of its reference.
// node google.cjs SNIPPET.js sheets|studio [ARGUMENTS AS JSON] prints what came of it as JSON.
'use strict';
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const vm = require('node:vm');

const kept = {};
const told = { written: [], requests: [] };
const store = {
  getProperty: (name) => (name in kept ? kept[name] : null),
  setProperty: (name, value) => { kept[name] = String(value); },
  deleteProperty: (name) => { delete kept[name]; },
};
const UrlFetchApp = {
  fetch(url, options) {
    told.requests.push(url);
    const headers = Object.entries(options.headers || {}).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    const answer = execFileSync('curl', ['--silent', '--write-out', '\n%{http_code}', ...headers, url], { encoding: 'utf8' });
    const at = answer.lastIndexOf('\n');
    return { getResponseCode: () => Number(answer.slice(at + 1)), getContentText: () => answer.slice(0, at) };
  },
};
const sheet = {
  clearContents() {},
  getRange: (row, column, rows, columns) => ({
    setValues(values) {
      if (values.length !== rows || values.some((line) => line.length !== columns)) throw new Error('shape');
      told.written = values.map((line) => line.map((cell) => (Object.prototype.toString.call(cell) === '[object Date]' ? 'DATE ' + cell.toDateString() : cell)));
    },
  }),
};
const book = { getSheetByName: () => null, insertSheet: () => sheet };

// A builder: every method that is called is written down and gives the builder back.
function builder(kind) {
  const made = { kind, calls: {} };
  const proxy = new Proxy(made, {
    get(target, name) {
      if (name in target || typeof name === 'symbol') return target[name];
      if (name === 'build') return () => target;
      return (...values) => {
        target.calls[name] = values[0];
        if (/^new(?!Option)/.test(name)) { (target.parts ||= []).push(builder(name)); return target.parts.at(-1); }
        if (/^newOption/.test(name)) return builder(name);
        if (name === 'addOption') (target.options ||= []).push(values[0].calls.setValue);
        if (name === 'addRow') (target.rows ||= []).push(values[0]);
        if (name === 'forIds') { target.ids = values[0]; return target; }
        if (name === 'throwException') throw new Error(target.calls.setText);
        return proxy;
      };
    },
  });
  return proxy;
}
const names = new Proxy({}, { get: (_, name) => name });
const connector = {
  AuthType: names, FieldType: names, AggregationType: names,
  newAuthTypeResponse: () => builder('auth'), newSetCredentialsResponse: () => builder('credentials'),
  newGetSchemaResponse: () => builder('schema'), newGetDataResponse: () => builder('data'),
  newUserError: () => builder('error'), getConfig: () => builder('config'), getFields: () => builder('fields'),
};
const world = vm.createContext({
  UrlFetchApp, console,
  PropertiesService: { getUserProperties: () => store },
  SpreadsheetApp: { getActive: () => book },
  DataStudioApp: { createCommunityConnector: () => connector },
});
vm.runInContext(readFileSync(process.argv[2], 'utf8'), world);
const run = (code) => vm.runInContext(code, world);

if (process.argv[3] === 'sheets') {
  run('setKey(); refresh()');
} else {
  const { key, wrong, request } = JSON.parse(process.argv[4]);
  world.request = request;
  told.refused = run(`setCredentials({ key: ${JSON.stringify(wrong)} })`).calls.setIsValid;
  told.before = run('isAuthValid()');
  told.accepted = run(`setCredentials({ key: ${JSON.stringify(key)} })`).calls.setIsValid;
  told.valid = run('isAuthValid()');
  told.config = run('getConfig(request)');
  told.fields = run('getSchema(request)').calls.setFields.parts.map((part) => part.calls);
  told.rows = run('getData(request)').rows;
}
process.stdout.write(JSON.stringify(told));
