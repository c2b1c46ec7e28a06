/** Sequences of deliveries that break a pipeline which looks right: each broke an earlier draft of this one. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { userIdOf } from '@shardbound/runtime/ids';
import type { KinesisStreamRecord } from 'aws-lambda';
import { AwsError } from '../../local/gateway/aws-error.ts';
import { broken } from '../helpers/invariants.ts';
import { Pipeline } from '../helpers/pipeline.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const EMAIL = 'ada@example.com';
const HOUR_MS = 3_600_000;
const ABANDONED = {
  type: 'urn:problem-type:shardbound:abandoned',
  title: 'Abandoned',
  detail: 'By an operator.',
};

let clock: VirtualClock;
let pipeline: Pipeline;
beforeEach(async () => {
  clock = new VirtualClock();
  pipeline = new Pipeline(clock);
  await pipeline.start();
});
afterEach(() => pipeline.stop());

const statusOf = async (id: string) => (await pipeline.get(id)).operation['status'];
const claimOf = async (email: string) => (await pipeline.row('users', `email#${email}`))?.['userId'];
const userOf = async (id: string) => await pipeline.row('users', `user#${userIdOf(id)}`);

/** Rejects an operation's user as an operator abandons one: by an ordinary decision, made from its first event. */
async function abandon(requested: KinesisStreamRecord): Promise<void> {
  const event = JSON.parse(Buffer.from(requested.kinesis.data, 'base64').toString());
  const { name, email } = event.data.user;
  await pipeline.put('user-create-response', {
    ...event,
    type: 'user.approve.decided.v1',
    data: {
      ...event.data,
      user: { id: userIdOf(event.subject), name, email },
      decision: 'rejected',
      reason: ABANDONED,
    },
  });
}

async function firstEvent(): Promise<KinesisStreamRecord> {
  const [record] = await pipeline.arrived('user-create');
  if (!record) throw new Error('no event on stream user-create');
  return record;
}

