import type { types } from '@slack/bolt';
import type { Fact } from '../../../report/card.ts';
import { escapeText, stripInvisible } from './escape-text.ts';
import { fitTexts, packTexts, renderFields, renderSection } from './render-blocks.ts';
import { cutText } from './render-message.ts';

/** Characters in all. */
const roomForFacts = 3_000;
/** Slack refuses an attachment of more than 20 blocks, which no page of its documents says. */
const mostBlocks = 15;
const longestName = 100;
/** Longer texts, and those of several lines, do not fit beside another. */
const longestBeside = 100;
/** Fields of a section, as Slack documents it. */
const mostFields = 10;

/** Facts in two columns, in their order, a long one in a section of its own; where that is too much, all in a list. */
export function renderFacts(facts: readonly Fact[]): types.SectionBlock[] {
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
    if (isLong || beside.length === mostFields) endRow();
    if (isLong) blocks.push(renderSection(text));
    else beside.push(text);
  }
  endRow();
  return blocks.length > mostBlocks ? packTexts(texts) : blocks;
}

function renderFact({ name, text }: Fact): string {
  const head = cutText(escapeText(name).replaceAll(/\s+/g, ' ').trim(), longestName);
  const body = escapeText(text).trim();
  return head === '' ? body : `*${head}*\n${body}`;
}

function fitsBeside(fact: Fact | undefined): boolean {
  const text = fact?.text.trim() ?? '';
  return text.length <= longestBeside && !text.includes('\n');
}
