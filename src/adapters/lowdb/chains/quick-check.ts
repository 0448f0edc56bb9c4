import type { z } from 'zod';

type Check = (value: unknown) => boolean;

/** What is read of a schema: zod does not name the type of all of it. */
interface Definition {
  type: string;
  checks?: readonly { _zod: { def: CheckDefinition } }[];
  check?: string;
  format?: string;
  shape: Record<string, z.ZodType>;
  catchall?: { def: { type: string } };
  element: z.ZodType;
  innerType: z.ZodType;
  keyType: z.ZodType;
  valueType: z.ZodType;
  entries: Record<string, unknown>;
  values: readonly unknown[];
  in: z.ZodType;
  out: z.ZodType;
  transform: (value: unknown) => unknown;
  options: readonly z.ZodType[];
  discriminator?: string;
}

interface CheckDefinition {
  check: string;
  value: number;
  inclusive: boolean;
  minimum: number;
  fn?: (value: unknown) => unknown;
}

/**
 * Tells whether a schema lets a value of JSON through just as it is. zod itself copies every object, and a start reads
 * 100,000 chains. `false` says nothing: the value may be damaged, or lack what the schema adds, so zod must tell. What
 * is not known here of a schema is `false`, too.
 */
export function makeQuickCheck(schema: z.ZodType): Check {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const check = buildCheck(schema);
  made.set(schema, check);
  return check;
}

/** The same schema stands in many places, such as a fact's in each list of facts. */
const made = new WeakMap<z.ZodType, Check>();

function buildCheck(schema: z.ZodType): Check {
  const definition = schema.def as unknown as Definition;
  const isOfType = checkType(definition);
  const checks = (definition.checks ?? []).map(({ _zod: { def } }) => checkMore(def));
  return checks.length === 0
    ? isOfType
    : (value) => isOfType(value) && checks.every((isSound) => isSound(value));
}

function checkType(definition: Definition): Check {
  switch (definition.type) {
    case 'string':
      return definition.format === undefined ? (value) => typeof value === 'string' : refuse;
    case 'number':
      return checkNumber(definition);
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'unknown':
      return () => true;
    case 'enum':
      return checkOneOf(Object.values(definition.entries));
    case 'literal':
      return checkOneOf(definition.values);
    case 'nullable':
      return checkNullable(definition);
    case 'optional':
    case 'default':
    case 'catch':
      return makeQuickCheck(definition.innerType);
    case 'array':
      return checkArray(definition);
    case 'record':
      return checkRecord(definition);
    case 'object':
      return checkObject(definition);
    case 'union':
      return checkUnion(definition);
    case 'pipe':
      return checkPipe(definition);
    default:
      return refuse;
  }
}

function checkMore({ check, value: bound, inclusive, minimum, fn }: CheckDefinition): Check {
  switch (check) {
    case 'greater_than':
      return (value) => (value as number) > bound || (inclusive && value === bound);
    case 'less_than':
      return (value) => (value as number) < bound || (inclusive && value === bound);
    case 'min_length':
      return (value) => (value as string | unknown[]).length >= minimum;
    case 'custom':
      return fn === undefined ? refuse : (value) => fn(value) === true;
    default:
      return refuse;
  }
}

function refuse(): boolean {
  return false;
}

function checkNumber({ format }: Definition): Check {
  if (format === undefined) return Number.isFinite;
  return format === 'safeint' ? Number.isSafeInteger : refuse;
}

function checkOneOf(words: readonly unknown[]): Check {
  const known = new Set(words);
  return (value) => known.has(value);
}

function checkNullable({ innerType }: Definition): Check {
  const isSound = makeQuickCheck(innerType);
  return (value) => value === null || isSound(value);
}

function checkArray({ element }: Definition): Check {
  const isSound = makeQuickCheck(element);
  return (value) => Array.isArray(value) && value.every((each) => isSound(each));
}

function checkRecord({ keyType, valueType }: Definition): Check {
  const isKey = makeQuickCheck(keyType);
  const isSound = makeQuickCheck(valueType);
  return (value) =>
    isPlainObject(value) && Object.entries(value).every(([key, each]) => isKey(key) && isSound(each));
}

/** Only objects that keep what they do not know come out as they are. */
function checkObject({ shape, catchall }: Definition): Check {
  if (catchall?.def.type !== 'unknown') return refuse;
  const fields = Object.entries(shape).map(([name, schema]) => {
    return { name, isSound: makeQuickCheck(schema), mayLack: schema.def.type === 'optional' };
  });
  return (value) => {
    if (!isPlainObject(value)) return false;
    for (const { name, isSound, mayLack } of fields) {
      const each = value[name];
      if (each === undefined ? !mayLack : !isSound(each)) return false;
    }
    return true;
  };
}

/** Only unions of objects that one of their fields tells apart. */
function checkUnion({ options, discriminator }: Definition): Check {
  if (discriminator === undefined) return refuse;
  const checks = new Map<unknown, Check>();
  for (const option of options) {
    const field = (option.def as unknown as Definition).shape[discriminator];
    if (field === undefined) return refuse;
    const { values } = field.def as unknown as Definition;
    for (const value of values) checks.set(value, makeQuickCheck(option));
  }
  return (value) => isPlainObject(value) && (checks.get(value[discriminator])?.(value) ?? false);
}

/** A step that gives back the very value that it was given changed nothing; one that also takes zod's context may refuse it. */
function checkPipe({ in: first, out }: Definition): Check {
  const { type, transform } = out.def as unknown as Definition;
  if (type !== 'transform' || transform.length > 1) return refuse;
  const isSound = makeQuickCheck(first);
  return (value) => isSound(value) && transform(value) === value;
}

/** zod drops what is named `__proto__`. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.hasOwn(value, '__proto__')
  );
}
