/**
 * The dialog in which a person decides, cell by cell, what becomes of what both sides changed.
 *
 * Nothing is chosen beforehand: a choice that was not made is no decision. Escape puts it off, and everything stays.
 */
import type { Choice, NotebookMerge } from '../../shared/notebook-merge/merge.ts';
import { plural } from '../common/format.ts';
import { openDialog } from './dialog.ts';
import { element } from './frame.ts';
import { type Decision, type ReviewCard, type ReviewSide, reviewOf } from './merge-review.ts';

export async function decideMerge(merge: NotebookMerge): Promise<Decision | null> {
  const cards = reviewOf(merge);
  const chosen = new Map<string, Choice>();
  const left = element('span', 'nj-Merge-left');
  left.setAttribute('role', 'status');
  const views = cards.map((card) => cardView(card, chosen, () => showLeft()));
  const showLeft = (): void => {
    const count = cards.length - chosen.size;
    left.textContent = count === 0 ? 'All decided.' : `${plural(count, 'decision')} left`;
  };
  showLeft();
  const all = element('div', 'nj-Merge-all');
  all.append(
    ...(['mine', 'theirs'] as const).map((side) => {
      const button = element(
        'button',
        'nj-Merge-allButton',
        side === 'mine' ? 'Mine everywhere' : 'The server’s everywhere',
      );
      button.type = 'button';
      button.addEventListener('click', () => {
        for (const view of views) view.choose(side);
      });
      return button;
    }),
  );
  const list = element('div', 'nj-Merge-cards');
  list.append(...views.map(({ node }) => node));
  const answer = await openDialog<Decision | 'later'>({
    title: 'Changed here and on the server',
    className: 'nj-Merge',
    body: [element('p', 'nj-Dialog-text', introduction(merge, cards.length)), all, list],
    aside: left,
    ...(views[0] === undefined ? {} : { focus: views[0].focus }),
    buttons: [
      { label: 'Decide Later', answer: () => 'later' },
      {
        label: 'Merge and Save',
        look: 'primary',
        answer: () => {
          const open = views.find((_view, index) => !chosen.has(cards[index]?.id ?? ''));
          open?.ask();
          return open === undefined ? chosen : undefined;
        },
      },
    ],
  });
  return answer === null || answer === 'later' ? null : answer;
}

function introduction(merge: NotebookMerge, count: number): string {
  const { edited, added, removed, other } = merge.taken;
  const hasTaken = edited + added + removed > 0 || other;
  const rest = hasTaken ? ' What only one side changed is merged already.' : '';
  const what = count === 1 ? 'One cell was' : `${count} cells were`;
  return `Since this notebook was opened here, somebody saved it on the server.${rest} ${what} changed on both sides: choose what each becomes. Nothing is saved until you have.`;
}

interface CardView {
  readonly node: HTMLElement;
  readonly focus: HTMLElement;
  choose(choice: Choice): void;
  /** Points at the choice that is missing. */
  ask(): void;
}

function cardView(card: ReviewCard, chosen: Map<string, Choice>, onChange: () => void): CardView {
  const node = element('section', 'nj-Merge-card');
  node.dataset['testid'] = 'merge-card';
  const head = element('header', 'nj-Merge-head');
  const words = element('div', 'nj-Merge-words');
  const wanted = element('p', 'nj-Merge-wanted', 'Choose what it becomes; then it can be saved.');
  wanted.id = `merge-wanted-${card.id}`;
  words.append(element('h3', 'nj-Merge-title', card.title), element('p', 'nj-Merge-sentence', card.sentence));
  const group = element('div', 'nj-Segments');
  group.setAttribute('role', 'radiogroup');
  group.setAttribute('aria-label', card.title);
  const sides = element('div', 'nj-Merge-sides');
  const mine = sideView('Here', card.mine);
  const theirs = sideView('On the server', card.theirs);
  const radios = card.choices.map(({ choice, label }) => {
    const input = element('input', 'nj-Segments-input');
    input.type = 'radio';
    input.name = `merge-${card.id}`;
    input.value = choice;
    const wrapped = element('label', 'nj-Segments-label', label);
    wrapped.prepend(input);
    group.append(wrapped);
    input.addEventListener('change', () => choose(choice));
    return { choice, input };
  });
  const choose = (choice: Choice): void => {
    const radio = radios.find((one) => one.choice === choice);
    if (radio === undefined) return;
    radio.input.checked = true;
    chosen.set(card.id, choice);
    delete node.dataset['missing'];
    wanted.remove();
    group.removeAttribute('aria-describedby');
    mine.dataset['stands'] = String(choice !== 'theirs');
    theirs.dataset['stands'] = String(choice !== 'mine');
    onChange();
  };
  head.append(words, group);
  sides.append(mine, theirs);
  node.append(head, sides);
  if (card.base !== null) node.append(original(card.base));
  const focus = radios[0]?.input ?? group;
  return {
    node,
    focus,
    choose,
    ask: () => {
      node.dataset['missing'] = 'true';
      words.append(wanted);
      group.setAttribute('aria-describedby', wanted.id);
      node.scrollIntoView({ block: 'nearest' });
      focus.focus();
    },
  };
}

function sideView(name: string, side: ReviewSide): HTMLElement {
  const node = element('div', 'nj-Merge-side');
  node.append(element('h4', 'nj-Merge-sideName', name));
  if (side.lines === null) {
    node.append(element('p', 'nj-Merge-deleted', 'Deleted'));
    return node;
  }
  const code = element('pre', 'nj-Merge-code');
  for (const line of side.lines) {
    const row = element('span', 'nj-Merge-line', `${line.text}\n`);
    if (line.isChanged) row.dataset['changed'] = 'true';
    code.append(row);
  }
  node.append(code);
  return node;
}

function original(lines: readonly string[]): HTMLElement {
  const details = element('details', 'nj-Merge-original');
  const code = element('pre', 'nj-Merge-code', lines.join('\n'));
  details.append(element('summary', '', 'Before both changes'), code);
  return details;
}
