import type { Refs } from '../../../src/job/type.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { annotationsOf, labelsOf } from './run-labels.ts';
import { planOf, type JobDefinition } from './job-definition.ts';
import { hasEnded, type ProwRun } from './prow-run.ts';
import { RunLife, type RunWorld } from './run-life.ts';
import { defaultDurations, type RunPlan } from './run-plan.ts';

export interface NewRun {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  envs?: Record<string, string>;
  /** Of the container, as a ProwJob that was created directly may have them. */
  args?: string[];
  refs?: Refs | null;
  createdBy?: ProwRun['createdBy'];
}

export interface CollectOptions {
  /** Least age since the start, ms; OpenShift's 24 h by default. */
  olderThan?: number;
  /** The newest run of every periodic is kept, unless this is false. */
  keepNewest?: boolean;
}

/** Prow's jobs and ProwJobs: who runs when, and what is still known. */
export class Cluster {
  readonly runs: ProwRun[] = [];
  readonly #jobs = new Map<string, JobDefinition>();
  readonly #world: Omit<RunWorld, 'ended'>;
  readonly #started = new Map<string, number>();
  readonly #byId = new Map<string, ProwRun>();
  readonly #running = new Map<string, number>();
  /** Triggered runs that wait for an earlier one of their job to end, oldest first. */
  readonly #waiting: ProwRun[] = [];

  constructor(world: Omit<RunWorld, 'ended'>) {
    this.#world = world;
  }

  defineJob(job: JobDefinition): JobDefinition {
    this.#jobs.set(job.name, job);
    return job;
  }

  job(name: string): JobDefinition | null {
    return this.#jobs.get(name) ?? null;
  }

  /** A ProwJob that sinker has not deleted; `null` otherwise. */
  find(prowJobId: string): ProwRun | null {
    const run = this.#byId.get(prowJobId);
    return run === undefined || run.collected ? null : run;
  }

  /** The ProwJobs that carry a job label, in the order in which Kubernetes lists them: by name. */
  listByLabel(label: string): ProwRun[] {
    const fits = (run: ProwRun) =>
      !run.collected && (label === '' || run.labels['prow.k8s.io/job'] === label);
    return this.runs.filter(fits).toSorted((a, b) => (a.prowJobId < b.prowJobId ? -1 : 1));
  }

  /** Creates a ProwJob and lets it go on by itself. Throws for a job that is not defined. */
  start(jobName: string, options: NewRun = {}): ProwRun {
    const job = this.#known(jobName);
    const n = this.#started.get(jobName) ?? 0;
    this.#started.set(jobName, n + 1);
    const { clock, durations } = this.#world;
    const run = this.#create(job, planOf(job, n), clock.now(), options);
    const stages = { ...defaultDurations, ...durations, ...run.plan.durations };
    clock.at(clock.now() + stages.scheduling, () => {
      run.state = 'triggered';
      clock.at(clock.now() + stages.triggered, () => this.#admit(run));
    });
    return run;
  }

  /** A run that has been and gone: its artifacts are there at once, with times from `startedAt` (ms) on. */
  recordPast(jobName: string, plan: RunPlan, startedAt: number, options: NewRun = {}): ProwRun {
    const run = this.#create(this.#known(jobName), plan, startedAt, options);
    const clock = new VirtualClock(startedAt);
    new RunLife(run, {
      ...this.#world,
      clock,
      reTriggerStep: () => undefined,
      ended: () => undefined,
    }).begin();
    for (let due = clock.nextDue(); due !== null; due = clock.nextDue()) clock.advanceTo(due);
    return run;
  }

  /** Sinker: forgets runs that have ended and started long ago. Returns what it deleted. */
  collect({ olderThan = 24 * 3_600_000, keepNewest = true }: CollectOptions = {}): ProwRun[] {
    const now = this.#world.clock.now();
    const kept = new Set(keepNewest ? this.#newestPeriodics() : []);
    const old = (run: ProwRun) => hasEnded(run) && !run.collected && now - run.createdAt >= olderThan;
    const gone = this.runs.filter((run) => old(run) && !kept.has(run));
    for (const run of gone) run.collected = true;
    return gone;
  }

  #newestPeriodics(): ProwRun[] {
    const newest = new Map<string, ProwRun>();
    for (const run of this.runs) {
      const best = newest.get(run.jobName);
      if (run.job.type === 'periodic' && (best === undefined || run.createdAt >= best.createdAt))
        newest.set(run.jobName, run);
    }
    return [...newest.values()];
  }

  #known(jobName: string): JobDefinition {
    const job = this.#jobs.get(jobName);
    if (job === undefined) throw new Error(`no job ${jobName}: define it first`);
    return job;
  }

  #create(job: JobDefinition, plan: RunPlan, createdAt: number, options: NewRun): ProwRun {
    const refs = options.refs ?? job.refs ?? null;
    const run: ProwRun = {
      job,
      jobName: job.name,
      plan,
      prowJobId: this.#world.ids.execution(),
      refs: job.type === 'periodic' ? null : refs,
      labels: labelsOf(job, job.type === 'periodic' ? null : refs, options.labels ?? {}),
      annotations: annotationsOf(job, options.annotations ?? {}),
      envs: { ...options.envs },
      args: [...(options.args ?? [])],
      createdBy: options.createdBy ?? 'prow',
      buildId: '',
      buildIds: [],
      state: 'scheduling',
      createdAt,
      pendingAt: null,
      completedAt: null,
      bucketName: plan.bucket ?? this.#world.buckets[0]?.name ?? '',
      folder: null,
      url: '',
      collected: false,
    };
    this.runs.push(run);
    this.#byId.set(run.prowJobId, run);
    return run;
  }

  #admit(run: ProwRun): void {
    const { maxConcurrency = Infinity, name } = run.job;
    const running = this.#running.get(name) ?? 0;
    if (running >= maxConcurrency) return void this.#waiting.push(run);
    this.#running.set(name, running + 1);
    new RunLife(run, { ...this.#world, ended: (gone) => this.#admitNext(gone) }).begin();
  }

  #admitNext(gone: ProwRun): void {
    this.#running.set(gone.jobName, (this.#running.get(gone.jobName) ?? 1) - 1);
    const next = this.#waiting.findIndex((run) => run.jobName === gone.jobName);
    const [run] = next === -1 ? [] : this.#waiting.splice(next, 1);
    if (run !== undefined) this.#admit(run);
  }
}
