import type { GoodRules } from './parse-rules.ts';
import type { Rule } from './rule.ts';

/** What is allowed and probably not meant, a line each as `path:line:column: message`. */
export function warnOfRules({ rules, places }: GoodRules, now: number): string[] {
  return rules.rules.flatMap((rule, index) => {
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
    const above = rules.rules.slice(0, index).find((earlier) => covers(earlier, rule));
    if (above !== undefined) {
      warnings.push(
        `${place}: rule ${rule.name} is never reached: rule ${above.name} above matches all that it does`,
      );
    }
    return warnings;
  });
}

/** Whether the earlier rule surely matches every run that the later one does. */
function covers(earlier: Rule, later: Rule): boolean {
  if (earlier.unless !== undefined || earlier.expires !== undefined) return false;
  const { message, log, ...lists } = earlier.match;
  if (message !== undefined && message.source !== later.match.message?.source) return false;
  if (log !== undefined && log.source !== later.match.log?.source) return false;
  const keys = Object.keys(lists) as (keyof typeof lists)[];
  return keys.every((key) => {
    const asked: readonly string[] | undefined = lists[key];
    const narrower: readonly string[] | undefined = later.match[key];
    if (asked === undefined) return true;
    // A phase without steps fails even `*`, unless the later rule asks for a step, too.
    if (asked.includes('*') && (key !== 'step' || narrower !== undefined)) return true;
    return narrower?.every((each) => asked.includes(each)) ?? false;
  });
}
