// The field for SQL: numbered lines, quiet colours, Tab indents, a click inserts a name. Stands behind flux.js.
'use strict';

const WORDS = 'select from where and or not in is null as on join left inner cross group by order having limit offset ' +
  'with union all distinct case when then else end between like desc asc over partition rows values exists using';
const PARTS = new RegExp('(--.*|/\\*[^]*?(?:\\*/|$))|(@\\{[^}\\n]*\\}?)|(\'(?:[^\']|\'\')*\'?)|(\\b\\d+(?:\\.\\d+)?\\b)|' +
  '(\\b(?:' + WORDS.replaceAll(' ', '|') + ')\\b)', 'gi');
const KINDS = ['comment', 'variable', 'text', 'number', 'word'];

function coloured(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(PARTS)) {
    const part = document.createElement('span');
    part.className = 'sql-' + KINDS[match.slice(1).findIndex((group) => group !== undefined)];
    part.textContent = match[0];
    found.push(text.slice(at, match.index), part);
    at = match.index + match[0].length;
  }
  return [...found, text.slice(at) + '\n'];
}

function dress(area) {
  const layer = (name) => {
    const made = document.createElement('pre');
    made.className = name;
    made.setAttribute('aria-hidden', 'true');
    area.before(made);
    return made;
  };
  const numbers = layer('numbers'), paper = layer('paper');
  const draw = () => {
    const lines = area.value.split('\n').length;
    area.rows = Math.min(30, Math.max(8, lines + 1));
    paper.replaceChildren(...coloured(area.value));
    numbers.replaceChildren(...Array.from({ length: lines }, (_, n) => {
      const number = document.createElement('span');
      number.textContent = n + 1;
      return number;
    }));
  };
  const follow = () => { paper.scrollTop = numbers.scrollTop = area.scrollTop; paper.scrollLeft = area.scrollLeft; };
  let leaving = false;
  area.addEventListener('input', () => { draw(); follow(); });
  area.addEventListener('scroll', follow);
  area.addEventListener('blur', () => { leaving = false; });
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Tab' && !event.shiftKey && !leaving) { event.preventDefault(); type(area, '  '); }
    if (event.key !== 'Shift') leaving = event.key === 'Escape';
  });
  area.parentElement.classList.add('dressed');
  draw();
}

// As if it were typed, so that it can be undone.
function type(area, text) {
  area.focus();
  if (!document.execCommand('insertText', false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
}

// The number of the line that is wrong is marked, and the cursor stands where the mistake is.
function markLine() {
  const area = $('textarea[data-sql]'), told = $('#result')?.dataset;
  for (const number of document.querySelectorAll('.numbers .off')) number.classList.remove('off');
  if (!told.line) return;
  const before = area.value.split('\n').slice(0, told.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  area.setSelectionRange(before + Number(told.column) - 1, before + Number(told.column) - 1);
  $('.numbers').children[told.line - 1]?.classList.add('off');
}

document.addEventListener('click', (event) => {
  const name = event.target.closest('button[data-insert]')?.dataset.insert;
  if (!name) return;
  const plain = /^[a-z_][a-z0-9_]*$/i.test(name) && !WORDS.split(' ').includes(name.toLowerCase());
  type($('textarea[data-sql]'), plain ? name : '"' + name.replaceAll('"', '""') + '"');
});

for (const area of document.querySelectorAll('textarea[data-sql]')) dress(area);
for (const code of document.querySelectorAll('code[data-insert]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'code';
  button.dataset.insert = button.textContent = code.dataset.insert;
  code.replaceWith(button);
}
document.addEventListener('swapped', markLine);
markLine();
