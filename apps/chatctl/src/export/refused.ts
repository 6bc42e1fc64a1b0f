/** What is in the folder of an export does not go together with what is asked for: the message says what to do. */
export class ExportRefused extends Error {
  override readonly name = 'ExportRefused';
}
