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
