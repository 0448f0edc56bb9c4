import type { types } from '@slack/bolt';
import type { Card, Tone, Link, Fact, CardAction } from '../../../report/message.ts';
import { escapeText, stripInvisible } from './escape-text.ts';
import {
  renderContext,
  renderLines,
  renderSection,
  fitTexts,
  packTexts,
  renderFields,
  plainText,
} from './render-blocks.ts';
import { cutText, renderLinks } from './render-message.ts';

interface RenderedCard {
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
const maxTitleLength = 300;
const roomForLines = 4_000;

/**
 * A card as Slack shows it: the title, and beside a bar in the colour of its state all else. Text from
 * outside makes no mention, link or format of its own. `canAct`: a press of a button reaches us.
 */
export function renderCard(card: Card, canAct: boolean): RenderedCard {
  const line = escapeText(card.title).replaceAll(/\s+/g, ' ').trim();
  const title = line === '' ? '…' : cutText(line, maxTitleLength);
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

/** Characters in all. */
const roomForFacts = 3_000;
/** Slack refuses an attachment of more than 20 blocks, which no page of its documents says. */
const maxBlocks = 15;
const maxNameLength = 100;
/** Longer texts, and those of several lines, do not fit beside another. */
const maxFieldLength = 100;
/** Fields of a section, as Slack documents it. */
const maxFields = 10;

/** Facts in two columns, in their order, a long one in a section of its own; where that is too much, all in a list. */
function renderFacts(facts: readonly Fact[]): types.SectionBlock[] {
  const told = facts.filter(({ text }) => stripInvisible(text).trim() !== '');
  const texts = fitTexts(told.map(renderFact), roomForFacts);
  const blocks: types.SectionBlock[] = [];
  let beside: string[] = [];
  const endRow = (): void => {
    if (beside.length > 0) blocks.push(renderFields(beside));
    beside = [];
  };
  for (const [index, text] of texts.entries()) {
    const isLong = !fitsBeside(told[index]);
    if (isLong || beside.length === maxFields) endRow();
    if (isLong) blocks.push(renderSection(text));
    else beside.push(text);
  }
  endRow();
  return blocks.length > maxBlocks ? packTexts(texts) : blocks;
}

function renderFact({ name, text }: Fact): string {
  const head = cutText(escapeText(name).replaceAll(/\s+/g, ' ').trim(), maxNameLength);
  const body = escapeText(text).trim();
  return head === '' ? body : `*${head}*\n${body}`;
}

function fitsBeside(fact: Fact | undefined): boolean {
  const text = fact?.text.trim() ?? '';
  return text.length <= maxFieldLength && !text.includes('\n');
}

/** Of a button's value, as Slack documents it; half an id names another chain. */
const maxValueLength = 2_000;

const labels: Record<CardAction, string> = {
  retry: 'Retry now',
  cancel: 'Cancel',
  silence: 'Silence for a day…',
};

/** Cancelling can be undone by a retry, but costs the time until somebody notices. */
const confirmCancel: types.ConfirmationDialog = {
  title: plainText('Cancel this retry?'),
  text: plainText('The job is not tried again, unless somebody says so.'),
  confirm: plainText('Cancel it'),
  deny: plainText('Leave it'),
};

/** What a person may do, as buttons: the id of the action says what, the value to which chain. */
function renderActions(actions: Card['actions']): types.ActionsBlock[] {
  const { chainId, of } = actions ?? { chainId: '', of: [] };
  if (of.length === 0 || chainId === '' || chainId.length > maxValueLength) return [];
  const elements = [...new Set(of)].map((action) => renderButton(action, chainId));
  return [{ type: 'actions', elements }];
}

function renderButton(action: CardAction, chainId: string): types.Button {
  const button: types.Button = {
    type: 'button',
    action_id: action,
    text: plainText(labels[action]),
    value: chainId,
  };
  return action === 'cancel' ? { ...button, confirm: confirmCancel } : button;
}
