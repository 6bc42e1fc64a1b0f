/** It failed for the moment: the same may be tried again. What else went wrong will not be otherwise the next time. */
export class RetryableError extends Error {}
