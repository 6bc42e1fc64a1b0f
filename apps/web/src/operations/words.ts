export const count = (value: number): string => value.toLocaleString('en');

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), units.length - 1);
  return `${(value / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

export const seconds = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

export const time = (iso: string): string => new Date(iso).toLocaleString();
