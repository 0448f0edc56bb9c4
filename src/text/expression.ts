import { RE2JS } from 're2js';

/**
 * A compiled expression takes memory for its program and for the states that matching builds. RE2JS bounds the states per
 * expression, but not in total. Beyond this many bytes, everything is forgotten and compiled again on demand.
 */
const maxBytes = 32 * 1_048_576;
const maxStateBytes = 8 * 1_048_576;
/** Bytes of an instruction in a program, and in a state. */
const programBytes = 200;
const stateBytes = 8;
/** The fixed cost of a state, in instructions. */
const stateOverhead = 40;

const compiled = new Map<string, RE2JS>();
let bytes = 0;

/** Compiles the expression, unless it is known; `flags` are RE2JS's. Throws if it is not an RE2 expression. */
export function compileExpression(source: string, flags = 0): RE2JS {
  const key = `${flags} ${source}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const expression = RE2JS.compile(source, flags);
  spend(programBytes * (expression.programSize() + source.length));
  compiled.set(key, expression);
  return expression;
}

/** The expression, before it reads so many characters. In the worst case, each character makes a new state. */
export function warmExpression(source: string, flags: number, characters: number): RE2JS {
  const expression = compileExpression(source, flags);
  spend(Math.min(maxStateBytes, stateBytes * characters * (expression.programSize() + stateOverhead)));
  return expression;
}

function spend(more: number): void {
  if (bytes + more > maxBytes) {
    compiled.clear();
    bytes = 0;
  }
  bytes += more;
}

const repetition = /\{(\d{1,4})(?:(,)(\d{0,4}))?\}/y;

/**
 * The maximum number of instructions that an expression compiles to, without compiling it: `(x{100}){10}` has over 1,000.
 * For a text that is not an RE2 expression, the number means nothing.
 */
export function estimateInstructions(source: string): number {
  // The open groups, each with its size so far and the size of its last part, to which a repetition applies.
  const outer: Group[] = [];
  let group: Group = { size: 3, last: 0 };
  for (let at = 0; at < source.length;) {
    const sign = source[at];
    const { next, times, more } = readRepetition(source, at);
    if (next > at) {
      group.size += group.last * (times - 1) + more;
      group.last = group.last * times + more;
      at = next;
    } else if (sign === '(') {
      outer.push(group);
      const isPlain = source.startsWith('?:', at + 1);
      group = { size: isPlain ? 1 : 2, last: 0 };
      at += isPlain ? 3 : 1;
    } else if (sign === ')') {
      const { size } = group;
      const around = outer.pop() ?? { size: 2, last: 0 };
      group = { size: around.size + size, last: size };
      at += 1;
    } else {
      const end = skipPart(source, at);
      // An alternative may be empty, which also takes an instruction.
      const size = sign === '|' ? 2 : 1 + propertySize * countProperties(source.slice(at, end));
      group = { size: group.size + size, last: size };
      at = end;
    }
  }
  return outer.reduce((sum, { size }) => sum + size, group.size);
}

interface Group {
  size: number;
  last: number;
}

/**
 * A Unicode class such as `\pL` is one instruction, but it is expensive to compile. It counts for as many instructions as it
 * costs.
 */
const propertySize = 50;

function countProperties(part: string): number {
  return [...part.matchAll(/\\[pP]/g)].length;
}

/** The repetition at `at`: how often the part before it counts, and how many instructions it adds. `next` is `at` if there is none. */
function readRepetition(source: string, at: number): { next: number; times: number; more: number } {
  if ('*+?'.includes(source[at] ?? ' ')) return { next: at + 1, times: 1, more: 2 };
  repetition.lastIndex = at;
  const [whole, min = '', comma, max = ''] = repetition.exec(source) ?? [];
  if (whole === undefined) return { next: at, times: 1, more: 0 };
  const times = Math.max(1, Number(min), Number(max));
  const isOpen = comma !== undefined && max === '';
  const optional = isOpen ? 2 : Math.max(0, Number(max) - Number(min));
  return { next: at + whole.length, times: times + (isOpen ? 1 : 0), more: optional };
}

/** The end of the character, escape or class that begins here. */
function skipPart(source: string, at: number): number {
  if (source[at] === '[') return skipClass(source, at);
  if (source[at] !== '\\') return at + ((source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
  if (!'xpP'.includes(source[at + 1] ?? ' ') || source[at + 2] !== '{') return at + 2;
  const end = source.indexOf('}', at);
  return end === -1 ? source.length : end + 1;
}

function skipClass(source: string, begin: number): number {
  let at = source[begin + 1] === '^' ? begin + 2 : begin + 1;
  // A bracket in first place is literal.
  if (source[at] === ']') at += 1;
  while (at < source.length && source[at] !== ']') {
    const named = source.startsWith('[:', at) ? source.indexOf(':]', at) : -1;
    if (named !== -1) at = named + 2;
    else at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}
