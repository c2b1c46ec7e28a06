import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backOffMs } from '../../local/lambda/event-source-mapping/back-off.ts';
import { type Batch, cutExpired, nextBatch } from '../../local/lambda/event-source-mapping/batch.ts';
import { readBatchItemFailures } from '../../local/lambda/event-source-mapping/batch-item-failures.ts';
import { DEFAULT_OPTIONS } from '../../local/lambda/event-source-mapping/configuration.ts';
import { decide, outcomeOf, type RetryPolicy } from '../../local/lambda/event-source-mapping/decision.ts';
import { type EventRecord, eventJson, recordJson } from '../../local/lambda/event-source-mapping/event.ts';
import { failureRecord, failureRecordKey } from '../../local/lambda/event-source-mapping/failure-record.ts';
import { laneOf } from '../../local/lambda/event-source-mapping/lane-of.ts';
import { shardsToStart } from '../../local/lambda/event-source-mapping/shards-to-start.ts';
import { sequence } from '../helpers/mapping-world.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

function eventRecord(n: number, fields: Partial<EventRecord> = {}): EventRecord {
  return {
    sequenceNumber: sequence(n),
    previousSequenceNumber: undefined,
    position: n,
    partitionKey: `key-${n}`,
    arrivedAtMs: NOW_MS,
    json: '{}',
    jsonBytes: 2,
    ...fields,
  };
}

function batchOf(length: number, failedAttempts = 0): Batch {
  return { records: Array.from({ length }, (_, n) => eventRecord(n)), failedAttempts };
}

function isOnFirstOf50Shards(key: string): boolean {
  return createHash('md5').update(key).digest().readUInt32BE(0) < 2 ** 32 / 50;
}

/** The records' numbers, for expectations that can be read. */
const numbers = (records: readonly EventRecord[]) => records.map(({ position }) => position);

describe('what a function answers', () => {
  const inBatch = [sequence(1), sequence(2), sequence(3)];
  const read = (response: unknown) => readBatchItemFailures(JSON.stringify(response), inBatch);

  test.each([[''], [[]], [null], [{}], [{ batchItemFailures: [] }], [{ batchItemFailures: null }]])(
    '%j is full success',
    (response) => {
      expect(read(response)).toEqual({ kind: 'none' });
    },
  );

  test.each([
    [{ batchItemFailures: [{ itemIdentifier: '' }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ foo: 123 }] }],
    [{ batchItemFailures: [{ foo: null }] }],
    [{ batchItemFailures: [{ itemIdentifier: 123 }] }],
    [{ batchItemFailures: [{ itemIdentifier: sequence(4) }] }],
    [{ batchItemFailures: [{ itemIdentifier: sequence(2) }, { itemIdentifier: '' }] }],
    [{ batchItemFailures: [null] }],
    [{ batchItemFailures: 'all' }],
    ['done'],
    [[1]],
    [7],
  ])('%j fails the whole batch', (response) => {
    expect(read(response)).toEqual({ kind: 'malformed' });
  });

  test('an answer that is not JSON fails the whole batch', () => {
    expect(readBatchItemFailures('{', inBatch)).toEqual({ kind: 'malformed' });
  });

  test('of several failures the lowest sequence number is the checkpoint', () => {
    const batchItemFailures = [{ itemIdentifier: sequence(3) }, { itemIdentifier: sequence(2) }];
    expect(read({ batchItemFailures })).toEqual({ kind: 'from', index: 1 });
  });

  test('without ReportBatchItemFailures any value is success and an error is a failure', () => {
    const payload = JSON.stringify({ batchItemFailures: [{ itemIdentifier: sequence(0) }] });
    expect(outcomeOf({ requestId: 'r', payload }, batchOf(2), false)).toEqual({ kind: 'succeeded' });
    const failed = { kind: 'failed', failure: 'FunctionError', fromIndex: 0 };
    expect(outcomeOf({ requestId: 'r', payload, functionError: 'Unhandled' }, batchOf(2), false)).toEqual(
      failed,
    );
    expect(outcomeOf({ requestId: 'r', payload, functionError: 'Unhandled' }, batchOf(2), true)).toEqual(
      failed,
    );
  });
});

