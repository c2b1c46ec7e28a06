/** The pipeline as a user meets it: real HTTP, the functions' own zips, every stream, in both kinds of isolation. */
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../functions/operation-service/openapi.ts';
import type { Isolation } from '../../local/lambda/lambda.ts';
import { type Answer, ApiClient } from '../helpers/api-client.ts';
import { type OwnerClients, ownerClients } from '../helpers/aws-clients.ts';
import { startTestCloud, type TestCloud, until, useStack } from '../helpers/cloud.ts';
import { requested } from '../helpers/records.ts';

const STEPS = ['operation-create', 'user-create', 'user-approve', 'user-create-response', 'operation-update'];

const stack = useStack();

describe.each<Isolation>(['function', 'environment'])('with isolation by %s', (isolation) => {
  let local: TestCloud;
  let api: ApiClient;
  let aws: OwnerClients;
  beforeAll(async () => {
    local = await startTestCloud({ stack: stack.path, isolation });
    api = new ApiClient(local.cloud.urls.api);
    aws = ownerClients(local.cloud.urls.aws);
  }, 60_000);
  afterAll(async () => {
    aws.destroy();
    await local.stop();
  });

  const claimOf = async (email: string) =>
    (await aws.scan('shardbound-users')).find(({ pk }) => pk === `email#${email}`);
  const countItems = async () => [
    (await aws.scan('shardbound-operations')).length,
    (await aws.scan('shardbound-users')).length,
  ];

  test('a user is created: 202, then completed with the user and a timeline of five steps', async () => {
    const accepted = await api.post({ name: 'Ada Lovelace', email: 'Ada@Example.com' });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('retry-after')).toBe('1');
    expect(accepted.headers.get('location')).toBe(`/operations/${accepted.body['id']}`);
    expect(accepted.body['status']).toBe('pending');
    expectContract('/users', 'post', accepted);

    const pending = await api.request(`/operations/${accepted.body['id']}`);
    expectContract('/operations/{id}', 'get', pending);
    const operation = await api.settled(String(accepted.body['id']));
    expect(operation).toMatchObject({
      status: 'completed',
      result: { user: { name: 'Ada Lovelace', email: 'Ada@Example.com', status: 'active' } },
    });
    expect(operation.timeline.map(({ step }) => step)).toEqual(STEPS);
    const times = operation.timeline.map(({ at }) => at);
    expect([...times].sort()).toEqual(times);
    const settled = await api.request(`/operations/${accepted.body['id']}`);
    expect(settled.headers.get('retry-after')).toBeNull();
    expectContract('/operations/{id}', 'get', settled);
  });

  test('the same e-mail 20 times at once: 20 accepted, one completed, 19 failed with the reason', async () => {
    const spellings = ['grace@example.com', 'GRACE@example.com', ' grace@EXAMPLE.com '];
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => api.accepted(spellings[n % 3] ?? '')));
    const operations = await Promise.all(ids.map((id) => api.settled(id)));
    const failed = operations.filter(({ status }) => status === 'failed');
    expect(failed).toHaveLength(19);
    for (const { error } of failed) expect(error?.type).toBe('urn:problem-type:shardbound:email-taken');
    const users = (await aws.scan('shardbound-users')).filter(
      (row) => row['emailNormalised'] === 'grace@example.com',
    );
    expect(users.filter(({ status }) => status === 'active')).toHaveLength(1);
    expect(users.filter(({ status }) => status === 'rejected')).toHaveLength(19);
  });

  test('the same Idempotency-Key 20 times at once: one id; with another body: 422', async () => {
    const headers = { 'idempotency-key': '"a key"'.replace(' ', '-') };
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => api.accepted('alan@example.com', headers)),
    );
    expect(new Set(ids).size).toBe(1);
    const other = await api.post(
      { name: 'Somebody Else', email: 'alan@example.com' },
      { 'idempotency-key': 'a-key' },
    );
    expect(other.status).toBe(422);
    expectContract('/users', 'post', other);
    expect((await api.settled(ids[0] ?? '')).status).toBe('completed');
    expect(await api.accepted('alan@example.com', headers)).toBe(ids[0]);
  });

  test('a denied domain: the operation fails with the reason, and the e-mail is free again', async () => {
    const operation = await api.settled(await api.accepted('eve@denied.example'));
    expect(operation.error?.type).toBe('urn:problem-type:shardbound:email-domain-denied');
    expect(operation).not.toHaveProperty('result');
    expect(await claimOf('eve@denied.example')).toBeUndefined();
  });

  test('poison among good records: the good settle, the poison ends in the failure bucket with payload and reason', async () => {
    const poison: readonly (readonly [Buffer, string])[] = [
      [Buffer.from('not JSON'), 'not-json'],
      [Buffer.from(JSON.stringify({ ...requested(0), data: { user: 1 } })), 'invalid-event'],
      [
        Buffer.from(JSON.stringify({ ...requested(0), type: 'user.create.requested.v9' })),
        'unsupported-version',
      ],
    ];
    const ids: string[] = [];
    for (let n = 0; n < 100; n += 1) {
      ids.push(await api.accepted(`neighbour-${n}@example.com`));
      const [bytes] = poison[n / 25 - 1] ?? [];
      if (bytes) {
        await aws.kinesis.send(
          new PutRecordCommand({
            StreamName: 'shardbound-user-create',
            Data: bytes,
            PartitionKey: `poison-${n}`,
          }),
        );
      }
    }
    const operations = await Promise.all(ids.map((id) => api.settled(id)));
    expect(operations.filter(({ status }) => status === 'completed')).toHaveLength(100);
    const [bucket] = local.cloud.stack.buckets;
    const parked = await until('three parked records', async () => {
      const objects = await aws.objects(bucket?.name ?? '');
      return objects.size >= 3 && objects;
    });
    const found = [...parked].map(([key, { reason, data }]) => {
      expect(key).toMatch(/^parked\/user-create\/shardId-\d{12}\/\d+\.json$/);
      return [(reason as { code: string }).code, Buffer.from(String(data), 'base64').toString()];
    });
    expect(found.sort()).toEqual(poison.map(([bytes, code]) => [code, bytes.toString()]).sort());
  }, 60_000);

  describe('bad input is refused by name, stores nothing and is never a 5xx', () => {
    const good = { name: 'Ada', email: 'bad-input@example.com' };
    const json = { 'content-type': 'application/json' };
    test.each<[string, RequestInit, number]>([
      ['empty', { body: '', headers: json }, 400],
      ['not JSON', { body: '{"name"', headers: json }, 400],
      ['wrong types', { body: '{"name":1,"email":[]}', headers: json }, 400],
      ['unknown keys', { body: JSON.stringify({ ...good, admin: true }), headers: json }, 400],
      ['1 MB', { body: JSON.stringify({ ...good, name: 'x'.repeat(1_000_000) }), headers: json }, 413],
      ['10,000 levels', { body: '['.repeat(10_000), headers: json }, 413],
      ['1,000 levels', { body: '['.repeat(1_000), headers: json }, 400],
      [
        '__proto__',
        { body: '{"name":"Ada","email":"a@b.co","__proto__":{"admin":true}}', headers: json },
        400,
      ],
      ['a lone surrogate', { body: '{"name":"\\ud800","email":"a@b.co"}', headers: json }, 400],
      [
        'a key of 256 characters',
        { body: JSON.stringify(good), headers: { ...json, 'idempotency-key': 'k'.repeat(256) } },
        400,
      ],
      ['no content type', { body: new Uint8Array(Buffer.from(JSON.stringify(good))) }, 415],
    ])('%s', async (_, init, status) => {
      const before = await countItems();
      const answer = await api.request('/users', { method: 'POST', ...init });
      expect(answer.status).toBe(status);
      expectContract('/users', 'post', answer);
      expect(await countItems()).toEqual(before);
    });

    test('malformed and path-traversing ids get the same 404 as an unknown one, without a call to the table', async () => {
      const unknown = await api.request('/operations/01970000-0000-7000-8000-000000000000');
      expect(unknown.status).toBe(404);
      expectContract('/operations/{id}', 'get', unknown);
      const reads = await readsOfOperationGet(local);
      for (const id of [
        'x',
        '..%2F..%2Fetc%2Fpasswd',
        '%00',
        'a'.repeat(2_000),
        '%F0%9F%98%80',
        "'%20OR%201=1",
      ]) {
        const answer = await api.request(`/operations/${id}`);
        expect([answer.status, answer.text]).toEqual([404, unknown.text]);
      }
      expect(await readsOfOperationGet(local)).toBe(reads);
    });
  });

  test('nothing personal is logged, whatever went wrong', () => {
    expect(local.lines.length).toBeGreaterThan(0);
    for (const line of local.lines) expect(line).not.toMatch(/@(example|denied)|Lovelace|neighbour-/i);
  });

  /** Every answer of our functions must fit the OpenAPI document: status, media type, body. */
  function expectContract(path: '/users' | '/operations/{id}', method: 'get' | 'post', answer: Answer): void {
    const document = openApiDocument() as unknown as OpenApi;
    const mediaType = answer.headers.get('content-type') ?? '';
    const schema = document.paths[path]?.[method]?.responses[answer.status]?.content[mediaType]?.schema;
    expect([answer.status, mediaType, schema !== undefined]).toEqual([answer.status, mediaType, true]);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const validate = ajv.compile({ ...schema, components: document.components });
    validate(answer.body);
    expect(validate.errors).toBeNull();
  }
});

interface OpenApi {
  readonly components: object;
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { content: Record<string, { schema: object }> }> }>
  >;
}

async function readsOfOperationGet({ cloud }: TestCloud): Promise<number> {
  const metric = await cloud.metrics.registry.getSingleMetric('shardbound_aws_calls_total')?.get();
  return metric?.values.find(({ labels }) => labels['operation'] === 'GetItem')?.value ?? 0;
}
