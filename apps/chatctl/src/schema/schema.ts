import { readFileSync } from 'node:fs';
import { type EventSchemas, eventSchemas } from '#domain';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { UsageError } from '../usage.js';
import { compareSchemas } from './compare.js';

/** `chatctl schema`: the JSON Schemas of all events. `chatctl schema check OLD`: whether they break who reads by older ones. */
export const schemaCommand: Command = (args, surroundings) => {
  const { values, positionals } = readOptions(args, { json: { type: 'boolean' } }, true);
  const [action, file, ...more] = positionals;
  if (action === undefined) {
    surroundings.out.write(schemasText());
    return Promise.resolve(0);
  }
  if (action !== 'check') throw new UsageError(`schema is followed by nothing, or by check, not ${action}`);
  if (file === undefined || more.length > 0) {
    throw new UsageError('say which file: what `chatctl schema` printed earlier');
  }
  return Promise.resolve(check(file, values.json ?? false, surroundings));
};

/** What is printed, and kept to compare with. */
export const schemasText = (schemas: EventSchemas = eventSchemas()): string => `${JSON.stringify(schemas, null, 2)}\n`;

function check(file: string, json: boolean, { out }: Surroundings): number {
  const { breaks, additions } = compareSchemas(schemasIn(file), eventSchemas());
  if (json) out.write(`${JSON.stringify({ compatible: breaks.length === 0, breaks, additions })}\n`);
  else {
    for (const line of breaks) out.write(`breaks  ${line}\n`);
    for (const line of additions) out.write(`new     ${line}\n`);
    out.write(
      breaks.length === 0
        ? `whoever reads by ${file} can go on: ${additions.length} additions\n`
        : `${breaks.length} changes break whoever reads by ${file}: leave that version as it is, and write a new one beside it\n`,
    );
  }
  return breaks.length === 0 ? 0 : 1;
}

function schemasIn(file: string): Pick<EventSchemas, 'definitions'> {
  try {
    const schemas = JSON.parse(readFileSync(file, 'utf8')) as Partial<EventSchemas> | null;
    if (typeof schemas?.definitions === 'object') return { definitions: schemas.definitions };
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  throw new UsageError(`${file} holds no schemas: it has to be what \`chatctl schema\` printed`);
}