describe('what becomes of a batch', () => {
  const policy: RetryPolicy = {
    maximumRetryAttempts: 3,
    bisectBatchOnFunctionError: false,
    halveOnRepeatedPartialFailure: false,
  };
  const bisect: RetryPolicy = { ...policy, bisectBatchOnFunctionError: true };
  const error = { kind: 'failed', failure: 'FunctionError', fromIndex: 0 } as const;
  const malformed = { kind: 'failed', failure: 'MalformedBatchItemFailures', fromIndex: 0 } as const;
  const partial = (fromIndex: number) =>
    ({ kind: 'failed', failure: 'BatchItemFailures', fromIndex }) as const;
  const decided = (batch: Batch, outcome: Parameters<typeof decide>[1], by = policy) => {
    const decision = decide(batch, outcome, by);
    if (decision.kind === 'give-up') return decision;
    return {
      settled: numbers(decision.settled),
      retry: decision.retry.map(({ records, failedAttempts }) => ({
        records: numbers(records),
        failedAttempts,
      })),
    };
  };

  test('success settles all of it', () => {
    expect(decided(batchOf(3, 2), { kind: 'succeeded' })).toEqual({ settled: [0, 1, 2], retry: [] });
  });

  test('an error is retried as it was, an attempt the poorer', () => {
    expect(decided(batchOf(2, 2), error)).toEqual({
      settled: [],
      retry: [{ records: [0, 1], failedAttempts: 3 }],
    });
  });

  test.each([
    [0, 1],
    [1, 2],
    [3, 4],
  ])('with %i retries it is given up after %i invocations', (maximumRetryAttempts, invokeCount) => {
    const by = { ...policy, maximumRetryAttempts };
    expect(decided(batchOf(2, invokeCount - 1), error, by)).toEqual({ kind: 'give-up', invokeCount });
    if (invokeCount > 1) expect(decided(batchOf(2, invokeCount - 2), error, by)).toHaveProperty('retry');
  });

  test('with -1 retries it is never given up', () => {
    const by = { ...policy, maximumRetryAttempts: -1 };
    expect(decided(batchOf(1, 10_000), error, by)).toMatchObject({ retry: [{ failedAttempts: 10_001 }] });
  });

  test('a partial response moves the checkpoint and gives the rest a fresh budget', () => {
    const rest = { settled: [0, 1], retry: [{ records: [2, 3], failedAttempts: 0 }] };
    expect(decided(batchOf(4, 3), partial(2))).toEqual(rest);
    expect(decided(batchOf(4, 3), partial(2), bisect)).toEqual(rest);
  });

  test('a partial response at the first record moves nothing and costs an attempt', () => {
    const same = { settled: [], retry: [{ records: [0, 1, 2], failedAttempts: 1 }] };
    expect(decided(batchOf(3), partial(0))).toEqual(same);
    expect(decided(batchOf(3), partial(0), bisect)).toEqual(same);
    expect(decided(batchOf(3, 3), partial(0), bisect)).toEqual({ kind: 'give-up', invokeCount: 4 });
  });

  test('as an option such a batch is halved when it may be bisected', () => {
    const halved = {
      settled: [],
      retry: [
        { records: [0], failedAttempts: 1 },
        { records: [1, 2], failedAttempts: 1 },
      ],
    };
    expect(decided(batchOf(3, 1), partial(0), { ...bisect, halveOnRepeatedPartialFailure: true })).toEqual(
      halved,
    );
  });

  test.each([[error], [malformed]])(
    'bisect splits on %j, left half the smaller, first half first',
    (outcome) => {
      expect(decided(batchOf(5, 2), outcome, bisect)).toEqual({
        settled: [],
        retry: [
          { records: [0, 1], failedAttempts: 2 },
          { records: [2, 3, 4], failedAttempts: 2 },
        ],
      });
    },
  );

  test('bisect splits even when there are no retries, and gives a single record up', () => {
    const by = { ...bisect, maximumRetryAttempts: 0 };
    expect(decided(batchOf(2), error, by)).toMatchObject({
      retry: [{ failedAttempts: 0 }, { failedAttempts: 0 }],
    });
    expect(decided(batchOf(1), error, by)).toEqual({ kind: 'give-up', invokeCount: 1 });
  });
});

