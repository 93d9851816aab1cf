/**
 * Flux for Data Studio. Above this stand BASE, the address of one installation, and DATASETS, what it publishes.
 * No key is in here: each user's own stays in their own properties.
 *
 * @typedef {keyof typeof GoogleAppsScript.Data_Studio.FieldType} FluxType
 * @typedef { { id: string, column: string, name: string, help: string, type: FluxType, metric: boolean,
 *             aggregation?: 'SUM' | 'AVG' } } FluxField
 * @typedef { { name: string, help: string, choices: string[], default: string | null } } FluxParam
 * @typedef { { name: string, title: string, path: string, dated: boolean, paged: boolean,
 *             fields: FluxField[], asks: FluxParam[] } } FluxDataset
 * @typedef {Partial<GoogleAppsScript.Data_Studio.Request<Record<string, string>>>} FluxRequest
 * @typedef {Record<string, string | number | boolean | string[] | null>} FluxRow
 * @typedef { { data: FluxRow[] } } FluxAnswer
 */

const cc = DataStudioApp.createCommunityConnector();
const KEY = 'dscc.key';
const PAGE = 5000; // posts: so that a page of the longest ones stays below what a script may fetch at once

// --- the key ---------------------------------------------------------------------------------------

function getAuthType() {
  return cc.newAuthTypeResponse().setAuthType(cc.AuthType.KEY).setHelpUrl(BASE + '/docs#tools').build();
}

/** Only a key that Flux refuses is asked for anew; whatever else is wrong, getData tells in words. */
function isAuthValid() {
  const key = properties().getProperty(KEY);
  if (!key) return false;
  const response = ask('/api/v1/status', key);
  return response === null || response.getResponseCode() !== 401;
}

/** @param { { key: string } } request */
function setCredentials(request) {
  const key = request.key.trim();
  const response = ask('/api/v1/status', key);
  const valid = response !== null && response.getResponseCode() === 200;
  if (valid) properties().setProperty(KEY, key);
  return cc.newSetCredentialsResponse().setIsValid(valid).build();
}

function resetAuth() {
  properties().deleteProperty(KEY);
}

/** Nobody: what an administrator of the script would see more, the request's id, stands in the message. */
function isAdminUser() {
  return false;
}

function properties() {
  return PropertiesService.getUserProperties();
}

// --- what is asked for -----------------------------------------------------------------------------

/** First the dataset, then what that one takes. @param {FluxRequest} request */
function getConfig(request) {
  const config = cc.getConfig();
  const select = config.newSelectSingle().setId('dataset').setName('Dataset').setIsDynamic(true);
  DATASETS.forEach((dataset) => select.addOption(option(config, dataset.title, dataset.name)));
  const dataset = chosen(request);
  if (!dataset) return config.setIsSteppedConfig(true).build();
  if (dataset.dated) askForProfiles(config);
  dataset.asks.forEach((param) => askFor(config, param));
  return config.setDateRangeRequired(dataset.dated).setIsSteppedConfig(false).build();
}

/** @param {GoogleAppsScript.Data_Studio.Config} config @param {string} label @param {string} value */
function option(config, label, value) {
  return config.newOptionBuilder().setLabel(label).setValue(value);
}

/** @param {GoogleAppsScript.Data_Studio.Config} config */
function askForProfiles(config) {
  const select = config.newSelectMultiple().setId('profile_id').setName('Profiles')
    .setHelpText('None chosen: all that the key may see.').setAllowOverride(true);
  read('/api/v1/profiles').data.forEach((profile) => {
    select.addOption(option(config, String(profile.name), String(profile.id)));
  });
}

/** @param {GoogleAppsScript.Data_Studio.Config} config @param {FluxParam} param */
function askFor(config, param) {
  const help = param.default ? param.help + ' Left out: ' + param.default + '.' : param.help;
  const label = words(param.name);
  if (!param.choices.length) {
    config.newTextInput().setId(param.name).setName(label).setHelpText(help).setAllowOverride(true);
    return;
  }
  const select = config.newSelectSingle().setId(param.name).setName(label).setHelpText(help)
    .setAllowOverride(true);
  param.choices.forEach((choice) => select.addOption(option(config, words(choice), choice)));
}

/** @param {string} name */
function words(name) {
  return name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, ' ');
}

/** The dataset that was chosen, if it is among those above. @param {FluxRequest} request */
function chosen(request) {
  const name = request.configParams && request.configParams.dataset;
  return DATASETS.find((dataset) => dataset.name === name);
}

