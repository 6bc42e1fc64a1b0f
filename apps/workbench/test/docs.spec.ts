import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// What the pages show of the code is there, and so is what they link to.

const pagesIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const pages = [...pagesIn('.'), ...pagesIn('docs')];
const textOf = (page: string) => readFileSync(page, 'utf8');

const LINK = /\]\(((?!https?:|#)[^)#\s]+)(?:#[^)]*)?\)/g;
const filesLinkedIn = (text: string, page: string) =>
  [...text.matchAll(LINK)].map(([, link]) => join(dirname(page), link!));

interface Snippet {
  /** The first source that is linked since the block before it, else the one of that block, within a section. */
  readonly file: string;
  /** The parts between the lines that say `// …`. */
  readonly parts: readonly string[];
}

function snippetsOf(page: string): Snippet[] {
  const text = textOf(page);
  const snippets: Snippet[] = [];
  let file = '';
  for (const piece of text.split(/(^```ts\n[\s\S]*?^```$)/m)) {
    const code = /^```ts\n([\s\S]*?)\n```$/.exec(piece)?.[1];
    if (code === undefined) {
      // A heading begins anew; otherwise further blocks are of the same file.
      if (/^## /m.test(piece)) file = '';
      const section = piece.slice(piece.lastIndexOf('\n## ') + 1);
      file = filesLinkedIn(section, page).find((linked) => linked.endsWith('.ts')) ?? file;
    } else {
      snippets.push({ file, parts: code.split(/\n? *\/\/ …\n?/) });
    }
  }
  return snippets;
}

/** Whether the parts are in the source as whole lines, one after the other. */
function holds(source: string, parts: readonly string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = `\n${source}\n`.indexOf(`\n${part}\n`, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

describe.each(pages)('%s', (page) => {
  it('links to files that are there', () => {
    expect(filesLinkedIn(textOf(page), page).filter((file) => !existsSync(file))).toEqual([]);
  });

  it('shows code that is in the file it names', () => {
    const wrong = snippetsOf(page).filter(({ file, parts }) => !existsSync(file) || !holds(textOfSource(file), parts));
    expect(wrong).toEqual([]);
  });
});

const textOfSource = (file: string) => readFileSync(file, 'utf8');

describe('the pages on adding something', () => {
  it('show code of each step of a command', () => {
    const files = snippetsOf('docs/adding-a-command.md').map(({ file }) => file);
    expect([...new Set(files)]).toEqual([
      'libs/domain/src/seen.ts',
      'apps/gateway/src/commands/mark-seen.ts',
      'libs/protocol/src/payloads.ts',
      'libs/protocol/src/endpoints.ts',
      'apps/gateway/src/socket/direct-chat.gateway.ts',
    ]);
  });

  it('show code of each step of a projection', () => {
    const files = snippetsOf('docs/adding-a-projection.md').map(({ file }) => file);
    expect([...new Set(files)]).toEqual([
      'libs/projections/src/stats/documents.ts',
      'libs/projections/src/stats/queries.ts',
      'libs/projections/src/stats/fold.ts',
      'libs/projections/src/projections.ts',
      'libs/projections/test/fold.spec.ts',
    ]);
  });

  it('would be found to show what is not there', () => {
    expect(holds('a\nb\nc\nd', ['b', 'd'])).toBe(true);
    expect(holds('a\nb\nc\nd', ['d', 'b'])).toBe(false);
    expect(holds('a\nbb\nc', ['b'])).toBe(false);
  });
});
