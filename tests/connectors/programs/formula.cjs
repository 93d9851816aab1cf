// node formula.cjs FORMULA SEPARATOR: a spreadsheet engine evaluates a formula; prints what IMPORTDATA was called with.
// HyperFormula has no IMPORTDATA of its own: a plugin gives it one.
'use strict';
const { FunctionArgumentType, FunctionPlugin, HyperFormula } = require('hyperformula');

const called = [];
class Import extends FunctionPlugin {
  importData(ast, state) {
    return this.runFunction(ast.args, state, this.metadata('IMPORTDATA'), (...values) => { called.push(values); return 'fetched'; });
  }
}
const text = { argumentType: FunctionArgumentType.STRING };
const optional = { ...text, optionalArg: true, defaultValue: '' };
Import.implementedFunctions = { IMPORTDATA: { method: 'importData', parameters: [text, optional, optional] } };
HyperFormula.registerFunctionPlugin(Import, { enGB: { IMPORTDATA: 'IMPORTDATA' } });

const [formula, separator] = process.argv.slice(2);
const locale = separator === ';' ? { decimalSeparator: ',', thousandSeparator: '.' } : { decimalSeparator: '.', thousandSeparator: '' };
const sheet = HyperFormula.buildFromArray([[formula]], { licenseKey: 'gpl-v3', functionArgSeparator: separator, ...locale });
process.stdout.write(JSON.stringify({ value: sheet.getCellValue({ sheet: 0, row: 0, col: 0 }), called }));
