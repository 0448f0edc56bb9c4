import type { Card, Fact } from '../message.ts';
import { type Digest, idleTries } from './compute-digest.ts';
import { pluralize } from '../../text/pluralize.ts';
import { dayMs, hourMs } from '../../time/duration.ts';

/** A card is read at a glance. */
const maxRules = 10;

/** A digest for people, numbers first; what to do stands at the end, where there is anything to do. */
export function composeDigest(digest: Digest): Card {
  const isEmpty = digest.closed === 0;
  return {
    tone: 'quiet',
    title: `Digest of ${formatSpan(digest)}: ${formatOutcome(digest)}`,
    facts: isEmpty ? [] : listFacts(digest),
    lines: isEmpty
      ? []
      : [
          ...formatRules(digest),
          ...formatFlakes(digest),
          ...formatUnknown(digest),
          ...formatOthers(digest),
          ...formatIdle(digest),
        ],
    links: [],
    actions: null,
  };
}

/** Its first and its last day, by UTC; with the times where it is not of whole days. */
function formatSpan({ from, to }: Digest): string {
  const isWhole = from % dayMs === 0 && to % dayMs === 0;
  return isWhole
    ? `${formatMinute(from, 10)} to ${formatMinute(to - 1, 10)}`
    : `${formatMinute(from)} to ${formatMinute(to)} UTC`;
}

/** `2026-11-16 08:00`, or as much of it as has `length` signs. */
function formatMinute(at: number, length = 16): string {
  return new Date(at).toISOString().slice(0, length).replace('T', ' ');
}

function formatOutcome({ closed, retried, rescued }: Digest): string {
  if (closed === 0) return 'no failure came to its end';
  if (retried === 0) return `${pluralize(closed, 'failure')}, none was tried again`;
  return `${rescued} of ${pluralize(retried, 'retried failure')} rescued`;
}

function listFacts(digest: Digest): Fact[] {
  const { closed, retried, rescued, exhausted, skipped, handedOver } = digest;
  const skips = skipped.reduce((sum, { chains }) => sum + chains, 0);
  const reasons = skipped.map(({ reason, chains }) => `${reason ?? 'reason not known'} ${chains}`);
  const facts: (Fact | null)[] = [
    { name: 'Retried', text: `${retried} of ${pluralize(closed, 'failure')}` },
    { name: 'Rescued', text: `${rescued} (passed on an attempt: flakes)` },
    { name: 'Exhausted', text: `${exhausted}` },
    skips === 0 ? null : { name: 'Skipped', text: `${skips}: ${reasons.join(', ')}` },
    handedOver === 0 ? null : { name: 'Handed to a person', text: `${handedOver}` },
    retried === 0 ? null : { name: 'Cluster hours', text: formatHours(digest) },
  ];
  return facts.filter((fact) => fact !== null);
}

function formatHours({ hours: { spent, rescued, unknown } }: Digest): string {
  if (spent === 0 && unknown > 0) return 'not known';
  return `${inHours(spent)} spent on attempts, ${inHours(rescued)} of them on attempts that passed`;
}

function inHours(ms: number): string {
  return String(Math.round((ms / hourMs) * 10) / 10);
}

function formatUnknown({ hours: { unknown } }: Digest): string[] {
  if (unknown === 0) return [];
  return [
    `${pluralize(unknown, 'attempt')} left no times, so the cluster hours leave ${unknown === 1 ? 'it' : 'them'} out.`,
  ];
}

/** Anyone can report a failure, so these jobs are not named. */
function formatOthers({ others }: Digest): string[] {
  if (others === 0) return [];
  return [
    `Not included: ${pluralize(others, 'failure')} not proven, or reported with a token that Gangway never accepted.`,
  ];
}

function formatRules({ rules }: Digest): string[] {
  const rest = rules.length - maxRules;
  const shown = rules.slice(0, maxRules).map(({ rule, rescues, tries }) => {
    const word = tries === 1 ? 'try' : 'tries';
    return `${pluralize(rescues, 'rescue')} in ${tries} ${word} by rule ${rule}.`;
  });
  return rest > 0 ? [...shown, `${pluralize(rest, 'more rule')} rescued as many or fewer.`] : shown;
}

function formatFlakes({ flakiest }: Digest): string[] {
  return flakiest.map(({ jobName, rescued }) => `${pluralize(rescued, 'flake')} of job ${jobName}.`);
}

function formatIdle({ idleRules }: Digest): string[] {
  return idleRules.map(
    (rule) =>
      `Rule ${rule} has not rescued a run in its last ${idleTries} tries. ` +
      'Next: narrow what it matches, or let it expire (expires:).',
  );
}
