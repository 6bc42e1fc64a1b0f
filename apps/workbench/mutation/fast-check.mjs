// In place of fast-check: the first counterexample is enough to notice a mistake, and to shrink it takes long.
import fc from '../../../node_modules/fast-check/lib/fast-check.js';

fc.configureGlobal({ endOnFailure: true });

export * from '../../../node_modules/fast-check/lib/fast-check.js';
export default fc;
