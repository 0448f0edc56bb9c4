import type { types } from '@slack/bolt';
import type { Card, Tone } from '../../../report/card.ts';
import type { Link } from '../../../report/message.ts';
import { escapeText } from './escape-text.ts';
import { renderActions } from './render-actions.ts';
import { renderContext, renderLines, renderSection } from './render-blocks.ts';
import { renderFacts } from './render-facts.ts';
import { cutText, renderLinks } from './render-message.ts';

export interface RenderedCard {
  /** What a notification shows, and whoever reads no blocks. */
  text: string;
  blocks: types.KnownBlock[];
  attachments: types.MessageAttachment[];
}

const colors: Record<Tone, string> = {
  waiting: '#ecb22e',
  running: '#36c5f0',
  good: '#2eb67d',
  bad: '#e01e5a',
  person: '#7c3085',
  quiet: '#a0a0a0',
};

/** Characters, like all room here: Slack refuses some 12,000 in all blocks together, in which it counts their frame. */
const longestTitle = 300;
const roomForLines = 4_000;

/**
 * A card as Slack shows it: the title, and beside a bar in the colour of its state all else. Text from
 * outside makes no mention, link or format of its own. `canAct`: a press of a button reaches us.
 */
export function renderCard(card: Card, canAct: boolean): RenderedCard {
  const line = escapeText(card.title).replaceAll(/\s+/g, ' ').trim();
  const title = line === '' ? '…' : cutText(line, longestTitle);
  const below: types.KnownBlock[] = [
    ...renderFacts(card.facts),
    ...renderLines(card.lines, roomForLines),
    ...renderFooter(card.links),
    ...(canAct ? renderActions(card.actions) : []),
  ];
  const attachment = { color: colors[card.tone], fallback: title, blocks: below };
  return {
    text: title,
    blocks: [renderSection(`*${title}*`)],
    attachments: below.length === 0 ? [] : [attachment],
  };
}

function renderFooter(links: readonly Link[]): types.ContextBlock[] {
  const footer = renderLinks(links);
  return footer === '' ? [] : [renderContext(footer)];
}