describe('redelivery', () => {
  test('a user refused for its e-mail stays refused when its event comes again after the holder was rejected', async () => {
    const holder = await pipeline.accepted(EMAIL);
    const holderEvent = await firstEvent();
    await pipeline.deliver('user-create', [holderEvent]);
    const refused = await pipeline.accepted(EMAIL);
    const refusedEvent = await firstEvent();
    await pipeline.deliver('user-create', [refusedEvent]);
    await abandon(holderEvent);
    await pipeline.deliver('user-create-response', await pipeline.arrived('user-create-response'));
    expect(await pipeline.deliver('user-create', [refusedEvent])).toEqual([]);
    await pipeline.drain();
    expect([await statusOf(holder), await statusOf(refused)]).toEqual(['failed', 'failed']);
    expect(await claimOf(EMAIL)).toBeUndefined();
    expect(await broken(pipeline)).toEqual([]);
  });

  test('a claim left behind by a crash between settling and freeing is taken over, and not freed afterwards', async () => {
    const rejected = await pipeline.accepted(EMAIL);
    const event = await firstEvent();
    await pipeline.deliver('user-create', [event]);
    await abandon(event);
    const decided = await pipeline.arrived('user-create-response');
    expect(await pipeline.deliver('user-create-response', decided, { afterCall: 1 })).toBeUndefined();
    expect(await claimOf(EMAIL)).toBe(userIdOf(rejected));
    const contender = await pipeline.accepted(EMAIL);
    await pipeline.drain();
    expect(await pipeline.deliver('user-create-response', decided)).toEqual([]);
    await pipeline.drain();
    expect([await statusOf(rejected), await statusOf(contender)]).toEqual(['failed', 'completed']);
    expect(await claimOf(EMAIL)).toBe(userIdOf(contender));
    expect(await broken(pipeline)).toEqual([]);
  });

  test("a late duplicate of a rejection leaves the next owner's claim alone", async () => {
    const rejected = await pipeline.accepted(EMAIL);
    const event = await firstEvent();
    await pipeline.deliver('user-create', [event]);
    await abandon(event);
    const decided = await pipeline.arrived('user-create-response');
    await pipeline.deliver('user-create-response', decided);
    const owner = await pipeline.accepted(EMAIL);
    await pipeline.drain();
    expect(await pipeline.deliver('user-create-response', decided)).toEqual([]);
    await pipeline.drain();
    expect([await statusOf(rejected), await statusOf(owner)]).toEqual(['failed', 'completed']);
    expect(await claimOf(EMAIL)).toBe(userIdOf(owner));
    expect(await broken(pipeline)).toEqual([]);
  });

  test('a claim that lands after its user was rejected, by an invocation that timed out, is taken over', async () => {
    const late = Promise.withResolvers<void>();
    const held = pipeline.gateway.faults.inject({
      service: 'dynamodb',
      operation: 'PutItem',
      when: 'hold',
      until: late.promise,
      times: 1,
      match: ({ input }) => JSON.stringify(input).includes(`email#${EMAIL}`),
    });
    const rejected = await pipeline.accepted(EMAIL);
    const event = await firstEvent();
    const zombie = pipeline.deliver('user-create', [event]);
    while (held.fired === 0) await new Promise((resolve) => setImmediate(resolve));
    await abandon(event);
    await pipeline.deliver('user-create-response', await pipeline.arrived('user-create-response'));
    late.resolve();
    await zombie;
    expect((await userOf(rejected))?.status).toBe('rejected');
    expect(await claimOf(EMAIL)).toBe(userIdOf(rejected));
    const contender = await pipeline.accepted(EMAIL);
    await pipeline.drain();
    expect([await statusOf(rejected), await statusOf(contender)]).toEqual(['failed', 'completed']);
    expect(await claimOf(EMAIL)).toBe(userIdOf(contender));
  });

  test('a rejection of a user that was never written ends its operation, whatever comes after', async () => {
    const id = await pipeline.accepted(EMAIL);
    const event = await firstEvent();
    await abandon(event);
    await pipeline.drain();
    expect(await statusOf(id)).toBe('failed');
    expect(await pipeline.deliver('user-create', [event])).toEqual([]);
    await pipeline.drain();
    expect(await statusOf(id)).toBe('failed');
    expect(await claimOf(EMAIL)).toBeUndefined();
    expect(await broken(pipeline)).toEqual([]);
  });

  test('the first stored decision stands, whatever a second one says', async () => {
    const id = await pipeline.accepted(EMAIL);
    const event = await firstEvent();
    await pipeline.deliver('user-create', [event]);
    await pipeline.drain();
    expect(await statusOf(id)).toBe('completed');
    await abandon(event);
    await pipeline.drain();
    expect((await userOf(id))?.status).toBe('active');
    expect(await statusOf(id)).toBe('completed');
    expect(await broken(pipeline)).toEqual([]);
  });

  test('an approval of a user that is not there is left to its retry, and then succeeds', async () => {
    const id = await pipeline.accepted(EMAIL);
    const event = await firstEvent();
    const { subject, data, ...envelope } = JSON.parse(Buffer.from(event.kinesis.data, 'base64').toString());
    const user = { id: userIdOf(id), ...data.user };
    const decided = {
      ...envelope,
      subject,
      type: 'user.approve.decided.v1',
      data: { ...data, user, decision: 'approved' },
    };
    await pipeline.put('user-create-response', decided);
    const records = await pipeline.arrived('user-create-response');
    const [first] = records;
    expect(await pipeline.deliver('user-create-response', records)).toEqual([first?.kinesis.sequenceNumber]);
    await pipeline.deliver('user-create', [event]);
    expect(await pipeline.deliver('user-create-response', records)).toEqual([]);
    await pipeline.drain();
    expect(await statusOf(id)).toBe('completed');
  });

  test('an event whose operation does not exist is parked, and makes no operation', async () => {
    await pipeline.accepted(EMAIL);
    await pipeline.deliver('user-create', await pipeline.arrived('user-create'));
    await pipeline.deliver('user-approve', await pipeline.arrived('user-approve'));
    await pipeline.deliver('user-create-response', await pipeline.arrived('user-create-response'));
    const [completed] = await pipeline.arrived('operation-update');
    const event = JSON.parse(Buffer.from(completed?.kinesis.data ?? '', 'base64').toString());
    const before = await pipeline.rows('operations');
    await pipeline.put('operation-update', { ...event, subject: '01970000-0000-7000-8000-000000000000' });
    expect(await pipeline.deliver('operation-update', await pipeline.arrived('operation-update'))).toEqual(
      [],
    );
    expect(pipeline.parked.map(({ code }) => code)).toEqual(['operation-not-found']);
    expect(await pipeline.rows('operations')).toEqual(before);
  });

  test("yesterday's events on every stream change nothing", async () => {
    const seen = new Map<
      'user-create' | 'user-approve' | 'user-create-response' | 'operation-update',
      KinesisStreamRecord[]
    >();
    await pipeline.accepted(EMAIL);
    await pipeline.accepted(EMAIL);
    await pipeline.accepted('eve@denied.example');
    for (const functionName of [
      'user-create',
      'user-approve',
      'user-create-response',
      'operation-update',
    ] as const) {
      const records = await pipeline.arrived(functionName);
      seen.set(functionName, records);
      expect(await pipeline.deliver(functionName, records)).toEqual([]);
    }
    const tables = async () => [await pipeline.rows('operations'), await pipeline.rows('users')];
    const before = await tables();
    await clock.advance(24 * HOUR_MS);
    for (const [functionName, records] of seen) {
      expect(await pipeline.deliver(functionName, [...records, ...records])).toEqual([]);
    }
    await pipeline.drain();
    expect(await tables()).toEqual(before);
    expect(await broken(pipeline)).toEqual([]);
  });
});

