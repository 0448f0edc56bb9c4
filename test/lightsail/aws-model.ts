/**
 * Holds a value against AWS's own model of a request, which the SDK carries as tuples (@smithy/types,
 * schema/static-schemas): `[1, …, items]` list, `[2, …, keys, values]` map, `[3, …, names, members, count]`
 * structure of which the first `count` members are required; 64 and 128 added to a number make it a list
 * or a map of that type. Enumerations are plain strings there.
 */
export function breachesOfModel(schema: unknown, value: unknown, at: string): string[] {
  if (typeof schema === 'function') return breachesOfModel(schema(), value, at);
  if (typeof schema === 'number') return breachesOfNumber(schema, value, at);
  if (!Array.isArray(schema)) return [`${at}: a schema that this check can't read`];
  if (typeof schema[1] !== 'string') return breachesOfModel(schema[0], value, at);
  const [kind, , name, , first, second, required] = schema;
  if (kind === 0) return breachesOfModel(first, value, at);
  if (kind === 1) return breachesOfList(first, value, at);
  if (kind === 2) return breachesOfMap(second, value, at);
  if (kind === 3) return breachesOfStructure({ name, members: first, schemas: second, required }, value, at);
  return [`${at}: a schema of kind ${kind} that this check can't read`];
}

function breachesOfNumber(schema: number, value: unknown, at: string): string[] {
  if (schema & 128) return breachesOfMap(schema & ~128, value, at);
  if (schema & 64) return breachesOfList(schema & ~64, value, at);
  const type = ['string', 'number', 'boolean'][schema];
  if (type === undefined) return [`${at}: a type ${schema} that this check can't read`];
  return typeof value === type ? [] : [`${at}: ${JSON.stringify(value)} is no ${type}`];
}

function breachesOfList(item: unknown, value: unknown, at: string): string[] {
  if (!Array.isArray(value)) return [`${at}: ${JSON.stringify(value)} is no list`];
  return value.flatMap((one, index) => breachesOfModel(item, one, `${at}[${index}]`));
}

function breachesOfMap(values: unknown, value: unknown, at: string): string[] {
  if (!isObject(value)) return [`${at}: ${JSON.stringify(value)} is no object`];
  return Object.entries(value).flatMap(([key, one]) => breachesOfModel(values, one, `${at}.${key}`));
}

interface Structure {
  name: string;
  members: string[];
  schemas: unknown[];
  required: number | undefined;
}

function breachesOfStructure(structure: Structure, value: unknown, at: string): string[] {
  if (!isObject(value)) return [`${at}: ${JSON.stringify(value)} is no object`];
  const missing = structure.members.slice(0, structure.required ?? 0).filter((member) => !(member in value));
  return [
    ...missing.map((member) => `${at}: ${structure.name} needs ${member}`),
    ...Object.entries(value).flatMap(([key, one]) => {
      const index = structure.members.indexOf(key);
      if (index === -1) return [`${at}.${key}: ${structure.name} knows only ${structure.members.join(', ')}`];
      return breachesOfModel(structure.schemas[index], one, `${at}.${key}`);
    }),
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
