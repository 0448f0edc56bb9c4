import { type ArtifactSource, describeMiss } from '../../evidence/artifacts/artifact-source.ts';
import { logsFolder, parentFolder } from '../../job/run.ts';
import { type Check, fail, pass, skip, warn } from '../../report/verification.ts';
import { Secret } from '../../secret.ts';
import type { Caller, ExecutionApi } from '../../trigger/execution-api.ts';

/** A job that exists to verify deployments; its folder is in the bucket, or may be. */
export const pocJob = 'periodic-ci-rhpit-interop-tests-main-retrigger-poc-failure-test';

/** A token, and whose it is in words. */
export interface TokenToCheck {
  caller: Caller;
  says: string;
}

/** What a running service says of itself. */
export interface ServiceHealth {
  store: { ok: boolean; fault: string | null };
  /** `problems`: of a change that was refused. */
  rules: { count: number; problems: readonly string[] };
}

/**
 * Asks after a run that does not exist: only a token that Gangway takes is told so. Where there is none, one that is
 * made up is refused by whoever serves there, and that is an answer, too.
 */
export async function checkGangway(
  api: Pick<ExecutionApi, 'get'>,
  gangwayUrl: string,
  token: TokenToCheck | null,
): Promise<Check> {
  const caller = token?.caller ?? { token: new Secret('retrigger-verify'), isKnown: false };
  const answered = await api.get('retrigger-verify', { ...caller, isDemanded: false, isVerification: true });
  if (answered.kind === 'unavailable' || answered.kind === 'held-back') return fail('gangway', answered.says);
  if (token === null) {
    return skip(
      'gangway',
      `${gangwayUrl} answers; no token is checked, as RETRIGGER_GANGWAY_TOKEN is not set: callers bring their own`,
    );
  }
  if (answered.kind === 'refused') return fail('gangway', answered.says);
  return pass('gangway', `${gangwayUrl} takes ${token.says}`);
}

/** Lists a folder in each of the buckets; `gcsUrl` is where they answer, for words. */
export function checkBuckets(
  source: Pick<ArtifactSource, 'buckets' | 'listFolders'>,
  gcsUrl: string,
): Promise<Check[]> {
  return Promise.all(source.buckets.map((bucket) => checkBucket(source, bucket, `${gcsUrl}/${bucket}`)));
}

async function checkBucket(
  source: Pick<ArtifactSource, 'listFolders'>,
  bucket: string,
  bucketUrl: string,
): Promise<Check> {
  const listed = await source.listFolders(parentFolder(logsFolder(bucket, pocJob, '0')), '', { pages: 1 });
  switch (listed.kind) {
    case 'found':
    case 'too-large':
      return pass('bucket', `${bucketUrl} can be listed`);
    case 'absent':
      return fail('bucket', `there is no bucket at ${bucketUrl}`);
    case 'denied':
      return fail(
        'bucket',
        `${describeMiss(listed)}; make it public, or take it out of RETRIGGER_GCS_BUCKET`,
      );
    case 'unavailable':
      return fail('bucket', `${bucketUrl}: ${listed.why}`);
  }
}

/** `who`: the service that speaks. */
export function checkServiceHealth(who: string, { rules, store }: ServiceHealth): Check[] {
  return [checkRules(who, rules), checkStore(who, store)];
}

/** The warning for a service without a webhook secret, at the start and in `verify`. */
export const openDoor =
  'anyone who can reach this service can send notifications, and each made-up failure costs memory, bucket reads and possibly calls to Gangway; to accept failures from your own steps only, set RETRIGGER_WEBHOOK_SECRET and let the steps send it';

/** `isOpen`: no webhook secret is set. */
export function checkDoor(isOpen: boolean): Check {
  return isOpen
    ? warn('notifications', openDoor)
    : pass('notifications', 'callers must send the webhook secret');
}

function checkRules(who: string, { count, problems }: ServiceHealth['rules']): Check {
  const held = `${count} in ${who}`;
  if (problems.length > 0) return fail('rules', `${held}; it refused a change: ${problems.join('; ')}`);
  if (count === 0) return fail('rules', `${who} holds none, so nothing is ever tried again`);
  return pass('rules', held);
}

function checkStore(who: string, { ok, fault }: ServiceHealth['store']): Check {
  if (ok) return pass('store', `${who} says that its data directory takes writes`);
  return fail('store', `${who}: ${fault ?? 'not ready'}`);
}
