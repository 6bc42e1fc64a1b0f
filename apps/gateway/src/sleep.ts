/** By the global timer, which a test can hold; that of `node:timers/promises` it cannot. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