describe('how a batch is made up', () => {
  test('by number: up to the batch size', () => {
    const queue = batchOf(5).records;
    expect(nextBatch(queue, 3)).toEqual({ length: 3, full: true });
    expect(nextBatch(queue, 5)).toEqual({ length: 5, full: true });
    expect(nextBatch(queue, 6)).toEqual({ length: 5, full: false });
    expect(nextBatch([], 6)).toEqual({ length: 0, full: false });
  });

  // {"Records":[…,…]} is 14 bytes and a comma around two records.
  test.each([
    [6_291_441, 2, true],
    [6_291_440, 2, false],
    [6_291_442, 1, true],
  ])('by bytes: two records of %i bytes together', (bytes, length, full) => {
    const queue = [
      eventRecord(0, { jsonBytes: 1_000_000 }),
      eventRecord(1, { jsonBytes: bytes - 1_000_000 }),
    ];
    expect(nextBatch(queue, 100)).toEqual({ length, full });
  });

  test('a record too large for any payload is a batch of its own', () => {
    const queue = [eventRecord(0, { jsonBytes: 7_000_000 }), eventRecord(1)];
    expect(nextBatch(queue, 100)).toEqual({ length: 1, full: true });
  });

  test('only what is expired at the front is cut off, and the rest has a fresh budget', () => {
    const aged = (n: number, ageS: number) => eventRecord(n, { arrivedAtMs: NOW_MS - ageS * 1_000 });
    const batch = { records: [aged(0, 99), aged(1, 61), aged(2, 60), aged(3, 99)], failedAttempts: 2 };
    const { expired, rest } = cutExpired(batch, NOW_MS, 60);
    expect(numbers(expired)).toEqual([0, 1]);
    expect({ ...rest, records: numbers(rest.records) }).toEqual({ records: [2, 3], failedAttempts: 0 });
    expect(cutExpired(batch, NOW_MS, -1)).toEqual({ expired: [], rest: batch });
    expect(numbers(cutExpired(batch, NOW_MS + 99_000, 60).expired)).toEqual([0, 1, 2, 3]);
  });
});

test('the event is the one that Lambda makes', () => {
  const record = {
    SequenceNumber: '49590338271490256608559692538361571095921575989136588898',
    PartitionKey: '1',
    Data: 'SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==',
    ApproximateArrivalTimestamp: 1545084650.987,
  };
  const json = recordJson(record, {
    shardId: 'shardId-000000000006',
    roleArn: 'arn:aws:iam::123456789012:role/lambda-role',
    region: 'us-east-2',
    eventSourceArn: 'arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream',
  });
  const expected =
    '{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"1",' +
    '"sequenceNumber":"49590338271490256608559692538361571095921575989136588898",' +
    '"data":"SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==","approximateArrivalTimestamp":1545084650.987},' +
    '"eventSource":"aws:kinesis","eventVersion":"1.0",' +
    '"eventID":"shardId-000000000006:49590338271490256608559692538361571095921575989136588898",' +
    '"eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/lambda-role",' +
    '"awsRegion":"us-east-2","eventSourceARN":"arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream"}';
  expect(json).toBe(expected);
  expect(eventJson([eventRecord(0, { json }), eventRecord(1, { json: '{}' })])).toBe(
    `{"Records":[${expected},{}]}`,
  );
});

