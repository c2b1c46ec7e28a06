import { describe, expect, test } from '@jest/globals';
import type { PoisonCode, PoisonRecordError } from '@shardbound/runtime/errors';
import { type UserCreateRequested, userCreateRequested } from '@shardbound/runtime/events';
import { INVOCATION } from '@shardbound/runtime/limits';
import { createStreamHandler, type StreamFunction } from '@shardbound/runtime/stream-consumer';
import type { Emission, PublishFailure } from '@shardbound/runtime/stream-publisher';
import type { KinesisStreamRecord } from 'aws-lambda';
import fc from 'fast-check';
import { batchOf, contextOf, operationId, record, requested } from '../helpers/records.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const TIMEOUT_MS = 60_000;

interface Setup extends Partial<StreamFunction<UserCreateRequested>> {
  readonly records: readonly KinesisStreamRecord[];
  readonly clock?: VirtualClock;
}

/** Runs one batch; `parked` is what was parked and why. */
async function consume({ records, clock = new VirtualClock(), ...definition }: Setup) {
  const parked: { readonly sequenceNumber: string; readonly code: PoisonCode }[] = [];
  const handler = createStreamHandler({
    step: 'user-create',
    accepts: userCreateRequested,
    handle: async () => [],
    batchConcurrency: 10,
    park: async ({ kinesis: { sequenceNumber } }: KinesisStreamRecord, { code }: PoisonRecordError) => {
      parked.push({ sequenceNumber, code });
    },
    clock,
    ...definition,
  });
  const { batchItemFailures } = await handler(
    batchOf(records),
    contextOf(() => clock.now(), TIMEOUT_MS),
  );
  return { unprocessed: batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier)), parked };
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => record(requested(n), n));
const numberOf = (event: UserCreateRequested) => Number(event.data.user.name.slice('User '.length));
const emissionOf = (event: UserCreateRequested): Emission => ({ streamName: 'user-approve', event });

/** A publisher that refuses the events of the operations numbered in `refused`. */
function publisherRefusing(refused: ReadonlySet<number>) {
  const subjects = new Set([...refused].map(operationId));
  return {
    publish: async (emissions: readonly Emission[]): Promise<PublishFailure[]> =>
      emissions.map(({ event }) => (subjects.has(event.subject) ? new Error('refused') : undefined)),
  };
}

