import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { declareClassPlugin, declareFactoryPlugin, declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { isTried, suiteBySuite } from './suite-by-suite.mjs';

// Of the mutants of a regular expression with the flag v some are none, and a file that holds one cannot be loaded.
const ofSets = ({ node }) =>
  node.type === 'RegExpLiteral' && node.flags.includes('v') ? 'not every mutant of it is an expression' : undefined;

// What a schema says to people: no code reads it.
const descriptions = ({ node }) =>
  node.type === 'ObjectProperty' && node.key.name === 'description' ? 'it is for people' : undefined;

// What a logger is called: that too.
const names = ({ node }) =>
  node.type === 'NewExpression' && node.callee.name === 'Logger' ? 'it is for people' : undefined;

const inOneLine = (text) => text.replace(/\s+/g, ' ').slice(0, 100);

function before({ fileName, location: { start, end } }) {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}

/** Lists what nobody notices, as it is found: its place, what stood there, and what was put there instead. */
class Unnoticed {
  onMutantTested(mutant) {
    const { status, fileName, location, replacement } = mutant;
    if (!isTried(mutant) || (status !== 'Survived' && status !== 'NoCoverage')) return;
    const never = status === 'NoCoverage' ? '  (never run)' : '';
    const change = `${inOneLine(before(mutant))}  →  ${inOneLine(replacement)}${never}`;
    console.log(`${relative('.', fileName)}:${location.start.line}  ${change}`);
  }
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'jest-suite-by-suite', suiteBySuite),
  declareValuePlugin(PluginKind.Ignore, 'expressions-of-sets', { shouldIgnore: ofSets }),
  declareValuePlugin(PluginKind.Ignore, 'descriptions', { shouldIgnore: descriptions }),
  declareValuePlugin(PluginKind.Ignore, 'names-of-loggers', { shouldIgnore: names }),
  declareClassPlugin(PluginKind.Reporter, 'unnoticed', Unnoticed),
];
