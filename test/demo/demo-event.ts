/** Who does something in the story. */
export type Speaker = 'Prow' | 'curl' | 'retrigger' | 'Gangway' | 'Slack';

export type Tone = 'plain' | 'good' | 'bad' | 'faint';

/** One thing that happened. */
export interface DemoEvent {
  /** Ms since the epoch, in the story. */
  at: number;
  /** The job's full name. */
  job: string;
  who: Speaker;
  text: string;
  tone: Tone;
  /** Lines below it. */
  details?: string[];
}
