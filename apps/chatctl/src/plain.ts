/** A text in quotes, on one line, that does nothing to a terminal. */
export const quoted = (text: string): string => plain(JSON.stringify(text));

/**
 * Without the characters that a terminal acts upon, and those that show a text as another one than it is: the latter
 * turn or hide parts of it. The one that joins emojis stays.
 */
export const plain = (text: string): string =>
  text.replace(/(?!\u200d)[\p{Cc}\p{Cf}]/gu, (control) =>
    control.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
