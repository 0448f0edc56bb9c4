import { nameStep, type KnownTests, phases, type Phase } from '../phase.ts';

/** What a run did when its log ended. */
export interface Activity {
  phase: Phase;
  /** The step whose pod ran, without the test's name; empty between two steps. */
  steps: string[];
  /** What Prow wrote when it stopped the run: `Process did not finish before 4h0m0s timeout`. */
  ending: string | null;
}

/** What has begun and has not ended, by the lines read so far. */
export interface TrackedWork {
  phase: Phase | null;
  /** Pods of the phase that run, in the order of their start. */
  open: string[];
  /** What goes on before a test. */
  setup: Map<string, Phase>;
  ending: string | null;
}

type Change = (work: TrackedWork, match: string[]) => void;

// The lines that ci-operator writes when it begins and ends something (lease.go, ip_pool.go, cluster_claim.go,
// source.go, import_release.go, multi_stage/run.go in ci-tools), and what Prow's entrypoint adds.
const changes: readonly (readonly [RegExp, Change])[] = [
  // No line shows when this ends, so it counts until something else begins.
  [/^Tagging \S{1,500} into (?:\S{1,253}\/)?pipeline:\S{1,253}\.?$/, (work) => begin(work, 'tag', 'import')],
  [/^Building (\S{1,253})$/, (work, [, name = '']) => begin(work, `build ${name}`, 'build')],
  [/^Created build "([^"]{1,253})"$/, (work, [, name = '']) => begin(work, `build ${name}`, 'build')],
  [/^Build (\S{1,253}) succeeded after /, (work, [, name = '']) => endBuild(work, name)],
  [/^(?:Importing release|Requesting a release|Waiting to import|Resolving release)/, beginImport],
  [/^(?:Imported release|Snapshot integration stream|Resolved release|Tagged )/, endImport],
  [/^Acquiring (?:ip pool )?leases? for /i, (work) => restart(work, 'lease')],
  [/^(?:Claiming cluster from pool|Waiting for cluster claim) /, (work) => restart(work, 'claim')],
  [/^The claimed cluster \S+ is ready after /, (work) => restart(work, null)],
  [/^Executing test \S/, (work) => restart(work, 'test')],
  [/^Running multi-stage test \S/, (work) => restart(work, 'infra')],
  [/^Running multi-stage phase pre$/, (work) => restart(work, 'pre')],
  [/^Running multi-stage phase test$/, (work) => restart(work, 'test')],
  [/^Running multi-stage phase post$/, (work) => restart(work, 'post')],
  [/^Step phase (?:pre|test|post) (?:failed|succeeded) after /, (work) => restart(work, null)],
  [/^Releasing (?:ip pool )?(?:leases?|cluster claims?) /i, (work) => restart(work, null)],
  [/^Running step (\S{1,253})\.$/, beginStep],
  [/^Step (\S{1,253}) (?:failed|succeeded) after /, endStep],
  [/^(Process did not finish before \S{1,40} timeout|Entrypoint received interrupt: .{1,40})$/, stop],
];

const maxOpen = 100;

/** Notes what a line of ci-operator's log begins or ends. */
export function beginWork(work: TrackedWork, message: string): void {
  for (const [pattern, change] of changes) {
    const match = pattern.exec(message);
    if (match !== null) change(work, match);
  }
}

/** What was going on at the end of the log; `null`: nothing. */
export function endWork({ phase, open, setup, ending }: TrackedWork, known: KnownTests): Activity | null {
  if (phase !== null) {
    // The steps of a phase run one after the other. An older pod that runs is an observer's.
    const step = open.length === 0 ? null : nameStep(open.at(-1) ?? '', known);
    return { phase, steps: step === null ? [] : [step], ending };
  }
  const begun = [...setup.values()];
  const first = phases.find((each) => begun.includes(each));
  return first === undefined ? null : { phase: first, steps: [], ending };
}

function restart(work: TrackedWork, phase: Phase | null): void {
  work.phase = phase;
  work.open = [];
  work.setup.clear();
}

function begin(work: TrackedWork, name: string, phase: Phase): void {
  work.setup.delete('tag');
  if (work.setup.size < maxOpen) work.setup.set(name, phase);
}

/** A build is named after its image, and may have the architecture behind that: `src-amd64`. */
function endBuild(work: TrackedWork, name: string): void {
  for (const known of work.setup.keys()) {
    if (`build ${name}` === known || `build ${name}`.startsWith(`${known}-`)) work.setup.delete(known);
  }
}

function beginImport(work: TrackedWork): void {
  begin(work, 'import', 'import');
}

function endImport(work: TrackedWork): void {
  work.setup.delete('import');
}

function beginStep(work: TrackedWork, [, pod = '']: string[]): void {
  if (work.open.length < maxOpen) work.open.push(pod);
}

function endStep(work: TrackedWork, [, pod = '']: string[]): void {
  work.open = work.open.filter((other) => other !== pod);
}

function stop(work: TrackedWork, [, line = '']: string[]): void {
  work.ending = line;
}
