/** The value below or at which a share of the values lies (0.5 the median, 1 the maximum); null of none. */
export function quantile(values: Iterable<number>, share: number): number | null {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? null;
}

/** @throws RangeError of no values */
export function median(values: Iterable<number>): number {
  const value = quantile(values, 0.5);
  if (value === null) throw new RangeError('there is no median of no values');
  return value;
}

/** To so many digits behind the point. */
export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
