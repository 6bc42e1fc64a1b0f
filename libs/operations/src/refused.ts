/** What was asked for cannot be done as things are: the message says why, and what to do. */
export class OperationRefused extends Error {
  override readonly name = 'OperationRefused';
}
