/**
 * Compares a journal with what an independent witness saw the kernel publish.
 *
 * Lost: published, for us to keep, and not in the journal. Twice: in the journal more than once. Out of order: in the
 * journal in another order than published. Run twice: a mark on the server that stands there twice. Where there was no
 * recorder, what is lost must be told, with the exact number. Pure.
 */
import { countedId } from '../../shared/journal/counter.ts';

export interface Witnessed {
  readonly id: string;
  readonly type: string;
  readonly parent: string;
  readonly sha: string;
  readonly text?: string;
  readonly name?: string;
}

export interface Journaled {
  readonly id: string;
  readonly type: string;
  readonly parent: string;
  readonly channel: string;
  readonly sha: string;
}

export interface Evidence {
  /** A recorder ran all the time: then nothing may be lost. Else what is lost must be told. */
  readonly hasRecorder: boolean;
  /** What the kernel published, in its order. */
  readonly witnessed: readonly Witnessed[];
  readonly journaled: readonly Journaled[];
  /** Messages that gap entries tell of; null where one could not count. */
  readonly gapMessages: number | null;
  /** A gap that could not be counted is told of a time at which a recorder ran. */
  readonly isUncountedRecorded: boolean;
  /** Our requests, and the mark that each leaves on the server when it runs. */
  readonly requests: readonly {
    readonly msgId: string;
    readonly mark: string;
    readonly state: string;
    /** `aborted`: a cell before it failed, and the kernel refused to run it. */
    readonly status: string | null;
    readonly shown: Readonly<Record<string, string>> | null;
  }[];
  readonly marks: readonly string[];
  /** The kernel was restarted: what the new one prints before anybody can listen is lost, and told without a number. */
  readonly wasRestarted: boolean;
  /** Requests that a restart or an interrupt may have ended before they ran. */
  readonly mayBeLost: boolean;
}

export interface Verdict {
  readonly messages: number;
  readonly lost: number;
  readonly twice: number;
  readonly outOfOrder: number;
  readonly altered: number;
  readonly executedTwice: number;
  /** Everything that is wrong, a sentence each. Empty when the promise was kept. */
  readonly wrong: readonly string[];
}

export function judge(evidence: Evidence): Verdict {
  const wrong: string[] = [];
  const ours = new Set(evidence.requests.map(({ msgId }) => msgId));
  const kept = new Map<string, Journaled>();
  let twice = 0;
  for (const message of evidence.journaled) {
    twice += kept.has(message.id) ? 1 : 0;
    kept.set(message.id, message);
  }
  const due = evidence.witnessed.filter(({ parent }) => ours.has(parent));
  const missing = due.filter(({ id }) => !kept.has(id));
  const altered = due.filter(({ id, sha }) => kept.has(id) && kept.get(id)?.sha !== sha).length;
  const late = disorderIn(evidence);
  const outOfOrder = late.length;
  const executedTwice = new Set(evidence.marks).size === evidence.marks.length ? 0 : 1;
  if (twice > 0) wrong.push(`${twice} messages stand in the journal twice`);
  if (altered > 0) wrong.push(`${altered} messages were altered`);
  if (outOfOrder > 0) wrong.push(`${outOfOrder} messages are out of order, first ${late.slice(0, 3).join('; ')}`);
  if (executedTwice > 0) wrong.push(`a cell ran twice: ${evidence.marks.join(' ')}`);
  const isTold = evidence.wasRestarted && evidence.gapMessages === null;
  if (evidence.hasRecorder && missing.length > 0 && !isTold) {
    const first = missing.slice(0, 3).map(({ id, type, text }) => `${id} ${type} ${text ?? ''}`);
    wrong.push(`${missing.length} of ${due.length} messages are lost, first ${first.join('; ')}`);
  }
  wrong.push(...gapsWrong(evidence, missing.length), ...requestsWrong(evidence));
  return {
    messages: due.length,
    lost: evidence.hasRecorder && !isTold ? missing.length : 0,
    ...{ twice, outOfOrder, altered, executedTwice, wrong },
  };
}

/** Messages that stand in the journal after one that the kernel published later: each, and what it stands behind. */
function disorderIn({ witnessed, journaled }: Evidence): string[] {
  const place = new Map(witnessed.map(({ id }, index) => [id, index]));
  // A restarted kernel is another process: between the two nothing promises an order, not even to the witness.
  const highest = new Map<string, { readonly at: number; readonly id: string }>();
  const late: string[] = [];
  for (const { id, type, channel } of journaled) {
    const at = channel === 'iopub' ? place.get(id) : undefined;
    if (at !== undefined) {
      const process = countedId(id)?.series ?? '';
      const last = highest.get(process);
      if (last !== undefined && at < last.at) late.push(`${id} ${type} stands behind ${last.id}`);
      else highest.set(process, { at, id });
    }
  }
  return late;
}

