import { parseDuration } from '../../../time/duration.ts';
import { pathInBucket, readRunUrl } from '../../../job/run.ts';

type Fields = Record<string, unknown>;

/**
 * A chain as version 1 of the store wrote it, in the shape of today; anything else as it is. What is odd about it is left
 * to the schema.
 */
export function upgradeChain(value: unknown): unknown {
  if (!isObject(value) || !('demanded' in value)) return value;
  return { ...upgradeBase(value), canaryOf: canaryHoldOf(value), ...upgradeState(value) };
}

/** What a chain has in every state. */
function upgradeBase(value: Fields): Fields {
  const { claims, delayTold, rejectedTold, muted, ruling, attempted, ...others } = value;
  const { demanded: _demanded, lacks: _lacks, hold: _hold, intent: _intent, ...kept } = others;
  const { wakeAt: _wakeAt, closedAt: _closedAt, ...rest } = kept;
  return {
    managedBy: null,
    overrides: { names: [], sealed: null, notCarried: [] },
    refusedAt: null,
    // Earlier versions did not tell proven chains from others, and verified when they accepted the notification.
    proof: 'failed',
    trust: 'secret',
    isVerified: true,
    card: null,
    ...rest,
    runs: mapList(rest['runs'], upgradeRun),
    highestAttempt: attempted,
    delayReported: delayTold,
    rejectionReportedTo: Array.isArray(rejectedTold) ? rejectedTold.map(toRecipientId) : rejectedTold,
    silencedUntil: isObject(muted) ? muted['until'] : null,
    ruleInfo: ruling ?? null,
    reportedLocations: claims,
    credentials: upgradeCredentials(rest['credentials']),
    decision: upgradeDecision(rest['decision']),
    outbox: mapList(rest['outbox'], upgradeReport),
    events: [{ at: value['createdAt'], what: 'opened', by: null, detail: null }],
  };
}

/** Each state has its own fields; version 1 had all of them in every state. */
function upgradeState(value: Fields): Fields {
  const { state, wakeAt, closedAt, demanded: manual } = value;
  const intent = upgradeIntent(value['intent']);
  const missing = value['lacks'] === 'place' ? 'location' : value['lacks'];
  switch (state) {
    case 'judging':
    case 'following':
      return { state, wakeAt };
    case 'scheduled':
    case 'triggering':
      return { state, wakeAt, manual, intent };
    case 'held':
      return { state, wakeAt, hold: upgradeHold(value['hold']), intent };
    case 'needs-human':
      return { state, closedAt, missing, manual, intent };
    case 'rejected':
      return { state, closedAt, missing, manual };
    default:
      return { state, closedAt, missing };
  }
}

/** The hold of a chain that does not wait was that of the canary. */
function canaryHoldOf({ id, state, hold }: Fields): unknown {
  if (state === 'held' || !isObject(hold) || !isObject(hold['canary'])) return null;
  return hold['canary']['id'] === id ? upgradeHold(hold) : null;
}

function upgradeHold(hold: unknown): unknown {
  if (!isObject(hold)) return hold;
  const { told: announced, canary, ...rest } = hold;
  const isChosen = isObject(canary) && canary['id'] !== '';
  return { ...rest, canary: isChosen ? canary : null, announced };
}

function upgradeIntent(intent: unknown): unknown {
  if (!isObject(intent)) return intent;
  const { sent: postsSent, lists: listCalls, clean: cleanLists, ...rest } = intent;
  return { ...rest, postsSent, listCalls, cleanLists };
}

/** Version 0.1.0 kept a list of refused tokens; later ones count refusals. */
function upgradeCredentials(credentials: unknown): unknown {
  if (!isObject(credentials)) return credentials;
  const { tokens, addresses, refused, refusals, ...rest } = credentials;
  return {
    ...rest,
    refusals: refusals ?? (Array.isArray(refused) ? refused.length : undefined),
    tokens: mapList(tokens, ({ mark, sealed }) =>
      mark === 'own' ? { kind: 'own' } : { kind: 'caller', fingerprint: mark, sealed },
    ),
    addresses: mapList(addresses, ({ mark, slack, slackErrors }) =>
      mark === 'default' ? { kind: 'default' } : { kind: 'address', fingerprint: mark, slack, slackErrors },
    ),
  };
}

/** Version 1 kept sentences; today's chains keep the facts that sentences are made of. */
function upgradeDecision(decision: unknown): unknown {
  if (!isObject(decision)) return decision;
  const { because, ...rest } = decision;
  return { ...rest, because: Array.isArray(because) ? because.map(toReason) : because };
}

/** The plan of an attempt is worded as past once the attempt was made. */
function toReason(text: unknown): Fields {
  const plan = typeof text === 'string' ? planIn.exec(text) : null;
  if (plan === null) return toNote(text);
  const [, attempt, attempts, delay] = plan;
  // Two units at most: `1h 30m`.
  const parts = (delay ?? '0s').split(' ').map((part) => parseDuration(part) ?? 0);
  const delayMs = parts.reduce((sum, ms) => sum + ms, 0);
  return { kind: 'plan', attempt: Number(attempt), attempts: Number(attempts), delayMs };
}

const planIn = /^Attempt (\d+) of (\d+) is made (?:at once|after (.+))\.$/;

function toNote(text: unknown): Fields {
  return { kind: 'note', text };
}

function upgradeReport({ to, decision, detail, dueAt, ...rest }: Fields): Fields {
  return {
    ...rest,
    decision: upgradeDecision(decision),
    ...newsOf(rest, typeof detail === 'string' && detail !== '' ? detail : 'Not known', dueAt),
    to: mapList(to, ({ mark, ...each }) => ({ ...each, id: toRecipientId(mark) })),
  };
}

/** Each topic has its own fields; version 1 had one text for all that a topic says. */
function newsOf({ topic, at }: Fields, detail: string, dueAt: unknown): Fields {
  switch (topic) {
    case 'scheduled':
      return { dueAt: dueAt ?? at };
    case 'held':
    case 'delayed':
    case 'muted':
    case 'rejected':
    case 'needs-human':
      return { reason: toNote(detail) };
    case 'outage-lasted':
      return { jobs: detail.split(', ') };
    case 'demanded':
      return { by: /^(.*) asked for another attempt$/s.exec(detail)?.[1] ?? 'A person' };
    case 'verified': {
      const [title, ...lines] = detail.split('\n');
      return { title, lines };
    }
    default:
      return {};
  }
}

function toRecipientId(mark: unknown): Fields {
  if (mark === 'default' || mark === 'thread') return { kind: mark };
  return { kind: 'address', fingerprint: mark };
}

/** Version 0.1.0 wrote a folder without its bucket, which is only in the run's address. */
function upgradeRun(run: Fields): Fields {
  const whole = { message: null, knownFailures: [], deniedLooks: 0, ...run };
  const { folder, url } = run;
  if (typeof folder !== 'string' || !/^(?:pr-)?logs\//.test(folder)) return whole;
  const place = typeof url === 'string' ? readRunUrl(url) : null;
  const isSame = place !== null && pathInBucket(place.folder) === folder;
  // Without it the run is located again.
  return { ...whole, folder: isSame ? place.folder : null };
}

/** What is no list of objects stays as it is. */
function mapList(list: unknown, upgrade: (item: Fields) => Fields): unknown {
  return Array.isArray(list) ? list.map((item: unknown) => (isObject(item) ? upgrade(item) : item)) : list;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
