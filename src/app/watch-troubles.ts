import type { GangwayClient } from '../adapters/gangway/gangway-client.ts';
import type { LiveRules } from '../flow/state/live-rules.ts';
import type { TroubleWatch } from '../flow/notices/trouble-watch.ts';

/** Reports the state of Gangway and of the rules to the watch. */
export function watchTroubles(troubles: TroubleWatch, gangway: GangwayClient, rules: LiveRules): void {
  gangway.onHealth(({ breaker, lastFault }) => {
    const fault = { says: lastFault ?? 'not known', more: 0 };
    troubles.see('gangway', breaker === 'closed' ? null : fault);
  });
  rules.onReading((problems) => {
    const [says, ...others] = problems;
    troubles.see('rules', says === undefined ? null : { says, more: others.length });
  });
}
