import { RE2JS } from 're2js';
import { compileExpression, warmExpression } from '../text/expression.ts';

/**
 * Reads a glob over job names and other words without slashes: `*` any text, `?` one character, `{a,b}` one of
 * several. It must match the whole name. Matching takes time linear in the name, whatever the glob, because globs
 * also come from readers of the API.
 */
export function compileGlob(glob: string): (name: string) => boolean {
  const source = translate(glob);
  compileExpression(source, RE2JS.DOTALL);
  return (name) => warmExpression(source, RE2JS.DOTALL, name.length).matches(name);
}

function translate(glob: string): string {
  if (!hasClosedBraces(glob)) return translatePlain(glob);
  return glob.split(/([{},])/).reduce(
    ({ out, depth }, part) => {
      if (part === '{') return { out: `${out}(?:`, depth: depth + 1 };
      if (part === '}') return { out: `${out})`, depth: depth - 1 };
      if (part === ',' && depth > 0) return { out: `${out}|`, depth };
      return { out: out + translatePlain(part), depth };
    },
    { out: '', depth: 0 },
  ).out;
}

function translatePlain(glob: string): string {
  return glob
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
}

/** Whether each brace has its other one, three deep at most; in a glob without that they stand for themselves. */
export function hasClosedBraces(glob: string): boolean {
  let depth = 0;
  for (const sign of glob) {
    if (sign === '{') depth += 1;
    if (sign === '}') depth -= 1;
    if (depth < 0 || depth > 3) return false;
  }
  return depth === 0;
}
