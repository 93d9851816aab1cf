// What pages do beyond links and forms. Everything works without it.
'use strict';

const $ = (selector, root = document) => root.querySelector(selector);
// A form's own properties give way to its fields: a field named `dataset` hides form.dataset.
const of = (form, name) => form.getAttribute(name);
const announce = (text) => { $('#announce').textContent = text; };

// --- a form that swaps only its result -----------------------------------------------------------
let asked = null;

async function fetchPage(address) {
  asked?.abort();
  asked = new AbortController();
  const response = await fetch(address, { signal: asked.signal, headers: { Accept: 'text/html' } });
  if (response.redirected || !response.ok) throw new Error('not this page');
  return new DOMParser().parseFromString(await response.text(), 'text/html');
}

function swap(page, selectors) {
  for (const selector of selectors) {
    const old = $(selector), fresh = $(selector, page);
    if (!old || !fresh) continue;
    const open = [...old.querySelectorAll('details[open][id]')].map((d) => d.id);
    const focused = old.contains(document.activeElement) && document.activeElement.id;
    old.replaceWith(fresh);
    if (open.length) for (const d of fresh.querySelectorAll('details[id]')) d.open = open.includes(d.id);
    ready(fresh);
    ($('[autofocus]', fresh) || document.getElementById(focused || ''))?.focus();
  }
  document.dispatchEvent(new Event('swapped'));
  announce($(selectors[0])?.dataset.says || '');
}

// What is wrong with a field stands beside it; the field itself stays, with what is typed and the focus.
function tellErrors(form, page) {
  for (const old of form.querySelectorAll('.error[id]')) old.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  for (const error of page.querySelectorAll('form[data-swap] .error[id]')) {
    const field = document.getElementById(error.id.replace(/-error$/, ''));
    if (!field) continue;
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', of($('#' + field.id, page), 'aria-describedby'));
    field.after(error);
  }
}

function addressOf(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== '') query.append(name, value);
  return (of(form, 'action') || location.pathname) + '?' + query;
}

async function refresh(form, extra) {
  const target = of(form, 'data-swap'), address = addressOf(form);
  $(target)?.setAttribute('aria-busy', 'true');
  try {
    const page = await fetchPage(address);
    tellErrors(form, page);
    swap(page, [target, ...(extra ? [extra] : [])]);
    history.replaceState(null, '', address);
  } catch (error) {
    if (error.name !== 'AbortError') location.assign(address);
  }
}

const posts = (form) => of(form, 'method') === 'post';
const alsoSwaps = (form, field) => (field && of(field, 'data-also-swap')) || of(form, 'data-also-swap');

document.addEventListener('change', (event) => {
  const form = event.target.form;
  if (form && of(form, 'data-swap') && !posts(form)) refresh(form, alsoSwaps(form, event.target));
  if (form) showWhen(form);
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (of(form, 'data-swap') && !posts(form)) { event.preventDefault(); refresh(form, alsoSwaps(form)); return; }
  if (event.submitter?.hasAttribute('data-by-script')) { event.preventDefault(); send(form, event.submitter); return; }
  if (of(form, 'data-unsaved')) form.setAttribute('data-unsaved', '');
  const file = $('input[type=file]', form)?.files[0];
  if (file && file.size > Number(of(form, 'data-max-bytes') || Infinity)) {
    event.preventDefault();
    $('#file-error').hidden = false;
  }
});

function showWhen(root) {
  for (const part of root.querySelectorAll('[data-when]')) {
    const [name, values] = part.dataset.when.split('=');
    part.hidden = !values.split(' ').includes(part.closest('form').elements[name].value);
  }
}

// --- a form that is sent, and shows what came of it; nothing that is typed is lost ------------------
async function send(form, button) {
  const target = of(form, 'data-swap'), body = new URLSearchParams(new FormData(form));
  body.set(button.name, button.value);
  asked?.abort();
  asked = new AbortController();
  $(target).setAttribute('aria-busy', 'true');
  try {
    const response = await fetch(location.href, { method: 'POST', body, signal: asked.signal });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (response.redirected || !$(target, page)) throw new Error('not this page');
    swap(page, [target, of(form, 'data-also-swap')]);
    const invalid = $('[aria-invalid=true]', form);
    if (invalid) invalid.focus();
    else $(target).scrollIntoView({ block: 'nearest' });
  } catch (error) {
    if (error.name === 'AbortError') return;
    $(target).removeAttribute('aria-busy');
    const note = document.createElement('p');
    note.className = 'note bad';
    note.textContent = 'The server did not answer, or you are signed out. What you typed is still here: ' +
      'sign in again in another tab, copy the query, and load this page anew.';
    $(target).replaceChildren(note);
    announce(note.textContent);
  }
}

document.addEventListener('input', (event) => {
  const form = event.target.form;
  if (form?.hasAttribute('data-unsaved')) form.setAttribute('data-unsaved', '1');
});

window.addEventListener('beforeunload', (event) => { if ($('form[data-unsaved="1"]')) event.preventDefault(); });

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  const button = event.target.form && $('[data-run]', event.target.form);
  if (button) { event.preventDefault(); event.target.form.requestSubmit(button); }
});

// --- copy and save --------------------------------------------------------------------------------
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea'); // plain http on a local network has no clipboard object
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy],[data-save]');
  if (!button) return;
  const text = document.getElementById(button.dataset.copy || button.dataset.save).textContent;
  if (button.dataset.save) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text]));
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
    return;
  }
  try {
    await copy(text);
    button.dataset.done = 'Copied';
    announce('Copied');
    setTimeout(() => delete button.dataset.done, 2000);
  } catch { announce('The browser did not allow copying: select the text instead.'); }
});

// --- an import that goes on -----------------------------------------------------------------------
function poll(part) {
  setTimeout(async () => {
    try { swap(await fetchPage(part.dataset.poll), ['#job']); } catch { setTimeout(() => poll(part), 5000); }
  }, 1000);
}

function ready(root) {
  for (const button of root.querySelectorAll('[data-copy],[data-save]')) button.hidden = false;
  for (const button of root.querySelectorAll('[data-go]')) button.hidden = true;
  for (const part of root.querySelectorAll('[data-live]')) part.hidden = false;
  if (root.dataset?.poll) poll(root);
  for (const part of root.querySelectorAll('[data-poll]')) poll(part);
  showWhen(root);
}

ready(document);
