// What Google's objects can do, read by TypeScript's own parser from @types/google-apps-script.
'use strict';
const { readFileSync, readdirSync } = require('node:fs');
const { dirname, join } = require('node:path');
const ts = require('typescript');

const folder = dirname(require.resolve('@types/google-apps-script/package.json'));
const interfaces = new Map(); // 'Data_Studio.Field' → its methods and what each gives back
const enums = new Map();

for (const file of readdirSync(folder).filter((name) => name.endsWith('.d.ts'))) {
  walk(ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.Latest), []);
}

function walk(node, path) {
  if (ts.isModuleDeclaration(node)) path = [...path, node.name.text];
  const name = node.name ? [...path.slice(1), node.name.text].join('.') : '';
  if (ts.isInterfaceDeclaration(node)) readInterface(node, name, path[1]);
  else if (ts.isEnumDeclaration(node)) enums.set(name, new Set(node.members.map((member) => member.name.text)));
  else ts.forEachChild(node, (child) => walk(child, path));
}

function readInterface(node, name, space) {
  const known = interfaces.get(name) || { space, members: new Map(), parents: [] };
  for (const member of node.members) {
    if (member.name) known.members.set(member.name.text, typeName(member.type));
  }
  for (const clause of node.heritageClauses || []) known.parents.push(...clause.types.map((type) => typeName(type)));
  interfaces.set(name, known);
}

function typeName(type) {
  const named = type && (type.typeName || type.expression || type.exprName);
  if (!named) return null;
  return named.escapedText ? String(named.escapedText) : `${named.left?.escapedText}.${named.right?.escapedText}`;
}

/** The interface that a name means, as seen from a namespace. */
function find(name, space) {
  return [`${space}.${name}`, name].find((full) => interfaces.has(full));
}

/** Whether Google's object of that interface has a member. */
function has(name, member) {
  const known = interfaces.get(name);
  if (!known) throw new Error(`Google's types have no ${name}`);
  return known.members.has(member) || known.parents.some((parent) => {
    const full = find(parent, known.space);
    return full ? has(full, member) : false;
  });
}

/** The interface that a method gives back, or undefined where it gives something else. */
function gives(name, member) {
  const told = interfaces.get(name).members.get(member);
  return told ? find(told, interfaces.get(name).space) : undefined;
}

/** An object that has nothing but what Google's has; what is asked for beyond that is a mistake. */
function like(name, object) {
  for (const member of Object.keys(object)) {
    if (!has(name, member)) throw new Error(`${name} has no ${member} at Google's: the stand-in is wrong`);
  }
  return new Proxy(object, {
    get(target, member) {
      if (typeof member === 'symbol' || member === 'toJSON' || member in target) return target[member];
      throw new TypeError(has(name, member) ? `${name}.${member} is not imitated` : `${name} has no ${member}`);
    },
  });
}

/** An enumeration, its members as texts. */
function names(name) {
  return new Proxy({}, {
    get(_, member) {
      if (!enums.get(name).has(member)) throw new TypeError(`${name} has no ${String(member)}`);
      return member;
    },
  });
}

module.exports = { enums, gives, has, like, names };
