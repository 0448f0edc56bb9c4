/** The words of JSON schema that ours uses. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  items?: Schema;
  minItems?: number;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

/**
 * Where a value first breaks a JSON schema, as a JSON pointer; `null`: nowhere. It knows the words that our schema
 * uses, and throws at any other.
 */
export function findBreach(schema: Schema, value: unknown, at = ''): string | null {
  const unknown = Object.keys(schema).find((word) => !words.has(word));
  if (unknown !== undefined) throw new Error(`${at}: ${unknown} is not known here`);
  if (schema.anyOf) {
    const fits = schema.anyOf.some((each) => findBreach(each, value, at) === null);
    if (!fits) return at;
  }
  if (schema.const !== undefined && schema.const !== value) return at;
  if (schema.enum && !schema.enum.includes(value)) return at;
  if (
    schema.type &&
    schema.type !== typeOf(value) &&
    !(schema.type === 'number' && typeOf(value) === 'integer')
  )
    return at;
  if (typeof value === 'string') return breaksText(schema, value) ? at : null;
  if (typeof value === 'number')
    return value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity) ? at : null;
  if (Array.isArray(value)) return findInList(schema, value, at);
  return typeof value === 'object' && value !== null ? findInMap(schema, value, at) : null;
}

const words = new Set(
  `$schema title description default examples type properties required additionalProperties propertyNames items
  minItems anyOf enum const pattern minLength maxLength minimum maximum`.split(/\s+/),
);

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function breaksText({ pattern, minLength = 0, maxLength = Infinity }: Schema, value: string): boolean {
  return (
    value.length < minLength ||
    value.length > maxLength ||
    (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
  );
}

function findInList({ items = {}, minItems = 0 }: Schema, value: unknown[], at: string): string | null {
  if (value.length < minItems) return at;
  return (
    value.map((item, index) => findBreach(items, item, `${at}/${index}`)).find((breach) => breach !== null) ??
    null
  );
}

function findInMap(schema: Schema, value: object, at: string): string | null {
  const { properties = {}, required = [], additionalProperties = true, propertyNames = {} } = schema;
  const missing = required.find((key) => !(key in value));
  if (missing !== undefined) return `${at}/${missing}`;
  for (const [key, inner] of Object.entries(value)) {
    const known = properties[key] ?? additionalProperties;
    if (known === false || findBreach(propertyNames, key) !== null) return `${at}/${key}`;
    const breach = known === true ? null : findBreach(known, inner, `${at}/${key}`);
    if (breach !== null) return breach;
  }
  return null;
}