describe('a failure record', () => {
  const from = {
    mappingUuid: '6f1f0d2c-0000-4000-8000-000000000000',
    functionArn: 'arn:aws:lambda:us-east-2:123456789012:function:myfunction',
    streamArn: 'arn:aws:kinesis:us-east-2:123456789012:stream/mystream',
    shardId: 'shardId-000000000001',
  };
  const discarded = {
    condition: 'RetryAttemptsExhausted',
    records: [
      eventRecord(1, { arrivedAtMs: Date.parse('2019-11-14T00:38:04.835Z') }),
      eventRecord(2, { arrivedAtMs: Date.parse('2019-11-14T00:38:05.580Z') }),
    ],
    invokeCount: 2,
    requestId: '316aa6d0-8154-xmpl-9af7-85d5f4a6bc81',
    atMs: Date.parse('2019-11-14T00:38:06.021Z'),
  } as const;
  const batchInfo =
    '"version":"1.0","timestamp":"2019-11-14T00:38:06.021Z",' +
    `"KinesisBatchInfo":{"shardId":"shardId-000000000001","startSequenceNumber":"${sequence(1)}",` +
    `"endSequenceNumber":"${sequence(2)}","approximateArrivalOfFirstRecord":"2019-11-14T00:38:04.835Z",` +
    '"approximateArrivalOfLastRecord":"2019-11-14T00:38:05.580Z","batchSize":2,' +
    '"streamArn":"arn:aws:kinesis:us-east-2:123456789012:stream/mystream"}}';

  test('of exhausted retries says how the function answered', () => {
    const response = { executedVersion: '$LATEST', functionError: 'Unhandled' };
    expect(JSON.stringify(failureRecord({ ...discarded, response }, from))).toBe(
      '{"requestContext":{"requestId":"316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",' +
        '"functionArn":"arn:aws:lambda:us-east-2:123456789012:function:myfunction",' +
        '"condition":"RetryAttemptsExhausted","approximateInvokeCount":2},' +
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},' +
        batchInfo,
    );
  });

  test('of expired records has no responseContext', () => {
    const expired = { ...discarded, condition: 'RecordAgeExceeded', invokeCount: 1 } as const;
    expect(JSON.stringify(failureRecord(expired, from))).toBe(
      '{"requestContext":{"requestId":"316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",' +
        '"functionArn":"arn:aws:lambda:us-east-2:123456789012:function:myfunction",' +
        `"condition":"RecordAgeExceeded","approximateInvokeCount":1},${batchInfo}`,
    );
  });

  test('has a key of mapping, shard and second', () => {
    expect(failureRecordKey(from, Date.UTC(2026, 2, 9, 7, 5, 3, 999), 'some-uuid')).toBe(
      'aws/lambda/6f1f0d2c-0000-4000-8000-000000000000/shardId-000000000001/2026/03/09/2026-03-09T07.05.03-some-uuid',
    );
  });
});

describe('back-off', () => {
  test('grows from half a second by half of itself, up to a minute', () => {
    const schedule = [1, 2, 3, 12, 13, 1_000].map((n) => backOffMs(DEFAULT_OPTIONS.backOff, n, () => 0.5));
    expect(schedule.map(Math.round)).toEqual([500, 750, 1_125, 43_249, 60_000, 60_000]);
  });

  test('is spread by half of itself either way', () => {
    expect(backOffMs(DEFAULT_OPTIONS.backOff, 2, () => 0)).toBe(375);
    expect(backOffMs(DEFAULT_OPTIONS.backOff, 2, () => 0.999)).toBeCloseTo(1_124.25);
  });
});

describe('lanes', () => {
  test('one key is always in one lane, and one lane takes all', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 10 }), (key, lanes) => {
        const lane = laneOf(key, lanes);
        expect(lane).toBe(laneOf(key, lanes));
        expect(lane).toBeGreaterThanOrEqual(0);
        expect(lane).toBeLessThan(lanes);
      }),
    );
  });

  test('the keys of one shard are spread over all lanes, though they share the high end of their MD5', () => {
    const keys = Array.from({ length: 50_000 }, (_, n) => `key-${n}`);
    const counts = Array.from({ length: 10 }, () => 0);
    for (const key of keys.filter(isOnFirstOf50Shards))
      counts[laneOf(key, 10)] = (counts[laneOf(key, 10)] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(Math.max(...counts)).toBeLessThan(140);
  });
});

describe('which shards are due', () => {
  const shard = (shardId: string, ...parentShardIds: string[]) => ({ shardId, parentShardIds, open: true });
  const due = (shards: Parameters<typeof shardsToStart>[0], begun: string[], drained: string[]) =>
    shardsToStart(
      shards,
      (id) => begun.includes(id) || drained.includes(id),
      (id) => drained.includes(id),
    ).map(({ shardId }) => shardId);

  test('a child waits for its parent, a merged child for both', () => {
    const shards = [shard('a'), shard('b'), shard('a1', 'a'), shard('ab', 'a', 'b')];
    expect(due(shards, [], [])).toEqual(['a', 'b']);
    expect(due(shards, ['a', 'b'], [])).toEqual([]);
    expect(due(shards, ['b'], ['a'])).toEqual(['a1']);
    expect(due(shards, ['a1'], ['a', 'b'])).toEqual(['ab']);
  });

  test('a parent that is no longer listed holds nobody up', () => {
    expect(due([shard('a1', 'a'), shard('ab', 'a', 'b'), shard('b')], [], [])).toEqual(['a1', 'b']);
  });
});
