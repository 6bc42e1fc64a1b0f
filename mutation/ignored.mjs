import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

// Of the mutants of a regular expression with the flag v some are none, and a file that holds one cannot be loaded.
const shouldIgnore = ({ node }) =>
  node.type === 'RegExpLiteral' && node.flags.includes('v') ? 'not every mutant of it is an expression' : undefined;

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'expressions-of-sets', { shouldIgnore })];
