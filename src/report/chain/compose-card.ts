import { type ActionResult, cancelChain, retryChain } from '../../chain/actions.ts';
import { type Chain, isOpen } from '../../chain/chain.ts';
import { type ChainRun } from '../../chain/run.ts';
import { formatDuration } from '../../time/duration.ts';
import type { Reason } from '../../chain/decision.ts';
import { formatKnownFailure, describeReasons } from '../reasons.ts';
import type { Card, CardAction, Fact } from '../message.ts';
import { headlineOf } from './headline.ts';
import { linkToRun, formatWhere } from '../phrases.ts';
import { describeNextStep } from './next-step.ts';

interface View {
  /** Where a run that has no page of its own yet is shown by its id. */
  prowUrl: string;
  /** Whether the service has a token of its own, by which an ended chain can go on. */
  hasOwnToken: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Sentences of the account that are shown; the chain view and `explain` have all. */
const maxLines = 4;
/** Known failures that the card names. */
const maxKnown = 3;

/** The chain as its one message shows it: how it stands, what failed, why it is tried again or not, by whom. */
export function composeCard(chain: Chain, view: View): Card {
  const { tone, words } = headlineOf(chain, chain.updatedAt);
  return {
    tone,
    title: `${words} · ${chain.jobName}`,
    facts: listFacts(chain),
    lines: listLines(chain),
    links: chain.runs.map((run) => linkToRun(run, view.prowUrl)),
    actions: listActions(chain, view),
  };
}

function listFacts(chain: Chain): Fact[] {
  const { decision, ruleInfo, runs } = chain;
  const failed = pickFailed(chain);
  return [
    fact('Failed in', failed === null ? '' : formatWhere(failed)),
    fact('Failure', failed?.message ?? ''),
    fact('Known failure', formatKnownFailures(runs)),
    fact('Rule', decision?.rule ?? ''),
    fact('Owner', ruleInfo?.owner ?? ''),
    fact('Issue', ruleInfo?.issue ?? ''),
    fact(
      'Attempts',
      runs
        .filter(({ attempt }) => attempt > 0)
        .map((run) => formatAttempt(run, isOpen(chain)))
        .join('; '),
    ),
  ].filter(({ text }) => text !== '');
}

/** The run whose failure the facts show. */
function pickFailed({ runs }: Chain): ChainRun | null {
  return runs.findLast(({ phase }) => phase !== null) ?? runs[0] ?? null;
}

/** Of the newest run that has any. */
function formatKnownFailures(runs: readonly ChainRun[]): string {
  const known = runs.findLast(({ knownFailures }) => knownFailures.length > 0)?.knownFailures ?? [];
  return known.slice(0, maxKnown).map(formatKnownFailure).join('; ');
}

function fact(name: string, text: string): Fact {
  return { name, text };
}

/** `1 FAILURE in pre after 52m` */
function formatAttempt(
  { attempt, status, phase, startedAt, finishedAt }: ChainRun,
  isFollowed: boolean,
): string {
  const ended = status ?? (isFollowed ? 'running' : 'no longer followed');
  const where = status === 'SUCCESS' || phase === null ? '' : ` in ${phase}`;
  const length = startedAt === null || finishedAt === null ? null : finishedAt - startedAt;
  const minutes = length === null ? null : Math.round(length / 60_000) * 60_000;
  return `${attempt} ${ended}${where}${minutes === null || minutes <= 0 ? '' : ` after ${formatDuration(minutes)}`}`;
}

/** The end of the account, without what stands among the facts or no longer holds, and what to do next. */
function listLines(chain: Chain): string[] {
  const isWaiting = chain.state === 'scheduled' || chain.state === 'held';
  const said = pickFailed(chain)?.message ?? null;
  const account = (chain.decision?.because ?? []).filter((reason) =>
    reason.kind === 'plan' ? isWaiting : !isAmongFacts(reason, said),
  );
  const next = describeNextStep(chain);
  return [...describeReasons(account.slice(-maxLines)), ...(next === null ? [] : [next])];
}

/** Whether the facts of the card say this already; `said`: the message that they show. */
function isAmongFacts(reason: Reason, said: string | null): boolean {
  // The facts do not show what is known of a run without a phase.
  if (reason.kind === 'failed') return reason.phase !== null;
  if (reason.kind === 'message') return reason.text === said;
  return shownAsFacts.has(reason.kind);
}

const shownAsFacts: ReadonlySet<Reason['kind']> = new Set([
  'known-failure',
  'more-known-failures',
  'owner',
  'issue',
]);

/** What a press would do now; what would be refused is not offered. */
function listActions(chain: Chain, { hasOwnToken, now }: View): Card['actions'] {
  const works: Record<CardAction, boolean> = {
    retry: changes(chain, retryChain(chain, hasOwnToken, now)),
    cancel: changes(chain, cancelChain(chain, now)),
    // Whose run passed in the end has nothing that a silence would spare.
    silence:
      chain.state !== 'passed' && chain.silencedUntil === null && chain.decision?.reason !== 'silenced',
  };
  const of = (['retry', 'cancel', 'silence'] as const).filter((action) => works[action]);
  return of.length === 0 ? null : { chainId: chain.id, of };
}

function changes(chain: Chain, act: ActionResult): boolean {
  return act.kind === 'done' && act.chain !== chain;
}
