import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { Refused } from '#domain';
import { FrameRefused, type PayloadClass, readPayload } from '#protocol';

/** Reads the data of a frame as the class that the handler's parameter is declared with. */
class PayloadPipe implements PipeTransform {
  transform(data: unknown, { metatype }: ArgumentMetadata): object {
    const read = readPayload(metatype as PayloadClass<object>, data);
    if ('fault' in read) throw new FrameRefused(read.fault);
    return read.payload;
  }
}

export const PAYLOAD = new PayloadPipe();

/** Passes on what was accepted. A refusal ends the handler, with what the frame held in the field at fault. */
export function accepted<T>(outcome: T | Refused, data: object): T {
  if (typeof outcome !== 'object' || outcome === null || !('refusal' in outcome)) return outcome;
  const { refusal } = outcome;
  const value: unknown = Reflect.get(data, refusal.field);
  throw new FrameRefused({ ...refusal, value });
}
