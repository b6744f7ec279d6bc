import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asMsgId, asSeq } from '../../../shared/ids.ts';
import type { Execution } from '../../../shared/journal/entries.ts';
import { LostPrompt } from './lost-prompt.ts';
import { makeFrame, newHeader } from './messages.ts';

const silenceMs = 4_000;

function execution(name: string): Execution {
  return {
    ...{ msgId: asMsgId(name), cellId: null, requestSeq: asSeq(1), state: 'running', status: null },
    ...{ executionCount: null, submittedTimeMs: 0, startedTimeMs: 0, endedTimeMs: null, saved: false },
  };
}

const from = (name: string) => ({ msg_id: name, msg_type: 'execute_request', session: 's' });
const said = (name: string) => makeFrame('iopub', newHeader('stream', 'k'), from(name), { name: 'stdout', text: 'x' });
const asked = (name: string) => makeFrame('stdin', newHeader('input_request', 'k'), from(name), { prompt: '' });

let running: Execution[] = [];
let questions: Record<string, string> = {};
let deadSigns = 0;

function begin(): LostPrompt {
  const alive = () => running;
  return new LostPrompt({
    ...{ pending: alive, running: alive, changed: () => undefined },
    unanswered: () => {
      deadSigns += 1;
    },
    questionOf: (msgId) => Promise.resolve(questions[msgId] ?? null),
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  running = [];
  questions = {};
  deadSigns = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a question', () => {
  it('is open until it is answered or its cell has ended', () => {
    const prompt = begin();
    running = [execution('a')];
    expect(prompt.askedBy).toBeNull();
    const first = asked('a');
    prompt.observe(first);
    expect(prompt.askedBy).toBe('a');
    prompt.answered(first.header.msg_id);
    expect(prompt.askedBy).toBeNull();
    prompt.observe(asked('a'));
    expect(prompt.askedBy).toBe('a');
    running = [];
    expect(prompt.askedBy).toBeNull();
  });
});

describe('a question that nobody saw', () => {
  it('is suspected of a cell that ran when the link was lost and is silent since it is back', async () => {
    const prompt = begin();
    running = [execution('a')];
    prompt.cut();
    prompt.begin();
    expect(prompt.msgId).toBeNull();
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    expect(prompt.msgId).toBe('a');
  });

  it('is suspected also when the cell printed before it, and that is fetched only now', async () => {
    const prompt = begin();
    running = [execution('a')];
    prompt.cut();
    prompt.begin();
    await vi.advanceTimersByTimeAsync(silenceMs - 500);
    prompt.observe(said('a'));
    await vi.advanceTimersByTimeAsync(silenceMs - 100);
    expect(prompt.msgId).toBeNull();
    await vi.advanceTimersByTimeAsync(silenceMs);
    expect(prompt.msgId).toBe('a');
  });

  it('is offered more and more rarely of a cell that goes on printing, and not of one that has ended', async () => {
    const prompt = begin();
    running = [execution('a')];
    prompt.cut();
    prompt.begin();
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    prompt.observe(said('a'));
    expect(prompt.msgId).toBeNull();
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    expect(prompt.msgId).toBeNull();
    await vi.advanceTimersByTimeAsync(silenceMs);
    expect(prompt.msgId).toBe('a');
    prompt.observe(said('a'));
    running = [];
    await vi.advanceTimersByTimeAsync(100_000);
    expect(prompt.msgId).toBeNull();
  });

  it('is none when it arrived, until its answer is lost with a connection', async () => {
    const prompt = begin();
    // Another cell is before it in the list, because its end was not heard of yet.
    running = [execution('before'), execution('a')];
    const question = asked('a');
    prompt.observe(question);
    running = [execution('a')];
    prompt.cut();
    prompt.begin();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(prompt.msgId).toBeNull();
    prompt.answered(question.header.msg_id);
    prompt.cut();
    prompt.begin();
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    expect(prompt.msgId).toBe('a');
  });

  it('is offered again when it was asked only after an answer had been given', async () => {
    const prompt = begin();
    running = [execution('a')];
    prompt.cut();
    prompt.begin();
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    prompt.offered('a');
    expect(prompt.msgId).toBeNull();
    await vi.advanceTimersByTimeAsync(2 * silenceMs - 1);
    expect(prompt.msgId).toBeNull();
    expect(deadSigns).toBe(0);
    await vi.advanceTimersByTimeAsync(2);
    expect(prompt.msgId).toBe('a');
    expect(deadSigns).toBe(1);
    prompt.offered('a');
    prompt.observe(asked('a'));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(prompt.msgId).toBeNull();
  });

  it('is suspected of a cell that looks like asking and went out right after the link was back', async () => {
    const prompt = begin();
    prompt.begin();
    running = [execution('a'), execution('b')];
    prompt.sent('a', 'data = read_csv(url)');
    prompt.sent('b', "name = input('name')");
    await vi.advanceTimersByTimeAsync(100_000);
    expect(prompt.msgId).toBeNull();
    running = [execution('b')];
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    expect(prompt.msgId).toBe('b');
    running = [];
    expect(prompt.msgId).toBeNull();
  });

  it('is suspected after a start of the app, unless the journal has it', async () => {
    running = [execution('a')];
    const prompt = begin();
    prompt.begin();
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    expect(prompt.msgId).toBe('a');
    questions = { a: 'question' };
    const other = begin();
    other.begin();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(other.msgId).toBeNull();
  });

  it('is not suspected of a cell that waits for another', async () => {
    const prompt = begin();
    running = [execution('b')];
    prompt.cut();
    running = [execution('a'), execution('b')];
    prompt.begin();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(prompt.msgId).toBeNull();
    running = [execution('b')];
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    expect(prompt.msgId).toBe('b');
  });

  it('is suspected of a cell that looks like asking and went out when the kernel had just begun', async () => {
    const prompt = begin();
    prompt.began();
    running = [execution('a'), execution('b')];
    prompt.sent('a', 'import torch');
    prompt.sent('b', "name = input('name')");
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    expect(prompt.msgId).toBeNull();
    running = [execution('b')];
    await vi.advanceTimersByTimeAsync(silenceMs + 1);
    expect(prompt.msgId).toBe('b');
    running = [execution('c')];
    await vi.advanceTimersByTimeAsync(20_000);
    prompt.sent('c', 'input()');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(prompt.msgId).not.toBe('c');
  });
});
