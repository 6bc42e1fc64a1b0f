/** Takes the texts out of the WebSocket frames that sessions write, however these are cut into pieces. */
export class Texts {
  #rest: Buffer = Buffer.alloc(0);

  /** @returns those that are whole by now */
  take(pieces: readonly Buffer[]): string[] {
    this.#rest = Buffer.concat([this.#rest, ...pieces]);
    const texts: string[] = [];
    for (;;) {
      const frame = this.#frame();
      if (!frame) return texts;
      texts.push(this.#rest.toString('utf8', frame.start, frame.end));
      this.#rest = this.#rest.subarray(frame.end);
    }
  }

  /** Where the text of the first frame is (RFC 6455, section 5.2): a server's frames are whole and not masked. */
  #frame(): { readonly start: number; readonly end: number } | null {
    const rest = this.#rest;
    if (rest.length < 2) return null;
    const short = rest[1]! & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < start) return null;
    const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    return rest.length < start + length ? null : { start, end: start + length };
  }
}
