import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessTo, CoreHost, TestWindow } from '../../../e2e/support/core-host.ts';
import { startJupyter, type TestServer } from '../../../e2e/support/jupyter-server.ts';
import { asKernelId, asMsgId, type KernelId } from '../../../shared/ids.ts';
import type { Frame } from '../../../shared/wire/codec.ts';
import { JournalReader } from '../journal/reader.ts';
import { TestSession } from '../journal/testing/session.ts';
import type { ServerAccess } from './manager.ts';
import type { KernelSession } from './session.ts';

let server: TestServer;
let access: ServerAccess;
let dir = '';

async function newKernel(): Promise<KernelId> {
  const model = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
  return asKernelId(model.id);
}

const hosts: CoreHost[] = [];
function newHost(): CoreHost {
  const host = new CoreHost(dir, access);
  hosts.push(host);
  return host;
}

beforeAll(async () => {
  server = await startJupyter();
  access = accessTo(server.baseUrl, server.token);
});

afterAll(async () => {
  await server.stop();
});

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-session-'));
});

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
  fs.rmSync(dir, { recursive: true, force: true });
});

const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index}\n`).join('');
const printing = (count: number, pause: number): string =>
  `import time\nfor i in range(${count}):\n    print('line', i, flush=True)\n    time.sleep(${pause})`;

/** Replies of our own may still be under way when a cell is done: sound is what the journal becomes and stays. */
async function expectSound(session: KernelSession): Promise<void> {
  const [host] = hosts;
  await expect.poll(() => host?.findings(session), { timeout: 10_000 }).toEqual([]);
}

/** The session under which a kernel speaks. */
async function sessionOf(kernelId: KernelId): Promise<string> {
  const elsewhere = fs.mkdtempSync(path.join(dir, 'elsewhere-'));
  const host = new CoreHost(elsewhere, access);
  const window = new TestWindow(await host.ensure(kernelId));
  const msgId = window.run('print(1)');
  await window.done(msgId);
  await host.close();
  return window.of(msgId).find((frame) => frame.header.msg_type === 'stream')?.header.session ?? '';
}

describe('a kernel session', () => {
  it('answers a request it knows from the journal and never runs it twice', async () => {
    const session = await newHost().ensure(await newKernel());
    const first = new TestWindow(session);
    const setup = first.run('n = 0');
    await first.done(setup);
    const msgId = first.run('n += 1\nprint("run", n)');
    await first.done(msgId);
    const second = new TestWindow(session);
    second.run('n += 1\nprint("run", n)', { id: msgId });
    await second.done(msgId);
    expect(second.text(msgId)).toBe('run 1\n');
    const check = second.run('print(n)');
    await second.done(check);
    expect(second.text(check)).toBe('1\n');
    await expectSound(session);
  });

  it('takes another way to a kernel that answers nothing, keeps to it, and loses nothing', async () => {
    const kernelId = await newKernel();
    const session = await newHost().ensure(kernelId);
    const window = new TestWindow(session);
    const links = (): number => session['intake']['links'];
    const ways: (string | undefined)[] = [];
    // What is published while connections change, the recorder alone has.
    await expect.poll(() => session.status().protection.state, { timeout: 60_000 }).toBe('recorded');
    const whole = window.run(printing(80, 0.05));
    await window.until(() => window.text(whole).includes('line 5\n'));
    for (const _attempt of ['with the same name', 'with another']) {
      session['renewAfterMs'] = 0;
      const before = links();
      session['renewLink']();
      await expect.poll(links, { timeout: 20_000 }).toBe(before + 1);
      ways.push(session['meta'].connectionId);
    }
    expect(ways).toEqual([undefined, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    await window.done(whole);
    expect(window.text(whole)).toBe(numbered(80));
    const later = window.run("print(input('? '))", { stdin: true });
    await window.until(() => window.of(later).some(({ header }) => header.msg_type === 'input_request'));
    await hosts.splice(0)[0]?.close();
    const again = await newHost().takeUp();
    expect(again['meta'].connectionId).toBe(ways[1]);
    const back = new TestWindow(again);
    back.run("print(input('? '))", { id: later, stdin: true });
    await back.until(() => back.of(later).some(({ header }) => header.msg_type === 'input_request'));
    await expectSound(again);
  });

  it('shows a window that comes in mid-cell everything so far and the rest as it comes', async () => {
    const session = await newHost().ensure(await newKernel());
    const first = new TestWindow(session);
    const msgId = first.run(printing(60, 0.02));
    await first.until(() => first.text(msgId).includes('line 20\n'));
    session.removeViewer(first.viewer);
    const second = new TestWindow(session);
    second.run(printing(60, 0.02), { id: msgId, resume: true });
    await second.done(msgId);
    expect(second.text(msgId)).toBe(numbered(60));
  });

  it('shows a window that reads slowly the end of a cell last, and once', async () => {
    const session = await newHost().ensure(await newKernel());
    const first = new TestWindow(session);
    const code = [
      'import time',
      'for part in range(6):',
      "    print((str(part) * 999 + '\\n') * 950, end='', flush=True)",
      '    # Below what the server lets through in a second.',
      '    time.sleep(1)',
      "input('Go on?')",
      "print('the end')",
    ].join('\n');
    const msgId = first.run(code, { stdin: true });
    const prompt = (): Frame | undefined => first.of(msgId).find((frame) => frame.header.msg_type === 'input_request');
    await first.until(() => prompt() !== undefined);
    const slow = new TestWindow(session, { isSlow: true });
    slow.run(code, { id: msgId, resume: true });
    // The replay stops at what a window may have unread; the cell ends meanwhile.
    await slow.until(() => slow.frames.length > 0);
    first.send('stdin', 'input_reply', { status: 'ok', value: '' }, { parent: prompt() });
    await first.done(msgId);
    slow.readOn();
    await slow.done(msgId);
    await slow.until(() => slow.text(msgId).endsWith('the end\n'));
    const types = slow.of(msgId).map((frame) => frame.header.msg_type);
    expect(types.filter((type) => type === 'execute_reply')).toHaveLength(1);
    expect(types.lastIndexOf('stream')).toBeLessThan(types.indexOf('execute_reply'));
    expect(slow.text(msgId)).toBe(first.text(msgId));
  });

  it('never runs what a window only resumes', async () => {
    const session = await newHost().ensure(await newKernel());
    const window = new TestWindow(session);
    const msgId = window.run('open("ran", "w")', { resume: true });
    await window.done(msgId);
    expect(
      window
        .of(msgId)
        .find((frame) => frame.header.msg_type === 'execute_reply')
        ?.content().status,
    ).toBe('aborted');
    expect(session.execution(msgId)).toBeUndefined();
    expect(fs.existsSync(path.join(server.root, 'ran'))).toBe(false);
  });

  it('goes on after the app was closed and started again', async () => {
    const kernelId = await newKernel();
    const host = newHost();
    const session = await host.ensure(kernelId);
    const window = new TestWindow(session);
    const msgId = window.run(printing(150, 0.02));
    await window.until(() => window.text(msgId).includes('line 30\n'));
    await host.close();
    hosts.splice(hosts.indexOf(host), 1);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const again = await newHost().takeUp();
    const later = new TestWindow(again);
    later.run(printing(150, 0.02), { id: msgId, resume: true });
    await later.done(msgId);
    expect(later.text(msgId)).toBe(numbered(150));
    expect(again.execution(msgId)).toMatchObject({ state: 'done', status: 'ok' });
    await expectSound(again);
  });

  it.each(['the same kernel', 'a kernel that was started again'])(
    'ends a cell whose idle was journaled and whose reply never came, after the app was started again: %s',
    async (which) => {
      const kernelId = await newKernel();
      const written = new TestSession(path.join(dir, 'half.nightjar'), {
        ...{ kernelId, serverUrl: server.baseUrl, createdTimeMs: Date.now(), clientSessionId: crypto.randomUUID() },
      });
      if (which === 'the same kernel') {
        written.kernelSession = await sessionOf(kernelId);
      }
      const msgId = written.begin('cell', '1 + 1');
      written.say('execute_result', { data: { 'text/plain': '2' }, metadata: {}, execution_count: 1 });
      written.say('status', { execution_state: 'idle' });
      written.commit();
      written.store.dispose();
      const session = await newHost().takeUp();
      expect(session.execution(msgId)).toMatchObject({ state: 'running' });
      await expect
        .poll(() => session.execution(msgId), { timeout: 30_000 })
        .toMatchObject({ state: 'done', status: 'ok' });
    },
  );

  it('asks again for input that is still awaited, and not for input that was given', async () => {
    const session = await newHost().ensure(await newKernel());
    const first = new TestWindow(session);
    const msgId = first.run('name = input("who? ")\nprint("hello", name)', { stdin: true });
    await first.until(() => first.of(msgId).some((frame) => frame.header.msg_type === 'input_request'));
    session.removeViewer(first.viewer);
    const second = new TestWindow(session);
    second.run('', { id: msgId, resume: true });
    await second.until(() => second.of(msgId).some((frame) => frame.header.msg_type === 'input_request'));
    const prompt = second.of(msgId).find((frame) => frame.header.msg_type === 'input_request');
    expect(session.status().question).toBe(msgId);
    second.send('stdin', 'input_reply', { status: 'ok', value: 'Ada' }, prompt === undefined ? {} : { parent: prompt });
    await second.done(msgId);
    expect(session.status().question).toBeNull();
    expect(second.text(msgId)).toBe('hello Ada\n');
    const third = new TestWindow(session);
    third.run('', { id: msgId, resume: true });
    await third.done(msgId);
    expect(third.of(msgId).some((frame) => frame.header.msg_type === 'input_request')).toBe(false);
  });

  it('keeps a password out of the journal', async () => {
    const host = newHost();
    const session = await host.ensure(await newKernel());
    const window = new TestWindow(session);
    const msgId = window.run('import getpass\nsecret = getpass.getpass()\nprint(len(secret))', { stdin: true });
    await window.until(() => window.of(msgId).some((frame) => frame.header.msg_type === 'input_request'));
    const prompt = window.of(msgId).find((frame) => frame.header.msg_type === 'input_request');
    window.send(
      'stdin',
      'input_reply',
      { status: 'ok', value: 'correct horse' },
      prompt === undefined ? {} : { parent: prompt },
    );
    await window.done(msgId);
    expect(window.text(msgId)).toBe('13\n');
    await host.close();
    hosts.splice(hosts.indexOf(host), 1);
    const opened = JournalReader.open(path.join(dir, `${session.journalId}.nightjar`));
    const reader = opened.ok ? opened.value : expect.fail('unreadable');
    const texts = [...reader.entries()].map((entry) => new TextDecoder().decode(entry.body)).join('\n');
    reader.close();
    expect(texts).toContain('input_reply');
    expect(texts).not.toContain('correct horse');
    expect(texts).not.toContain(server.token);
  });

  it('keeps a cell that is run during a restart until the new kernel is heard, and loses nothing of it', async () => {
    const kernelId = await newKernel();
    const session = await newHost().ensure(kernelId);
    const window = new TestWindow(session);
    await window.done(window.run('print("old")'));
    for (let round = 0; round < 10; round += 1) {
      session.kernelEnding();
      const restarted = server.rest('POST', `api/kernels/${kernelId}/restart`);
      const msgId = window.run(`print("new ${round}")`);
      await restarted;
      session.kernelEnded(true);
      await window.done(msgId);
      expect(window.text(msgId)).toBe(`new ${round}\n`);
      expect(session.execution(msgId)).toMatchObject({ state: 'done', status: 'ok', executionCount: 1 });
    }
    expect(session.status().journal.gapMarks).toEqual([]);
  });

  it('ends what ran when the kernel is restarted, and shows it to every window', async () => {
    const kernelId = await newKernel();
    const session = await newHost().ensure(kernelId);
    const window = new TestWindow(session);
    const msgId = window.run('import time\nprint("begun", flush=True)\ntime.sleep(60)');
    await window.until(() => window.text(msgId).includes('begun'));
    await server.rest('POST', `api/kernels/${kernelId}/restart`);
    session.kernelEnded(true);
    await window.done(msgId);
    expect(session.execution(msgId)).toMatchObject({ state: 'lost', status: 'aborted' });
    const next = window.run('print("alive")');
    await window.done(next);
    expect(window.text(next)).toBe('alive\n');
  });

  it('says that a kernel is gone when the server says so', async () => {
    const kernelId = await newKernel();
    const session = await newHost().ensure(kernelId);
    const window = new TestWindow(session);
    await window.done(window.run('1'));
    await server.rest('DELETE', `api/kernels/${kernelId}`);
    await window.until(() => session.isGone);
    expect(session.status().link.state).toBe('kernel-gone');
  });

  it('sends what was run while the link was down when it is up, in order, and takes back what is cancelled', async () => {
    const session = await newHost().ensure(await newKernel());
    const window = new TestWindow(session);
    await window.done(window.run('log = []'));
    session.suspend();
    const ids = ['a', 'b', 'c'].map((name) => window.run(`log.append("${name}")\nprint(log)`, { cellId: name }));
    const [first = '', second = '', third = ''] = ids;
    await window.until(() => session.execution(third)?.state === 'queued');
    expect(session.cancel(asMsgId(second))).toBe(true);
    session.resume();
    await window.done(first);
    await window.done(third);
    expect(window.text(third)).toBe("['a', 'c']\n");
    expect(session.execution(second)?.state).toBe('cancelled');
    expect(session.cancel(asMsgId(first))).toBe(false);
  });

  it('delivers a flood whole and in order, in few deliveries', async () => {
    const session = await newHost().ensure(await newKernel());
    const window = new TestWindow(session);
    const msgId = window.run('for i in range(700):\n    print("line", i, flush=True)');
    await window.done(msgId);
    expect(window.text(msgId)).toBe(numbered(700));
    expect(window.of(msgId).filter((frame) => frame.header.msg_type === 'stream').length).toBeLessThan(300);
    await expectSound(session);
  });

  it('ends a cell whose end the kernel dropped, and tells what is missing', async () => {
    const session = await newHost().ensure(await newKernel());
    const window = new TestWindow(session);
    // As on a machine without a free core, where a kernel's queue to the server is full: numbered, and never sent.
    const code = [
      'kernel = get_ipython().kernel',
      'send = kernel.session.send',
      'def dropping(stream, what, *args, **named):',
      "    if what == 'status' and {'execution_state': 'idle'} in args:",
      '        kernel.session.send = send',
      '        return kernel.session.msg(what)',
      '    return send(stream, what, *args, **named)',
      'kernel.session.send = dropping',
      "print('said')",
    ].join('\n');
    const msgId = window.run(code);
    await window.done(msgId);
    expect(window.text(msgId)).toBe('said\n');
    expect(session.execution(asMsgId(msgId))).toMatchObject({ state: 'done', status: 'ok' });
    const after = window.run("print('after')");
    await window.done(after);
    await expect.poll(() => session.status().journal.gaps, { timeout: 20_000 }).toBe(1);
    await expect
      .poll(() => hosts[0]?.findings(session), { timeout: 10_000 })
      .toContainEqual(expect.stringContaining('A gap of 1 message was recorded'));
  });

  it('takes a result that a kernel numbers and never sends for no loss', async () => {
    const session = await newHost().ensure(await newKernel());
    const window = new TestWindow(session);
    await window.until(() => session.status().protection.state === 'recorded');
    const shows = [
      'from IPython.display import display',
      'class Shows:',
      '    def _ipython_display_(self):',
      "        display('shown')",
      'Shows()',
    ].join('\n');
    const [first, second] = [window.run(shows), window.run(shows)];
    await window.done(first);
    await window.done(second);
    const shown = window.of(second).filter((frame) => frame.header.msg_type === 'display_data');
    expect(shown).toHaveLength(1);
    await expectSound(session);
    // Longer than it takes to tell a loss.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(session.status().journal.gaps).toBe(0);
    await expectSound(session);
  });
});
