/** A crash after every call of every function, followed by redelivery: nothing is lost, nothing is made twice. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { broken } from '../helpers/invariants.ts';
import { Pipeline, STREAM_FUNCTIONS, type StreamFunctionName } from '../helpers/pipeline.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const CALLS_MAX = 20;

let runs = 0;
/** A name that no other run has: all runs share the tables. */
function newRun(): string {
  runs += 1;
  return `run-${runs}`;
}

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = new Pipeline(new VirtualClock());
  await pipeline.start();
});
afterAll(() => pipeline.stop());

/** Each way through the pipeline; `prepare` makes the state it needs. */
interface Way {
  readonly name: string;
  readonly email: (run: string) => string;
  readonly prepare?: (email: string) => Promise<unknown>;
  readonly status: 'completed' | 'failed';
}

const ways: readonly Way[] = [
  { name: 'an approved user', email: (run) => `${run}@example.com`, status: 'completed' },
  { name: 'a denied user', email: (run) => `${run}@denied.example`, status: 'failed' },
  {
    name: 'a user whose e-mail is taken',
    email: (run) => `${run}@example.com`,
    prepare: async (email) => {
      await pipeline.accepted(email);
      await pipeline.drain();
    },
    status: 'failed',
  },
  {
    name: "a user that takes a rejected holder's claim over",
    email: (run) => `${run}@example.com`,
    prepare: (email) => leaveClaimOfRejectedUser(email),
    status: 'completed',
  },
];

/** A user is rejected by an operator, and its function dies before it frees the claim; nobody delivers again yet. */
async function leaveClaimOfRejectedUser(email: string): Promise<void> {
  await pipeline.accepted(email);
  await pipeline.deliver('user-create', await pipeline.arrived('user-create'));
  const requested = await pipeline.arrived('user-approve');
  const decided = requested.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64').toString()));
  for (const event of decided) {
    const reason = {
      type: 'urn:problem-type:shardbound:abandoned',
      title: 'Abandoned',
      detail: 'By an operator.',
    };
    const data = { ...event.data, decision: 'rejected', reason };
    await pipeline.put('user-create-response', { ...event, type: 'user.approve.decided.v1', data });
  }
  const records = await pipeline.arrived('user-create-response');
  const settleOnly = { afterCall: 1 };
  expect(await pipeline.deliver('user-create-response', records, settleOnly)).toBeUndefined();
  await pipeline.put('operation-update', {
    ...decided[0],
    type: 'user.create.completed.v1',
    data: {
      ...decided[0].data,
      status: 'rejected',
      reason: { type: 'x', title: 'Abandoned', detail: 'By an operator.' },
    },
  });
  await pipeline.drain();
}

describe.each(ways)('$name', ({ email: emailOf, prepare, status }) => {
  test('survives a crash of operation-create after each of its calls: the client sends again', async () => {
    let crashes = 0;
    for (let afterCall = 1; afterCall <= CALLS_MAX; afterCall += 1) {
      const run = newRun();
      const email = emailOf(run);
      await prepare?.(email);
      const headers = { 'idempotency-key': run };
      const answer = await pipeline.post({ name: 'Ada', email }, headers, { afterCall });
      const id = await pipeline.accepted(email, headers);
      await pipeline.drain();
      expect((await pipeline.get(id)).operation['status']).toBe(status);
      expect(await broken(pipeline)).toEqual([]);
      if (answer) break;
      crashes += 1;
    }
    expect(crashes).toBe(3);
  });

  test.each(STREAM_FUNCTIONS)(
    'survives a crash of %s after each of its calls, then redelivery',
    async (dying) => {
      let crashes = 0;
      for (let afterCall = 1; afterCall <= CALLS_MAX; afterCall += 1) {
        const email = emailOf(newRun());
        await prepare?.(email);
        const id = await pipeline.accepted(email);
        const died = await runWithCrash(dying, afterCall);
        expect((await pipeline.get(id)).operation['status']).toBe(status);
        expect(await broken(pipeline)).toEqual([]);
        if (!died) break;
        crashes += 1;
      }
      expect(crashes).toBeGreaterThan(reaches(dying, status, prepare) ? 0 : -1);
      expect(crashes).toBeLessThan(CALLS_MAX);
    },
  );
});

/** A user refused for its e-mail never reaches the approver, nor the function behind it. */
function reaches(functionName: StreamFunctionName, status: string, prepare: unknown): boolean {
  const refused = status === 'failed' && prepare !== undefined;
  return !(refused && (functionName === 'user-approve' || functionName === 'user-create-response'));
}

/** Delivers everything; the one function dies once and has its batch delivered again, twice. Tells whether it died. */
async function runWithCrash(dying: StreamFunctionName, afterCall: number): Promise<boolean> {
  let died = false;
  for (const functionName of STREAM_FUNCTIONS) {
    const records = await pipeline.arrived(functionName);
    if (records.length === 0) continue;
    if (functionName === dying) {
      died = (await pipeline.deliver(functionName, records, { afterCall })) === undefined;
      expect(await pipeline.deliver(functionName, records)).toEqual([]);
    }
    expect(await pipeline.deliver(functionName, records)).toEqual([]);
  }
  await pipeline.drain();
  return died;
}