describe('time', () => {
  test('a key names its operation for 24 hours, and is new again after that, though its row is still there', async () => {
    const headers = { 'idempotency-key': 'k' };
    const first = await pipeline.accepted(EMAIL, headers);
    await pipeline.drain();
    await clock.advance(24 * HOUR_MS - 1_000);
    expect(await pipeline.accepted(EMAIL, headers)).toBe(first);
    await clock.advance(2_000);
    const second = await pipeline.accepted(EMAIL, headers);
    expect(second).not.toBe(first);
    expect(await pipeline.accepted(EMAIL, headers)).toBe(second);
    await pipeline.drain();
    expect([await statusOf(first), await statusOf(second)]).toEqual(['completed', 'failed']);
  });

  test('a pending operation does not expire: parked for a month, it still settles', async () => {
    const id = await pipeline.accepted(EMAIL);
    const parked = await firstEvent();
    expect(await pipeline.row('operations', `operation#${id}`)).not.toHaveProperty('expiresAt');
    await clock.advance(30 * 24 * HOUR_MS);
    expect(await statusOf(id)).toBe('pending');
    await pipeline.deliver('user-create', [parked]);
    await pipeline.drain();
    expect(await statusOf(id)).toBe('completed');
  });

  test('a settled operation is gone after seven days, though its row is still there', async () => {
    const id = await pipeline.accepted(EMAIL);
    await pipeline.drain();
    await clock.advance(7 * 24 * HOUR_MS - 1_000);
    expect((await pipeline.get(id)).status).toBe(200);
    await clock.advance(2_000);
    expect((await pipeline.get(id)).status).toBe(404);
  });
});

describe('an answer lost after the write', () => {
  const writes = [
    ['dynamodb', 'PutItem', 'operation#'],
    ['dynamodb', 'PutItem', 'key#'],
    ['kinesis', 'PutRecord', ''],
    ['dynamodb', 'PutItem', 'user#'],
    ['dynamodb', 'PutItem', 'email#'],
    ['kinesis', 'PutRecords', ''],
    ['dynamodb', 'UpdateItem', 'user#'],
    ['dynamodb', 'UpdateItem', 'operation#'],
  ] as const;

  test.each(writes)(
    "%s %s %s: the SDK's own retry finds its own write, and nobody is refused",
    async (service, operation, pk) => {
      const fault = pipeline.gateway.faults.inject({
        service,
        operation,
        when: 'after',
        error: 'reset',
        times: 1,
        match: ({ input }) => JSON.stringify(input).includes(pk),
      });
      const id = await pipeline.accepted(EMAIL, { 'idempotency-key': 'k' });
      await pipeline.drain();
      expect(fault.fired).toBe(1);
      expect(await statusOf(id)).toBe('completed');
      expect(await broken(pipeline)).toEqual([]);
    },
  );

  test("freeing a claim whose answer is lost frees nobody else's", async () => {
    const fault = pipeline.gateway.faults.inject({
      service: 'dynamodb',
      operation: 'DeleteItem',
      when: 'after',
      error: new AwsError('InternalServerError', 'lost', 500),
      times: 1,
    });
    const id = await pipeline.accepted('eve@denied.example');
    await pipeline.drain();
    expect(fault.fired).toBe(1);
    expect(await statusOf(id)).toBe('failed');
    expect(await claimOf('eve@denied.example')).toBeUndefined();
  });
});