describe('stream consumer', () => {
  test('answers with the lowest record that failed, parked records not among them, whatever fails', async () => {
    const fates = fc.array(fc.constantFrom('done', 'emits', 'throws', 'refused', 'poison'), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(fates, fc.integer({ min: 1, max: 12 }), async (fate, batchConcurrency) => {
        const { unprocessed, parked } = await consume({
          records: fate.map((f, n) =>
            record(f === 'poison' ? Buffer.from('{') : requested(n), n, operationId(n)),
          ),
          batchConcurrency,
          publisher: publisherRefusing(new Set(fate.flatMap((f, n) => (f === 'refused' ? [n] : [])))),
          handle: async (event) => {
            const f = fate[numberOf(event)];
            if (f === 'throws') throw new Error('no');
            return f === 'done' ? [] : [emissionOf(event)];
          },
        });
        const lowest = fate.findIndex((f) => f === 'throws' || f === 'refused');
        expect(unprocessed).toEqual(lowest === -1 ? [] : [lowest]);
        const poison = fate.flatMap((f, n) => (f === 'poison' ? [n] : []));
        expect(parked.map(({ sequenceNumber }) => Number(sequenceNumber)).sort((a, b) => a - b)).toEqual(
          poison,
        );
      }),
      { numRuns: 200 },
    );
  });

  test('handles records at once, up to the limit and never above it', async () => {
    let running = 0;
    let most = 0;
    const clock = new VirtualClock();
    const done = consume({
      records: numbered(25),
      batchConcurrency: 4,
      clock,
      handle: async () => {
        running += 1;
        most = Math.max(most, running);
        await clock.sleep(10);
        running -= 1;
        return [];
      },
    });
    await clock.advance(100);
    expect(await done).toEqual({ unprocessed: [], parked: [] });
    expect(most).toBe(4);
  });

  test('keeps the order of one partition key while others go on, and stops a key at its first failure', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const keys = ['a', 'b', 'a', 'b', 'a'];
    const done = consume({
      records: keys.map((key, n) => record(requested(n), n, key)),
      clock,
      handle: async (event) => {
        const n = numberOf(event);
        seen.push(n);
        await clock.sleep(n === 0 ? 50 : 10);
        if (n === 2) throw new Error('no');
        return [];
      },
    });
    await clock.advance(200);
    expect((await done).unprocessed).toEqual([2]);
    expect(seen).toEqual([0, 1, 3, 2]);
  });

  test('starts no record when time runs short, but always the first', async () => {
    const clock = new VirtualClock();
    const started: number[] = [];
    const handle = async (event: UserCreateRequested) => {
      started.push(numberOf(event));
      await clock.sleep(TIMEOUT_MS - INVOCATION.startMarginMs);
      return [];
    };
    const done = consume({ records: numbered(3), batchConcurrency: 1, clock, handle });
    await clock.advance(TIMEOUT_MS);
    expect((await done).unprocessed).toEqual([1]);
    expect(started).toEqual([0]);

    started.length = 0;
    const late = createStreamHandler({
      step: 'user-create',
      accepts: userCreateRequested,
      park: async () => {},
      batchConcurrency: 1,
      clock,
      handle: async (event) => {
        started.push(numberOf(event));
        return [];
      },
    });
    const answer = await late(
      batchOf(numbered(2)),
      contextOf(() => clock.now(), INVOCATION.startMarginMs - 1),
    );
    expect(started).toEqual([0]);
    expect(answer.batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier))).toEqual([1]);
  });

  test('a record that hangs is left to its retry; what is done is published in time', async () => {
    const clock = new VirtualClock();
    const published: number[] = [];
    const done = consume({
      records: numbered(3),
      clock,
      publisher: {
        publish: async (emissions, deadlineMs) => {
          expect(deadlineMs - clock.now()).toBe(INVOCATION.publishMarginMs - INVOCATION.answerMarginMs);
          published.push(...emissions.map(({ event }) => numberOf(event as UserCreateRequested)));
          return emissions.map(() => undefined);
        },
      },
      handle: async (event) => {
        if (numberOf(event) === 1) await new Promise(() => {});
        return [emissionOf(event)];
      },
    });
    await clock.advance(TIMEOUT_MS);
    expect((await done).unprocessed).toEqual([1]);
    expect(published).toEqual([0, 2]);
  });

  test('a poison record that cannot be parked is left to its retries; its neighbours are not', async () => {
    const { unprocessed } = await consume({
      records: [record(requested(0), 0), record(Buffer.from('nonsense'), 1), record(requested(2), 2)],
      park: async () => {
        throw new Error('no bucket');
      },
    });
    expect(unprocessed).toEqual([1]);
  });

  test('leaves no timer behind', async () => {
    const clock = new VirtualClock();
    await consume({ records: numbered(3), clock });
    expect(clock.sleeping).toBe(0);
  });
});

describe('a poison record is parked with its reason', () => {
  const nested = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  const event = requested(1);
  test.each<[string, unknown, PoisonCode]>([
    ['not JSON', Buffer.from('hello'), 'not-json'],
    ['nothing at all', Buffer.alloc(0), 'not-json'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'not-utf8'],
    ['10,000 levels deep', Buffer.from(nested), 'too-deep'],
    ['too large', { ...event, pad: 'x'.repeat(70_000) }, 'too-large'],
    ['a number', 1, 'invalid-event'],
    ['null', null, 'invalid-event'],
    ['no type', { ...event, type: undefined }, 'invalid-event'],
    ['a type without version', { ...event, type: 'user.create.requested' }, 'unexpected-type'],
    ['an unknown version', { ...event, type: 'user.create.requested.v2' }, 'unsupported-version'],
    ['another type', { ...event, type: 'user.approve.requested.v1' }, 'unexpected-type'],
    ['no data', { ...event, data: undefined }, 'invalid-event'],
    ['a subject that is no id', { ...event, subject: '../etc' }, 'invalid-event'],
    ['no traceparent', { ...event, traceparent: undefined }, 'invalid-event'],
    ['a bad e-mail', requested(1, 'nobody'), 'invalid-event'],
  ])('%s', async (_, data, code) => {
    const { unprocessed, parked } = await consume({ records: [record(data, 7, 'key')] });
    expect(unprocessed).toEqual([]);
    expect(parked).toEqual([{ sequenceNumber: String(7).padStart(56, '0'), code }]);
  });

  test('unknown extra fields are no poison', async () => {
    const extended = { ...event, dataschema: 'x', data: { ...event.data, more: 1 } };
    expect((await consume({ records: [record(extended, 0)] })).parked).toEqual([]);
  });
});
