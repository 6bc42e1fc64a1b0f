/**
 * Calls a listener out of the NATS client's reader. An exception would stop that reader for good, without a word; it
 * surfaces as an uncaught one of the process instead, since it is a fault of the listener's owner.
 */
export function surfacing(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
