import { getMetadataStorage } from 'class-validator';
import type { PayloadClass } from './payload.js';

/** A rule's schema, of text-rules.ts; null in the place of a field is what `IsOptional` says. */
interface FieldSchema {
  readonly type: string;
}

/** What `readPayload` accepts, as JSON Schema. */
export interface PayloadSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}

/** The schema of a class of payloads.ts: those of the rules that stand on its fields. */
export function payloadSchema(type: PayloadClass<object>): PayloadSchema {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const optional = new Set(rules.filter(({ name }) => name === 'isOptional').map(({ propertyName }) => propertyName));
  const properties: Record<string, object> = {};
  for (const { name, propertyName, constraints } of rules) {
    if (name === 'isOptional') continue;
    const schema = (constraints as [FieldSchema?] | undefined)?.[0];
    if (typeof schema?.type !== 'string' || propertyName in properties) {
      const where = `${type.name}.${propertyName}`;
      throw new Error(`${where}: the rule ${name ?? ''} has no schema. Give each field one rule of text-rules.ts`);
    }
    properties[propertyName] = optional.has(propertyName) ? { ...schema, type: [schema.type, 'null'] } : schema;
  }
  return { type: 'object', properties, required: Object.keys(properties).filter((name) => !optional.has(name)) };
}