/** @param {FluxRequest} request @returns {FluxDataset} */
function datasetOf(request) {
  return chosen(request)
    || fail('Choose a dataset: Edit connection. One that is missing there comes with a new Code.gs from Flux.');
}

// --- what comes back -------------------------------------------------------------------------------

/** @param {FluxRequest} request */
function getSchema(request) {
  return cc.newGetSchemaResponse().setFields(fieldsOf(datasetOf(request))).build();
}

/** @param {FluxDataset} dataset */
function fieldsOf(dataset) {
  const fields = cc.getFields();
  dataset.fields.forEach((column) => {
    const field = column.metric ? fields.newMetric() : fields.newDimension();
    field.setId(column.id).setName(column.name).setDescription(column.help).setType(cc.FieldType[column.type]);
    if (column.aggregation) field.setAggregation(cc.AggregationType[column.aggregation]);
  });
  return fields;
}

/** @param {FluxRequest} request */
function getData(request) {
  const dataset = datasetOf(request);
  const asked = (request.fields || []).map((field) => fieldOf(dataset, field.name));
  const rows = rowsOf(dataset, address(request, dataset));
  return cc.newGetDataResponse()
    .setFields(fieldsOf(dataset).forIds(asked.map((field) => field.id)))
    .setFiltersApplied(false)
    .addAllRows(rows.map((row) => asked.map((field) => cell(row[field.column], field.type))))
    .build();
}

/** @param {FluxDataset} dataset @param {string} id */
function fieldOf(dataset, id) {
  return dataset.fields.find((field) => field.id === id)
    || fail(dataset.title + ' has no field "' + id + '" any more: Resource, Manage added data sources, Refresh fields.');
}

/** @param {FluxRequest} request @param {FluxDataset} dataset */
function address(request, dataset) {
  const given = request.configParams || {};
  const names = [...(dataset.dated ? ['profile_id'] : []), ...dataset.asks.map((param) => param.name)];
  const query = names.filter((name) => given[name]).map((name) => name + '=' + encodeURIComponent(given[name]));
  if (dataset.dated && request.dateRange) {
    query.push('from=' + request.dateRange.startDate, 'to=' + request.dateRange.endDate);
  }
  return dataset.path + '?' + query.join('&');
}

/** Every row, page by page where there are pages. @param {FluxDataset} dataset @param {string} path */
function rowsOf(dataset, path) {
  if (!dataset.paged) return read(path).data;
  /** @type {FluxRow[]} */
  let rows = [];
  for (let full = true; full;) {
    const page = read(path + '&limit=' + PAGE + '&offset=' + rows.length).data;
    rows = rows.concat(page);
    full = page.length === PAGE;
  }
  return rows;
}

/** Data Studio takes texts only; days and instants without any separator. @param {FluxRow[string]} value @param {FluxType} type */
function cell(value, type) {
  if (value === null || value === undefined) return '';
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  if (type === 'YEAR_MONTH_DAY') return text.replace(/-/g, '');
  if (type === 'YEAR_MONTH_DAY_SECOND') return text.slice(0, 19).replace(/\D/g, '');
  return text;
}

// --- asking Flux -----------------------------------------------------------------------------------

/** The answer, or null where there is none. The key goes to BASE and never along with a redirect. @param {string} path @param {string} key */
function ask(path, key) {
  try {
    return UrlFetchApp.fetch(BASE + path, {
      headers: { Authorization: 'Bearer ' + key },
      muteHttpExceptions: true,
      followRedirects: false,
    });
  } catch (error) {
    console.warn('Flux could not be asked: ' + error);
    return null;
  }
}

/** @param {string} path @returns {FluxAnswer} */
function read(path) {
  const key = properties().getProperty(KEY) || fail('There is no key yet: connect the data source anew.');
  const response = ask(path, key) || fail('Flux does not answer at ' + BASE + '. Try again later.');
  const code = response.getResponseCode();
  const text = response.getContentText();
  try {
    const answer = JSON.parse(text);
    if (code === 200) return answer;
    if (answer.error) return fail(answer.error.message + ' (' + answer.error.request_id + ')', text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return fail('What answers at ' + BASE + ' is not Flux: it answered ' + code + ', and not in JSON.', text.slice(0, 1000));
}

/** Shows the text to whoever looks at the report. @param {string} text @param {string} [debug] @returns {never} */
function fail(text, debug) {
  const error = cc.newUserError().setText(text);
  if (debug) error.setDebugText(debug);
  return error.throwException();
}
