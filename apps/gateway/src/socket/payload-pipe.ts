import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
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
