/** One build of a projection's documents. Its number is in the name of everything that belongs to it. */
export interface Version {
  /**
   * The first is when it was begun ({@link versionNumberAt}), every rebuild makes the next. So a number is never used
   * twice, also where the database was dropped and with it the memory of which there were: what still works on a version
   * that is lost cannot touch the one that came after it.
   */
  readonly number: number;
  /** What its documents look like and mean: only code of the same format folds and reads it. */
  readonly format: number;
  /** Whether it is of the log as it was before that was restored from a backup: nothing goes on from there. */
  readonly outdated?: true;
}

/** The versions that there are of a projection. */
export interface Versions {
  /** The one that is folded, told of and asked. */
  readonly serving: Version;
  /** The one that is being built beside it, to be served next. */
  readonly building: Version | null;
  /** Those that were served before, or given up half built, and are kept until they are removed. */
  readonly old: readonly Version[];
  /** The highest number that was ever given to one: what is left of a removed version is never met again. */
  readonly highest: number;
  /** Whose swap of readers is under way: while it is set, nobody folds the serving version. */
  readonly swap: string | null;
  /** The number of the first one since the database was empty, when revisions began anew: guards every change with them. */
  readonly begun: number;
  /** Raised by every change, and guards it. */
  readonly revision: number;
}

/** Where it is kept which versions there are, by the projection's name. A server that is away throws. */
export interface VersionRegistry {
  /** Null where nobody ever ran the projection. */
  read(projection: string): Promise<Versions | null>;
  /**
   * Stores `to` where what is stored has the revision before it (0: nothing is stored) and began with the same number;
   * whether it did. Of several that
   * change the same versions, one does.
   */
  replace(projection: string, to: Versions): Promise<boolean>;
}

/** The name of one version of a projection. */
export const versionName = (projection: string, version: number): string => `${projection}-${version}`;

/** A moment as the number of a version that is begun then: `yyyymmddhhmmss`, UTC. */
export const versionNumberAt = (date: Date): number => Number(date.toISOString().replace(/\D/g, '').slice(0, 14));

// What can become of versions, a step each: pure, to be stored with `replace`.

export const firstVersion = (format: number, number: number): Versions => ({
  serving: { number, format },
  building: null,
  old: [],
  highest: number,
  swap: null,
  begun: number,
  revision: 1,
});

const changed = (versions: Versions, change: Partial<Versions>): Versions => ({
  ...versions,
  ...change,
  revision: versions.revision + 1,
});

export const withNextVersion = (versions: Versions, format: number): Versions =>
  changed(versions, { building: { number: versions.highest + 1, format }, highest: versions.highest + 1 });

export const withSwap = (versions: Versions, swap: string | null): Versions => changed(versions, { swap });

/** What was built is served from now on. */
export const swapped = (versions: Versions, building: Version): Versions =>
  changed(versions, { serving: building, building: null, old: [...versions.old, versions.serving], swap: null });

/**
 * What was served is lost, and what was being built beside it with it: another one begins empty in its place, from the
 * next number on or from `number` where that is higher.
 */
export function withServingLost(versions: Versions, format: number, number: number): Versions {
  const next = Math.max(number, versions.highest + 1);
  return changed(versions, { serving: { number: next, format }, building: null, highest: next, swap: null });
}

/**
 * What was served, or was being built, is of the log before it was restored from a backup, and may hold what that lacks:
 * another one begins empty in its place, and it is kept until it is removed.
 */
export function withServingOutdated(versions: Versions, format: number, number: number): Versions {
  const next = Math.max(number, versions.highest + 1);
  const outdated = [versions.serving, ...(versions.building ? [versions.building] : [])];
  return changed(versions, {
    ...{ serving: { number: next, format }, building: null, highest: next, swap: null },
    old: [...versions.old, ...outdated].map((version) => ({ ...version, outdated: true })),
  });
}

/** What is being built is given up: nobody goes on with it, and it is kept until it is removed. */
export const withoutBuilding = (versions: Versions): Versions =>
  changed(versions, {
    building: null,
    swap: null,
    old: [...versions.old, ...(versions.building ? [versions.building] : [])],
  });

export const withoutOld = (versions: Versions, number: number): Versions =>
  changed(versions, { old: versions.old.filter((version) => version.number !== number) });
