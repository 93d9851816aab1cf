// node google_sheets.cjs CODE PLAN: a document whose menu is used and whose timer runs; prints its sheets as JSON.
// PLAN: {"allowed", "kept", "typed": what is answered to a prompt, "zone", "sheets": {name: rows}, "height", "columns",
// "steps": [label of the menu | "tick"]}.
'use strict';
const { readFileSync } = require('node:fs');
const vm = require('node:vm');
const { properties, urlFetch } = require('./google.cjs');
const { like, names } = require('./types.cjs');

const [code, plan] = [readFileSync(process.argv[2], 'utf8'), JSON.parse(readFileSync(process.argv[3], 'utf8'))];
const told = { menu: {}, prompts: 0, triggers: [], errors: [], asked: [] };
const sheets = new Map(Object.entries(plan.sheets || {}).map(([name, rows]) => [name, grid(rows)]));
let ticking = false;

function grid(rows = []) {
  return { cells: rows.map((row) => [...row]), formats: {}, height: plan.height || 1000, width: plan.columns || 26, frozen: 0 };
}

/** What a sheet makes of a value that a script writes: a text is taken as if it were typed. */
function taken(value) {
  if (Object.prototype.toString.call(value) === '[object Date]') return { date: value.toISOString() };
  if (typeof value !== 'string') return value;
  if (value.startsWith("'")) return value.slice(1);
  if (/^[=+\-@]/.test(value) && value.length > 1) return { formula: value };
  if (value && !Number.isNaN(Number(value))) return Number(value);
  if (/^(true|false)$/i.test(value)) return /^t/i.test(value);
  return Number.isNaN(Date.parse(value)) ? value : { date: value };
}

function range(sheet, row, column, rows = 1, columns = 1) {
  if (row + rows - 1 > sheet.height || column + columns - 1 > sheet.width) {
    throw new Error('Those columns or rows are out of bounds.');
  }
  const each = (act) => {
    for (let y = 0; y < rows; y += 1) for (let x = 0; x < columns; x += 1) act(y, x, row - 1 + y, column - 1 + x);
  };
  return like('Spreadsheet.Range', {
    clearContent: () => each((y, x, r, c) => { if (sheet.cells[r]) sheet.cells[r][c] = ''; }),
    setNumberFormat(format) { sheet.formats[column] = format; },
    setValues(values) {
      if (values.length !== rows || values.some((line) => line.length !== columns)) {
        throw new Error('The number of rows or columns in the data does not match the range.');
      }
      each((y, x, r, c) => { (sheet.cells[r] ||= [])[c] = taken(values[y][x]); });
    },
  });
}

function sheetOf(name) {
  const sheet = sheets.get(name);
  return sheet ? like('Spreadsheet.Sheet', {
    getRange: (...at) => range(sheet, ...at),
    getMaxRows: () => sheet.height,
    getMaxColumns: () => sheet.width,
    insertRowsAfter(_, count) { sheet.height += count; },
    insertColumnsAfter(_, count) { sheet.width += count; },
    setFrozenRows(count) { sheet.frozen = count; },
  }) : null;
}

const book = like('Spreadsheet.Spreadsheet', {
  getSheetByName: sheetOf,
  getSpreadsheetTimeZone: () => plan.zone,
  insertSheet(name) { sheets.set(name, grid()); return sheetOf(name); },
});

function menu() {
  const made = like('Base.Menu', {
    addItem(label, name) { told.menu[label] = name; return made; },
    addSeparator: () => made,
    addToUi() {},
  });
  return made;
}

function ui() {
  if (ticking) throw new Error('Cannot call SpreadsheetApp.getUi() from this context.');
  return like('Base.Ui', {
    Button: names('Base.Button'), ButtonSet: names('Base.ButtonSet'), createMenu: menu,
    prompt() {
      told.prompts += 1;
      return like('Base.PromptResponse', {
        getResponseText: () => plan.typed || '',
        getSelectedButton: () => (plan.typed ? 'OK' : 'CANCEL'),
      });
    },
  });
}

const trigger = (name) => like('Script.Trigger', { getHandlerFunction: () => name });
const ScriptApp = like('Script.ScriptApp', {
  getProjectTriggers: () => [...told.triggers],
  deleteTrigger(one) { told.triggers = told.triggers.filter((kept) => kept !== one); },
  newTrigger: (name) => like('Script.TriggerBuilder', {
    timeBased: () => like('Script.ClockTriggerBuilder', {
      everyHours: () => like('Script.ClockTriggerBuilder', { create() { told.triggers.push(trigger(name)); } }),
    }),
  }),
});

/** Midnight of a day in a zone: the instant that is written so there. */
function parseDate(text, zone, format) {
  if (format !== 'yyyy-MM-dd') throw new Error(`${format} is not imitated`);
  const there = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const utc = Date.parse(`${text}T00:00:00Z`);
  for (let hours = -14; hours <= 14; hours += 0.25) {
    if (there.format(new Date(utc + hours * 3_600_000)) === `${text} 00:00:00`) return new Date(utc + hours * 3_600_000);
  }
  throw new Error(`Invalid argument: ${text}`);
}

const world = vm.createContext({
  UrlFetchApp: urlFetch(told.asked, plan.allowed), PropertiesService: properties(plan.kept), ScriptApp,
  SpreadsheetApp: like('Spreadsheet.SpreadsheetApp', { getActive: () => book, getUi: ui }),
  Utilities: like('Utilities.Utilities', { parseDate }),
});
vm.runInContext(`${code}\nonOpen();`, world);

for (const step of plan.steps) {
  ticking = step === 'tick';
  const runs = ticking ? told.triggers.map((one) => `${one.getHandlerFunction()}({ triggerUid: '1' })`) : [`${told.menu[step]}()`];
  for (const run of runs) {
    try { vm.runInContext(run, world); } catch (error) { told.errors.push(error.message); }
  }
}
told.triggers = told.triggers.map((one) => one.getHandlerFunction());
process.stdout.write(JSON.stringify({ ...told, kept: plan.kept, sheets: Object.fromEntries(sheets) }));