/** Without a recorder: is what was lost told, and with the right number? With one: is nothing told that is not so? */
function gapsWrong(evidence: Evidence, missing: number): string[] {
  const { gapMessages, witnessed, journaled, hasRecorder, wasRestarted } = evidence;
  if (gapMessages === null && wasRestarted) {
    // Without a recorder nobody can know what a kernel printed last before it was restarted.
    const isSo = missing > 0 || hasBegunUnheard(evidence) || !evidence.isUncountedRecorded;
    return isSo ? [] : ['messages are told to be missing and are not'];
  }
  if (hasRecorder) {
    // Questions and replies travel past the recorder: one that was lost with a connection is told as well.
    const unpublished = repliesMissing(witnessed, journaled);
    return gapMessages !== null && gapMessages <= unpublished
      ? []
      : [`a gap of ${gapMessages ?? 'unknown size'} is told where ${unpublished} can have been lost`];
  }
  if (gapMessages === null) {
    return ['a gap of unknown size is told for a kernel that numbers its messages'];
  }
  // Replies have numbers as well; those that were lost count as lost, those of other clients do not.
  const published = new Set(witnessed.map(({ id }) => id));
  const first = journaled.find(({ id, channel }) => channel === 'iopub' && published.has(id));
  const from = witnessed.findIndex(({ id }) => id === first?.id);
  const lostInAll = witnessed.slice(Math.max(0, from)).filter(({ id }) => !journaled.some((kept) => kept.id === id));
  const replies = repliesMissing(witnessed, journaled);
  const ids = lostInAll.slice(0, 20).map(({ id, type, text }) => `${id} ${type} ${text ?? ''}`.trim());
  return gapMessages >= missing && gapMessages <= lostInAll.length + replies
    ? []
    : [
        `${missing} to ${lostInAll.length + replies} messages are lost, but gaps tell of ${gapMessages}: ${ids.join('; ')}`,
      ];
}

/** Whether a request of ours is first heard of in its middle: not even the witness was there when it began. */
function hasBegunUnheard({ witnessed, requests }: Evidence): boolean {
  return requests.some(({ msgId }) => {
    const first = witnessed.find(({ parent }) => parent === msgId);
    return first !== undefined && first.type !== 'status' && first.type !== 'execute_input';
  });
}

/** Numbers that neither witness nor journal has: replies that were lost, or that went to others. */
function repliesMissing(witnessed: readonly Witnessed[], journaled: readonly Journaled[]): number {
  const numbers = new Map<string, Set<number>>();
  for (const { id } of [...witnessed, ...journaled]) {
    const counted = countedId(id);
    if (counted !== null) {
      const known = numbers.get(counted.series) ?? new Set();
      numbers.set(counted.series, known.add(counted.number));
    }
  }
  let missing = 0;
  for (const known of numbers.values()) {
    missing += Math.max(...known) - Math.min(...known) + 1 - known.size;
  }
  return missing;
}

const ended = new Set(['done', 'lost', 'cancelled']);

function requestsWrong(evidence: Evidence): string[] {
  const { requests, marks, witnessed, mayBeLost, hasRecorder, gapMessages, wasRestarted } = evidence;
  const wrong: string[] = [];
  for (const { msgId, mark, state, status, shown } of requests) {
    const ran = marks.includes(mark);
    if (!ended.has(state)) {
      wrong.push(`${mark} never ended: it is ${state}`);
    } else if (state === 'done' && !ran && status !== 'aborted' && !mayBeLost) {
      wrong.push(`${mark} is done and never ran`);
    } else if (state === 'lost' && !mayBeLost) {
      wrong.push(`${mark} was given up`);
    } else if (state === 'cancelled' && ran) {
      wrong.push(`${mark} was left as never having run, and ran`);
    }
    if (shown !== null && hasRecorder && gapMessages !== null) {
      wrong.push(
        ...shownWrong(
          mark,
          shown,
          witnessed.filter(({ parent }) => parent === msgId),
          wasRestarted,
        ),
      );
    }
  }
  return wrong;
}

/**
 * Does the window show exactly what the kernel wrote? The echo of an answer to `input()` is JupyterLab's own. To a kernel
 * that was restarted the witness may have subscribed later than the server did.
 */
function shownWrong(
  mark: string,
  shown: Readonly<Record<string, string>>,
  published: readonly Witnessed[],
  wasRestarted: boolean,
): string[] {
  return ['stdout', 'stderr'].flatMap((name) => {
    const written = published.filter((message) => message.type === 'stream' && message.name === name);
    const expected = written.map(({ text }) => text ?? '').join('');
    const actual = shown[name] ?? '';
    return actual === expected || (wasRestarted && actual.endsWith(expected))
      ? []
      : [
          `the window shows ${actual.length} of ${expected.length} characters of ${name} of ${mark}${firstOther(actual, expected)}`,
        ];
  });
}

function firstOther(actual: string, expected: string): string {
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at += 1;
  const near = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 30), at + 30));
  return `; at ${at} it has ${near(actual)} instead of ${near(expected)}`;
}
