import { getMetadataStorage, validateSync } from 'class-validator';
import type { Fault } from './fault.js';

/** A class whose fields carry class-validator's decorators. */
export type PayloadClass<T extends object> = new () => T;

const fieldsOf = new Map<PayloadClass<object>, readonly string[]>();

/** The names of a class's fields: those that a rule stands on. */
function fields(type: PayloadClass<object>): readonly string[] {
  let names = fieldsOf.get(type);
  if (!names) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    names = [...new Set(rules.map((rule) => rule.propertyName))];
    fieldsOf.set(type, names);
  }
  return names;
}

/**
 * Reads the data of a frame as one of `payloads.ts`. Only the fields that the class names are taken over, one by one:
 * to assign all that a client sent would let it set the object's prototype.
 */
export function readPayload<T extends object>(type: PayloadClass<T>, data: unknown): { payload: T } | { fault: Fault } {
  const names = fields(type);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    const code = data === undefined || data === null ? 'required' : 'invalid';
    return { fault: { code, field: 'data', value: data, message: `data must be an object {${names.join(', ')}}` } };
  }
  const payload = new type();
  for (const name of names) {
    if (Object.hasOwn(data, name)) Reflect.set(payload, name, Reflect.get(data, name));
  }
  const [wrong] = validateSync(payload);
  if (!wrong) return { payload };
  const value: unknown = wrong.value;
  const [message] = Object.values(wrong.constraints!) as [string];
  return { fault: { code: value === undefined ? 'required' : 'invalid', field: wrong.property, value, message } };
}
