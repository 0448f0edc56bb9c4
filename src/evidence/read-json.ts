/**
 * Reads a JSON object. A byte order mark in front is skipped. `null`: it is something else, such as the HTML page
 * that gcsweb shows for a missing file.
 */
export function parseJsonObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A field of others' JSON that should be an object; anything else counts as an empty one. */
export function readObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

export function readString(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