describe('an outage', () => {
  test('of DynamoDB leaves every record to its retry, fails nobody, and ends with everything settled', async () => {
    const ids = await Promise.all(
      Array.from({ length: 5 }, (_, n) => pipeline.accepted(`user-${n}@example.com`)),
    );
    const records = await pipeline.arrived('user-create');
    const outage = pipeline.gateway.faults.inject({
      service: 'dynamodb',
      operation: 'PutItem',
      when: 'before',
      error: new AwsError('ProvisionedThroughputExceededException', 'slow down'),
    });
    const [first] = records;
    expect(await pipeline.deliver('user-create', records)).toEqual([first?.kinesis.sequenceNumber]);
    expect((await pipeline.post({ name: 'Ada', email: EMAIL }))?.statusCode).toBe(503);
    outage.remove();
    await pipeline.deliver('user-create', records);
    await pipeline.drain();
    expect(await Promise.all(ids.map(statusOf))).toEqual(ids.map(() => 'completed'));
    expect(pipeline.parked).toEqual([]);
  });

  test('of Kinesis answers 503 with the Location of what is stored; the same request with its key mends it', async () => {
    const outage = pipeline.gateway.faults.inject({
      service: 'kinesis',
      operation: 'PutRecord',
      when: 'before',
      error: new AwsError('InternalFailure', 'down', 500),
    });
    const headers = { 'idempotency-key': 'k' };
    const answer = await pipeline.post({ name: 'Ada', email: EMAIL }, headers);
    expect(answer?.statusCode).toBe(503);
    const location = String(answer?.headers?.['location']);
    expect(await statusOf(location.slice('/operations/'.length))).toBe('pending');
    outage.remove();
    expect(`/operations/${await pipeline.accepted(EMAIL, headers)}`).toBe(location);
    await pipeline.drain();
    expect(await broken(pipeline)).toEqual([]);
  });
});

describe('racing', () => {
  test('the same e-mail 20 times at once: one is completed, 19 are refused', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => pipeline.accepted(EMAIL)));
    await pipeline.drain();
    const statuses = await Promise.all(ids.map(statusOf));
    expect(statuses.filter((status) => status === 'completed')).toHaveLength(1);
    expect(statuses.filter((status) => status === 'failed')).toHaveLength(19);
    expect(await broken(pipeline)).toEqual([]);
  });

  test('the same key 20 times at once: one operation; with other values: refused, and nothing changes', async () => {
    const headers = { 'idempotency-key': 'k' };
    const ids = await Promise.all(Array.from({ length: 20 }, () => pipeline.accepted(EMAIL, headers)));
    expect(new Set(ids).size).toBe(1);
    const before = await pipeline.rows('operations');
    expect((await pipeline.post({ name: 'Eve', email: EMAIL }, headers))?.statusCode).toBe(422);
    expect(await pipeline.rows('operations')).toEqual(before);
    await pipeline.drain();
    expect(await broken(pipeline)).toEqual([]);
  });

  test('one batch delivered to two environments at once has one effect', async () => {
    const ids = await Promise.all(
      Array.from({ length: 10 }, (_, n) => pipeline.accepted(`twice-${n % 5}@example.com`)),
    );
    for (const functionName of [
      'user-create',
      'user-approve',
      'user-create-response',
      'operation-update',
    ] as const) {
      const records = await pipeline.arrived(functionName);
      const twice = await Promise.all([
        pipeline.deliver(functionName, records),
        pipeline.deliver(functionName, records),
      ]);
      expect(twice).toEqual([[], []]);
    }
    await pipeline.drain();
    const statuses = await Promise.all(ids.map(statusOf));
    expect(statuses.filter((status) => status === 'completed')).toHaveLength(5);
    expect(await broken(pipeline)).toEqual([]);
  });
});
