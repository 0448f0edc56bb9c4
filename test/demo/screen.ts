import { stripVTControlCharacters, styleText } from 'node:util';
import type { DemoEvent, Speaker, Tone } from './demo-event.ts';

type Style = Parameters<typeof styleText>[0];

const tones: Record<Tone, Style> = { plain: 'reset', good: 'green', bad: 'red', faint: 'dim' };
const speakers: Record<Speaker, Style> = {
  Prow: 'blue',
  curl: 'yellow',
  retrigger: 'magenta',
  Gangway: 'cyan',
  Slack: 'bold',
};
const speakerWidth = Math.max(...Object.keys(speakers).map(({ length }) => length));
const widest = 120;
const narrowest = 60;
const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** Where the story is told: lines that stay and, on a terminal alone, one line of progress below them. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #jobWidth: number;
  readonly #nameJob: (job: string) => string;
  #hasProgress = false;
  #turn = 0;

  constructor(out: NodeJS.WriteStream, jobs: readonly string[], nameJob: (job: string) => string) {
    this.#out = out;
    this.#nameJob = nameJob;
    this.#jobWidth = Math.max(...jobs.map((job) => nameJob(job).length));
  }

  say(line = ''): void {
    this.clear();
    this.#out.write(`${line}\n`);
  }

  /** Only where colours are wanted: on a terminal, and without NO_COLOR. */
  paint(style: Style, text: string): string {
    return style === 'reset' ? text : styleText(style, text, { stream: this.#out });
  }

  tell({ at, job, who, text, tone, details = [] }: DemoEvent): void {
    const lead = `${formatTime(at)}  ${this.#nameJob(job).padEnd(this.#jobWidth)}  `;
    const indent = ' '.repeat(lead.length + speakerWidth + 2);
    const bar = who === 'Slack' ? `${this.paint('green', '┃')} ` : '';
    const room = this.#width - indent.length - (bar === '' ? 0 : 2);
    const [first = '', ...rest] = wrap(text, room);
    const style = who === 'Slack' ? 'bold' : tones[tone];
    this.say(lead + this.paint(speakers[who], who.padEnd(speakerWidth + 2)) + bar + this.paint(style, first));
    for (const line of rest) this.say(indent + bar + this.paint(style, line));
    for (const line of details.flatMap((detail) => wrap(detail, room))) this.say(indent + bar + line);
  }

  /** The line of progress; it replaces the one before. In a pipe or file there is none. */
  progress(text: string): void {
    if (!this.#out.isTTY) return;
    this.#turn += 1;
    const line = `${spinner[this.#turn % spinner.length]} ${text}`.slice(
      0,
      (this.#out.columns || narrowest) - 1,
    );
    this.#out.write(`\r\u001b[2K${this.paint('dim', line)}`);
    this.#hasProgress = true;
  }

  clear(): void {
    if (this.#hasProgress) this.#out.write('\r\u001b[2K');
    this.#hasProgress = false;
  }

  get #width(): number {
    return Math.max(narrowest, Math.min(widest, this.#out.columns || widest));
  }
}

/** `10:58`, UTC. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

/** Breaks between words. Escape codes do not come from inside of the story, and go. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of stripVTControlCharacters(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
