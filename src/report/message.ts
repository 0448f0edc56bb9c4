/** A message to people, in plain sentences without markup; each adapter adds its own markup. */
export interface Message {
  /** `errors`: a person must act on it; it goes to the errors address if there is one. */
  audience: 'people' | 'errors';
  /** One line that says what happened to which job. */
  title: string;
  /** The account: why, when, what next. */
  lines: string[];
  links: Link[];
}

export interface Link {
  text: string;
  url: string;
}

/** The state, which Slack shows as a colour. */
export type Tone = 'waiting' | 'running' | 'good' | 'bad' | 'person' | 'quiet';

/** What a person may do about a chain. */
export type CardAction = 'retry' | 'cancel' | 'silence';

/** A message that is rewritten in place when something changes. Plain text: each adapter adds its own markup. */
export interface Card {
  tone: Tone;
  /** One line, whose first words say the state. */
  title: string;
  /** Short facts with their names, in order. */
  facts: Fact[];
  /** The account: sentences below the facts. */
  lines: string[];
  links: Link[];
  /** What a person may do now, and the chain that it is done to; `null`: nothing. */
  actions: { chainId: string; of: CardAction[] } | null;
}

export interface Fact {
  name: string;
  text: string;
}

/** The same message for a channel in which messages can be rewritten. */
export function toCard({ title, lines, links }: Message, tone: Tone): Card {
  return { tone, title, facts: [], lines, links, actions: null };
}
