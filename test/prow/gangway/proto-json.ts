/** JSON that the transcoder refuses before Gangway sees it: 400 with a text, no gRPC headers. */
export class BadJson extends Error {}

export type JsonObject = Record<string, unknown>;

export function parseBody(body: Buffer): JsonObject {
  if (body.length === 0) return {};
  try {
    return asObject(JSON.parse(body.toString()), 'message');
  } catch (error) {
    if (error instanceof BadJson) throw error;
    throw new BadJson('Could not parse JSON: expected a value', { cause: error });
  }
}

/** A field under its proto name or its lowerCamelCase one; `null` and absent are the same. */
export function field(object: JsonObject, name: string): unknown {
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return object[name] ?? object[camel] ?? undefined;
}

export function stringField(object: JsonObject, name: string): string {
  const value = field(object, name);
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  throw new BadJson(`(${name}): invalid value ${JSON.stringify(value)} for type TYPE_STRING`);
}

export function intField(object: JsonObject, name: string): number {
  const value = Number(field(object, name) ?? 0);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value;
  throw new BadJson(`(${name}): invalid value for type TYPE_INT32`);
}

/** A message field: `null` when unset. */
export function objectField(object: JsonObject, name: string): JsonObject | null {
  const value = field(object, name);
  return value === undefined ? null : asObject(value, name);
}

/**
 * A repeated message field. OpenShift's Lua filter turns an empty array into `{}`, which the transcoder
 * takes for one empty element.
 */
export function listField(object: JsonObject, name: string): JsonObject[] {
  const value = field(object, name);
  if (value === undefined) return [];
  if (Array.isArray(value) && value.length > 0) return value.map((item) => asObject(item, name));
  return [Array.isArray(value) ? {} : asObject(value, name)];
}

export function mapField(object: JsonObject, name: string): Record<string, string> {
  const map = objectField(object, name) ?? {};
  return Object.fromEntries(Object.keys(map).map((key) => [key, stringField(map, key)]));
}

/** An enum as its name, its number or its number in quotes; a number without a name is kept as `#n`. */
export function enumValue<T extends string>(value: unknown, names: readonly T[]): T | `#${number}` {
  const first = names[0];
  if (value === undefined && first !== undefined) return first;
  const named = names.find((name) => name === value);
  if (named !== undefined) return named;
  const n =
    typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value)) ? Number(value) : NaN;
  if (!Number.isInteger(n)) throw new BadJson(`invalid value ${JSON.stringify(value)} for type TYPE_ENUM`);
  return names[n] ?? `#${n}`;
}

function asObject(value: unknown, name: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new BadJson(`(${name}): invalid value, expected an object`);
}
