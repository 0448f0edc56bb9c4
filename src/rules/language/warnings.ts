import { usesOldBranch } from '../../job/compile-job-glob.ts';
import type { GoodRules } from './parse-rules.ts';
import type { Rule } from './rule.ts';

/** What is allowed and probably not meant, a line each as `path:line:column: message`. */
export function warnOfRules({ rules, places, budgetPlaces }: GoodRules, now: number): string[] {
  const budgets = rules.budgets.flatMap(({ job }, index) =>
    warnOfOldNames(`${budgetPlaces[index] ?? ''}: budgets number ${index + 1}`, [job]),
  );
  return [...rules.rules.flatMap(warnOfRule), ...budgets];

  function warnOfRule(rule: Rule, index: number): string[] {
    const place = places.get(rule.name) ?? '';
    const warnings: string[] = [];
    if (rule.expires !== undefined && rule.expires <= now) {
      warnings.push(
        `${place}: rule ${rule.name} has expired, so it no longer matches; remove it or give it more time`,
      );
    }
    if (rule.retry !== 'never' && rule.retry.max_delay < rule.retry.delay) {
      warnings.push(`${place}: rule ${rule.name} waits max_delay, which is shorter than its delay`);
    }
    const globs = [...(rule.match.job ?? []), ...(rule.unless?.job ?? [])];
    warnings.push(...warnOfOldNames(`${place}: rule ${rule.name}`, globs));
    const above = rules.rules.slice(0, index).find((earlier) => covers(earlier, rule));
    if (above !== undefined) {
      warnings.push(
        `${place}: rule ${rule.name} is never reached: rule ${above.name} above matches all that it does`,
      );
    }
    return warnings;
  }
}

/** Globs that still match (see `compileJobGlob`) but mislead their readers. */
function warnOfOldNames(what: string, globs: readonly string[] = []): string[] {
  return globs
    .filter(usesOldBranch)
    .map(
      (glob) =>
        `${what} names ${glob}: the branch of openshift/release has been main since 2026-02: write main`,
    );
}

/** Whether the earlier rule surely matches every run that the later one does. */
function covers(earlier: Rule, later: Rule): boolean {
  if (earlier.unless !== undefined || earlier.expires !== undefined) return false;
  // A run that something else manages is for rules with managed_by alone, and any other run for the rest.
  if ((earlier.match.managed_by === undefined) !== (later.match.managed_by === undefined)) return false;
  const { message, log, ...lists } = earlier.match;
  if (message !== undefined && message.source !== later.match.message?.source) return false;
  if (log !== undefined && log.source !== later.match.log?.source) return false;
  const keys = Object.keys(lists) as (keyof typeof lists)[];
  return keys.every((key) => {
    const asked: readonly string[] | undefined = lists[key];
    const narrower: readonly string[] | undefined = later.match[key];
    if (asked === undefined) return true;
    // A phase without steps, or a run without labels, fails even `*`, unless the later rule asks for one, too.
    const mayBeNone = key === 'step' || key === 'label';
    if (asked.includes('*') && (!mayBeNone || narrower !== undefined)) return true;
    return narrower?.every((each) => asked.includes(each)) ?? false;
  });
}
