import { allProjections } from '#operations';
import type { Projection } from '#projections';
import { UsageError } from './usage.js';

/** @throws UsageError where there is none of that name */
export function projectionNamed(name: string | undefined): Projection<unknown> {
  const projection = allProjections.find((one) => one.name === name);
  if (projection) return projection;
  const names = allProjections.map((one) => one.name).join(', ');
  throw new UsageError(
    name === undefined ? `say which projection: ${names}` : `there is no projection ${name}: ${names}`,
  );
}
