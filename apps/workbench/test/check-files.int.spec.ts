import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = resolve('apps/workbench/check-files.mjs');
const source = readFileSync(program, 'utf8');
const bound = (name: string) => Number(new RegExp(`^const ${name} = (\\d+);$`, 'm').exec(source)![1]);
const [SMALL, MOST_SMALL, MEDIAN] = [bound('SMALL'), bound('MOST_SMALL'), bound('MEDIAN')];

describe('the check of the sizes of files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-files-'));
    mkdirSync(join(folder, 'libs', 'one', 'src'), { recursive: true });
    mkdirSync(join(folder, 'apps', 'two', 'src', 'inner'), { recursive: true });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** What it says of files of so many lines. */
  const saidOf = (...sizes: readonly number[]) => {
    for (const [i, lines] of sizes.entries()) {
      const place = i % 2 === 0 ? 'libs/one/src' : 'apps/two/src/inner';
      writeFileSync(join(folder, place, `${i}.ts`), '\n'.repeat(lines));
    }
    const { status, stderr } = spawnSync(process.execPath, [program], { cwd: folder, encoding: 'utf8' });
    return { status, said: stderr };
  };
  const many = (count: number, lines: number): number[] => Array.from({ length: count }, () => lines);

  it('refuses where half of all have too many lines, and not before', () => {
    expect(saidOf(...many(5, MEDIAN - 1), ...many(4, 300))).toEqual({ status: 0, said: '' });
    expect(saidOf(...many(4, MEDIAN - 1), ...many(5, MEDIAN))).toEqual({
      ...{ status: 1, said: `half of all files have ${MEDIAN} lines or more: it is to be fewer than ${MEDIAN}\n` },
    });
  });

  it('refuses where too many are small, and names them', () => {
    const others = many(MOST_SMALL + 5, SMALL);
    expect(saidOf(...many(MOST_SMALL, SMALL - 1), ...others)).toEqual({ status: 0, said: '' });
    const { status, said } = saidOf(...many(MOST_SMALL + 1, SMALL - 1), ...others);
    expect([status, said]).toEqual([
      1,
      expect.stringContaining(`${MOST_SMALL + 1} files have fewer than ${SMALL} lines`),
    ]);
    expect(said.split('\n').filter((line) => line.startsWith(`  ${SMALL - 1} `))).toHaveLength(MOST_SMALL + 1);
  });
});
