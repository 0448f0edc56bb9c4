/** What people read, in plain sentences without any markup; each adapter writes it in its own. */
export interface Message {
  /** Errors are what somebody must act on; they go to the errors address where there is one. */
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

/** The state of things, as a colour shows it. */
export type Tone = 'waiting' | 'running' | 'good' | 'bad' | 'person' | 'quiet';

/** What a person may do about a chain. */
export type CardAction = 'retry' | 'cancel' | 'silence';

/** A message that is rewritten in place while things move. Plain text: each adapter writes it in its own markup. */
export interface Card {
  tone: Tone;
  /** One line, whose first words say the state. */
  title: string;
  /** What is known, each under its name, in order. */
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
