/**
 * Flux in Google Sheets. Above this stand FLUX_BASE, the address of one installation, and FLUX_FEEDS: each feed
 * has its address, its sheet and its columns; add another one's entry to have two. Reload the document for the menu Flux, and choose “Refresh now”: it asks for your
 * key once and keeps it in your own properties, where nobody else who may edit the document can read it.
 *
 * @typedef { { name: string, type: string } } FluxColumn
 * @typedef { { url: string, sheet: string, columns: FluxColumn[] } } FluxFeed
 * @typedef {string | number | boolean | Date} FluxCell
 */

const FLUX_KEY = 'FLUX_KEY';
const FLUX_FORMATS = { date: 'yyyy-mm-dd', datetime: 'yyyy-mm-dd hh:mm:ss' };

function onOpen() {
  SpreadsheetApp.getUi().createMenu('Flux')
    .addItem('Refresh now', 'refresh')
    .addItem('Refresh every hour', 'schedule')
    .addItem('Stop refreshing', 'unschedule')
    .addSeparator()
    .addItem('Set the key …', 'setKey')
    .addToUi();
}

/** Asks for the key, tries it, and keeps it. */
function setKey() {
  const ui = SpreadsheetApp.getUi();
  const told = ui.prompt('Flux', 'Your Data API key (flux_bi_…):', ui.ButtonSet.OK_CANCEL);
  const key = told.getResponseText().trim();
  if (told.getSelectedButton() !== ui.Button.OK || !key) return;
  fluxRead(FLUX_BASE + '/api/v1/status', key);
  PropertiesService.getUserProperties().setProperty(FLUX_KEY, key);
}

/** Fetches every feed into its own sheet. The timer hands in its event, the menu nothing. @param {object} [event] */
function refresh(event) {
  const properties = PropertiesService.getUserProperties();
  if (!properties.getProperty(FLUX_KEY) && !event) setKey();
  const key = properties.getProperty(FLUX_KEY);
  if (!key) throw new Error('There is no key yet: choose Flux, Set the key.');
  FLUX_FEEDS.forEach((feed) => fluxWrite(feed, fluxRead(feed.url, key).data));
}

/** Refreshes now and every hour, also while the document is closed. */
function schedule() {
  refresh();
  unschedule();
  ScriptApp.newTrigger('refresh').timeBased().everyHours(1).create();
}

function unschedule() {
  ScriptApp.getProjectTriggers()
    .filter((trigger) => trigger.getHandlerFunction() === 'refresh')
    .forEach((trigger) => ScriptApp.deleteTrigger(trigger));
}

/** What an address answers. The key never goes along with a redirect. @param {string} url @param {string} key */
function fluxRead(url, key) {
  const response = UrlFetchApp.fetch(url, {
    headers: { Authorization: 'Bearer ' + key },
    muteHttpExceptions: true,
    followRedirects: false,
  });
  const code = response.getResponseCode();
  const text = response.getContentText();
  if (!/^\s*[{]/.test(text)) throw new Error('What answers at ' + FLUX_BASE + ' is not Flux (' + code + ').');
  const answer = JSON.parse(text);
  if (code !== 200) throw new Error('Flux: ' + answer.error.message);
  return answer;
}

/**
 * Writes the feed's own columns of its sheet anew; columns that you add beside them stay.
 * @param {FluxFeed} feed @param {Record<string, unknown>[]} records
 */
function fluxWrite(feed, records) {
  const book = SpreadsheetApp.getActive();
  const sheet = book.getSheetByName(feed.sheet) || book.insertSheet(feed.sheet);
  const zone = book.getSpreadsheetTimeZone();
  const head = feed.columns.map((column) => fluxCell(column.name, 'string', zone));
  const rows = records.map((record) => feed.columns.map((column) => fluxCell(record[column.name], column.type, zone)));
  fluxGrow(sheet, rows.length + 1, head.length);
  sheet.getRange(1, 1, sheet.getMaxRows(), head.length).clearContent();
  feed.columns.forEach((column, at) => {
    const format = column.type === 'date' || column.type === 'datetime' ? FLUX_FORMATS[column.type] : 'General';
    sheet.getRange(1, at + 1, sheet.getMaxRows(), 1).setNumberFormat(format);
  });
  sheet.getRange(1, 1, rows.length + 1, head.length).setValues([head, ...rows]);
  sheet.setFrozenRows(1);
}

/** A script may not write beyond a sheet's last row or column. @param {GoogleAppsScript.Spreadsheet.Sheet} sheet @param {number} rows @param {number} columns */
function fluxGrow(sheet, rows, columns) {
  const height = sheet.getMaxRows();
  const width = sheet.getMaxColumns();
  if (rows > height) sheet.insertRowsAfter(height, rows - height);
  if (columns > width) sheet.insertColumnsAfter(width, columns - width);
}

/**
 * Numbers as numbers, days as days of the document's zone, and every text behind an apostrophe, which Sheets does not
 * show: so that none becomes a formula, and 00123 no number.
 * @param {unknown} value @param {string} type @param {string} zone @returns {FluxCell}
 */
function fluxCell(value, type, zone) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  if (type === 'date' && /^\d{4}-\d\d-\d\d$/.test(text)) return Utilities.parseDate(text, zone, 'yyyy-MM-dd');
  if (type === 'datetime' && !isNaN(Date.parse(text))) return new Date(text);
  return text && "'" + text;
}
