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
function hasClosedBraces(glob: string): boolean {
  let depth = 0;
  for (const sign of glob) {
    if (sign === '{') depth += 1;
    if (sign === '}') depth -= 1;
    if (depth < 0 || depth > 3) return false;
  }
  return depth === 0;
}

/**
 * The jobs of openshift/release, which moved from branch `master` to `main` in 2026-02 and took their names along
 * (PROW.md, 6): `periodic-ci-openshift-release-master-nightly-…` is `periodic-ci-openshift-release-main-nightly-…`.
 */
const renamed = /^((?:rehearse-\d+-)?(?:periodic|branch|pull)-ci-openshift-release-)(master|main)(?=-|$)/;

/** As `compileGlob`, for globs on job names: one that is written for a job's old name matches the new name too. */
export function compileJobGlob(glob: string): (jobName: string) => boolean {
  const matches = compileGlob(glob);
  return (jobName) => {
    if (matches(jobName)) return true;
    const other = findOtherName(jobName);
    return other !== null && matches(other);
  };
}

/** Whether a glob names jobs of openshift/release by their old branch. */
export function usesOldBranch(glob: string): boolean {
  return glob.includes('-ci-openshift-release-master');
}

/** The name of the same job on the other branch; `null`: it was never renamed. */
function findOtherName(jobName: string): string | null {
  const [whole, start, branch] = renamed.exec(jobName) ?? [];
  if (whole === undefined || start === undefined) return null;
  return `${start}${branch === 'main' ? 'master' : 'main'}${jobName.slice(whole.length)}`;
}

/** Why people who write this cannot mean a glob, to be read after its key; `null`: they can. */
export function checkGlob(text: string): string | null {
  if (/[[\]]/.test(text)) return describeUnclosed('it has a bracket');
  return hasClosedBraces(text)
    ? null
    : describeUnclosed('a brace of it has no other one, or they are over three deep');
}

function describeUnclosed(what: string): string {
  return `is no glob: ${what}; * is any text, ? one character, {a,b} one of several`;
}
