import { validateSync } from 'class-validator';
import type { Fault } from './fault.js';
import { type PayloadClass, payloadCheck, rulesOf } from './payload-check.js';

export type { PayloadClass };

/** What is known of a class once it was looked at: the names of its fields, and what tells that a payload is right. */
interface Known {
  readonly names: readonly string[];
  readonly isRight: ((payload: object) => boolean) | null;
}

const known = new Map<PayloadClass<object>, Known>();

function knownOf(type: PayloadClass<object>): Known {
  let of = known.get(type);
  if (!of) {
    const names = [...new Set(rulesOf(type).map((rule) => rule.propertyName))];
    of = { names, isRight: payloadCheck(type) };
    known.set(type, of);
  }
  return of;
}

/**
 * Reads the data of a frame as one of `payloads.ts`. Only the fields that the class names are taken over, one by one:
 * to assign all that a client sent would let it set the object's prototype.
 */
export function readPayload<T extends object>(type: PayloadClass<T>, data: unknown): { payload: T } | { fault: Fault } {
  const { names, isRight } = knownOf(type);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    const code = data === undefined || data === null ? 'required' : 'invalid';
    return { fault: { code, field: 'data', value: data, message: `data must be an object {${names.join(', ')}}` } };
  }
  const payload = new type();
  for (const name of names) {
    if (Object.hasOwn(data, name)) Reflect.set(payload, name, Reflect.get(data, name));
  }
  if (isRight?.(payload)) return { payload };
  const [wrong] = validateSync(payload);
  if (!wrong) return { payload };
  const value: unknown = wrong.value;
  const [message] = Object.values(wrong.constraints!) as [string];
  return { fault: { code: value === undefined ? 'required' : 'invalid', field: wrong.property, value, message } };
}
