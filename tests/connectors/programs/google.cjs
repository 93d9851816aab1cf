// Stand-ins for the objects of Google's that a script of ours uses; requests are real, sent by curl.
// Not Google's code: what these objects have comes from Google's types, what they do from our reading of its reference.
'use strict';
const { execFileSync } = require('node:child_process');
const { like } = require('./types.cjs');

/** What is kept for one user. */
function properties(kept) {
  return like('Properties.PropertiesService', {
    getUserProperties: () => like('Properties.Properties', {
      getProperty: (name) => kept[name] ?? null,
      setProperty: (name, value) => { kept[name] = String(value); },
      deleteProperty: (name) => { delete kept[name]; },
    }),
  });
}

const OPTIONS = ['headers', 'muteHttpExceptions', 'followRedirects'];

/** UrlFetchApp; it asks nothing but addresses that begin with one of `allowed`, and writes down what it asks. */
function urlFetch(asked, allowed) {
  return like('URL_Fetch.UrlFetchApp', {
    fetch(url, options = {}) {
      const odd = Object.keys(options).filter((name) => !OPTIONS.includes(name));
      if (odd.length) throw new Error(`Attribute provided with invalid value: ${odd}`);
      if (!allowed.some((prefix) => url.startsWith(prefix))) throw new Error(`Not on the list: ${url}`);
      if (url.length > 2048) throw new Error('Limit Exceeded: URLFetch URL Length.');
      asked.push(url);
      return answer(url, options);
    },
  });
}

function answer(url, { headers = {}, muteHttpExceptions = false, followRedirects = true }) {
  const words = ['--silent', '--show-error', '--write-out', '\n%{http_code}', ...(followRedirects ? ['--location'] : [])];
  for (const [name, value] of Object.entries(headers)) words.push('--header', `${name}: ${value}`);
  let told;
  try {
    told = execFileSync('curl', [...words, url], { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    throw new Error(`Address unavailable: ${url}`);
  }
  const at = told.lastIndexOf('\n');
  const code = Number(told.slice(at + 1));
  if (code >= 400 && !muteHttpExceptions) throw new Error(`Request failed for ${url} returned code ${code}`);
  return like('URL_Fetch.HTTPResponse', { getResponseCode: () => code, getContentText: () => told.slice(0, at) });
}

module.exports = { properties, urlFetch };
