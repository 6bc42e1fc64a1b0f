import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textFrame } from '../src/socket/text-frame.js';
import { Texts } from '../src/socket-io/texts.js';

it('texts come out of frames as they went in, however these are cut', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.constantFrom(0, 125, 126, 65_535, 65_536, 70_000).map((length) => 'x'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), (all, cuts) => {
      const bytes = Buffer.concat(all.map(textFrame));
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const pieces = places.slice(1).map((to, i) => bytes.subarray(places[i], to));
      const texts = new Texts();
      expect(pieces.flatMap((piece) => texts.take([piece]))).toEqual(all);
      expect(new Texts().take(pieces)).toEqual(all);
    }),
  );
});
