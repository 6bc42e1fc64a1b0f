import { LinkifyIt } from 'linkify-it';

const linkify = new LinkifyIt({ fuzzyEmail: false, fuzzyIP: false });

/** A piece of a text; one with an address is a link. */
export interface Piece {
  readonly text: string;
  readonly href?: string;
}

/** A text in pieces; only addresses of the web are links. */
export function piecesOf(text: string): readonly Piece[] {
  const links = linkify.match(text)?.filter(({ url }) => /^https?:/i.test(url)) ?? [];
  const pieces: Piece[] = [];
  let end = 0;
  for (const { index, lastIndex, url } of links) {
    if (index > end) pieces.push({ text: text.slice(end, index) });
    pieces.push({ text: text.slice(index, lastIndex), href: url });
    end = lastIndex;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}
