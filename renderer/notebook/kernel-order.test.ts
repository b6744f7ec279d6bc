import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import { ChangeOrder, orderedClients } from './kernel-order.ts';

/** Answers when it is told to. */
function later<Value>(): { promise: Promise<Value>; answer: (value: Value) => void; refuse: () => void } {
  let answer: (value: Value) => void = () => undefined;
  let refuse: () => void = () => undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    answer = resolve;
    refuse = () => reject(new Error('refused'));
  });
  return { promise, answer, refuse };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('changes', () => {
  it('are made one after another, also after one that failed', async () => {
    const order = new ChangeOrder();
    const asked: string[] = [];
    const answers = [later<string>(), later<string>(), later<string>()];
    const made = answers.map(({ promise }, index) =>
      order.change(() => {
        asked.push(`change ${index}`);
        return promise;
      }),
    );
    made[0]?.catch(() => undefined);
    await settle();
    expect(asked).toEqual(['change 0']);
    answers[0]?.refuse();
    await settle();
    expect(asked).toEqual(['change 0', 'change 1']);
    answers[2]?.answer('third');
    answers[1]?.answer('second');
    await expect(made[0]).rejects.toThrow('refused');
    await expect(Promise.all(made.slice(1))).resolves.toEqual(['second', 'third']);
  });
});

describe('a list', () => {
  it('waits for the change before it', async () => {
    const order = new ChangeOrder();
    const change = later<void>();
    let isChanged = false;
    void order.change(() => change.promise).then(() => (isChanged = true));
    const listed = order.list(async () => isChanged);
    await settle();
    change.answer();
    await expect(listed).resolves.toBe(true);
  });

  it('that a change ran across is asked for again', async () => {
    const order = new ChangeOrder();
    const first = later<string>();
    let asked = 0;
    const listed = order.list(() => {
      asked += 1;
      return asked === 1 ? first.promise : Promise.resolve('after');
    });
    await settle();
    await order.change(async () => undefined);
    first.answer('before');
    await expect(listed).resolves.toBe('after');
  });
});

describe('the clients of a window', () => {
  it('do not ask for kernels while the kernel of a session is being changed', async () => {
    const asked: string[] = [];
    const patch = later<void>();
    const session = { id: 's', path: 'a', name: 'a', type: 'notebook', kernel: { id: 'k', name: 'python3' } };
    const answer = async (request: Request): Promise<Response> => {
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      if (request.method === 'PATCH') await patch.promise;
      return Response.json(request.method === 'PATCH' ? session : []);
    };
    const settings = ServerConnection.makeSettings({
      baseUrl: 'http://localhost/',
      fetch: (input, init) => answer(new Request(input, init)),
    });
    const { kernelAPIClient, sessionAPIClient } = orderedClients(settings);
    const changed = sessionAPIClient.update({ id: 's', kernel: { name: 'python3' } });
    const listed = Promise.all([kernelAPIClient.listRunning(), sessionAPIClient.listRunning()]);
    await settle();
    expect(asked).toEqual(['PATCH /api/sessions/s']);
    patch.answer();
    await Promise.all([changed, listed]);
    expect(asked.slice(1).sort()).toEqual(['GET /api/kernels', 'GET /api/sessions']);
  });
});
