import { describeJsonFault } from '../text/describe-json-fault.ts';

type JsonReading =
  | { ok: true; value: unknown }
  /** `message` says what is wrong with the body, to be read after its name; no value of the body is in it. */
  | { ok: false; message: string };

/** Objects and arrays within each other, the outermost counted. */
const deepest = 20;
/** Keys and elements in all. */
const maxElements = 1_000;

const decoder = new TextDecoder();

/**
 * Reads JSON in UTF-8; of a repeated key the last counts. What is deep or manifold beyond any notification is refused,
 * and so are keys that would reach a prototype where somebody copies them.
 */
export function readJsonBody(bytes: Uint8Array): JsonReading {
  const parsed = parse(decoder.decode(bytes));
  if ('fault' in parsed) return { ok: false, message: parsed.fault };
  const message = objectToShape(parsed.value);
  return message === null ? { ok: true, value: parsed.value } : { ok: false, message };
}

function parse(text: string): { value: unknown } | { fault: string } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { fault: describeJsonFault(text) };
  }
}

/** Goes level by level, so that no depth is a matter of the stack. */
function objectToShape(value: unknown): string | null {
  let level = [value].filter(isContainer);
  let count = 0;
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > deepest) return `is nested deeper than ${deepest} levels`;
    if (level.some(reachesPrototype)) return 'has a key that would reach a prototype';
    const inside = level.flatMap((each): unknown[] => Object.values(each));
    count += inside.length;
    if (count > maxElements) return `has more than ${maxElements} keys and elements`;
    level = inside.filter(isContainer);
  }
  return null;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function reachesPrototype(container: object): boolean {
  if (Object.hasOwn(container, '__proto__')) return true;
  if (!Object.hasOwn(container, 'constructor')) return false;
  const made: unknown = container.constructor;
  return isContainer(made) && Object.hasOwn(made, 'prototype');
}
