/** Least privilege, exact: what the functions' code calls in a run that takes every path equals what their policies grant. */
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from '@jest/globals';
import type { Cloud } from '../../local/cloud.ts';
import type { CalledEvent } from '../../local/gateway/gateway.ts';
import type { RoleDescription } from '../../local/terraform/stack.ts';
import { ApiClient } from '../helpers/api-client.ts';
import { type OwnerClients, ownerClients } from '../helpers/aws-clients.ts';
import { alteredStack, startTestCloud, type TerraformJson, until, useStack } from '../helpers/cloud.ts';

interface Statement {
  readonly Action: string[];
  readonly Resource: string;
}

const FUNCTIONS = [
  'operation-create',
  'operation-get',
  'operation-update',
  'user-approve',
  'user-create',
  'user-create-response',
];
const STREAMS = ['user-create', 'user-approve', 'user-approve-response', 'user-create-response'];
/** What polling a stream takes: the mapping's calls, made with the function's role. */
const POLLING = new Set(['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards']);

const stack = useStack();

describe('permissions', () => {
  test('the calls of each function equal the permissions granted to its code', async () => {
    const called: CalledEvent[] = [];
    const local = await startTestCloud({ stack: stack.path, called: (event) => called.push(event) });
    const aws = ownerClients(local.cloud.urls.aws);
    try {
      await takeEveryPath(new ApiClient(local.cloud.urls.api), aws, local.cloud);
      const roles = new Map(local.cloud.stack.roles.map((role) => [role.arn, role]));
      const used = new Map<string, Set<string>>(FUNCTIONS.map((name) => [name, new Set()]));
      for (const { principalArn, action, resourceArns, outcome } of called) {
        const role = roles.get(principalArn);
        if (!role || POLLING.has(action)) continue;
        expect(outcome).not.toBe('AccessDeniedException');
        for (const arn of resourceArns) used.get(functionOf(role.name))?.add(`${action} ${generalised(arn)}`);
      }
      for (const role of local.cloud.stack.roles) {
        const granted = statementsOf(role, '-code').flatMap(({ Action, Resource }) =>
          Action.map((action) => `${action} ${Resource}`),
        );
        const functionName = functionOf(role.name);
        expect([functionName, [...(used.get(functionName) ?? [])].sort()]).toEqual([
          functionName,
          granted.sort(),
        ]);
      }
    } finally {
      aws.destroy();
      await local.stop();
    }
  }, 60_000);

  test('without kinesis:PutRecord POST is a 503 whose cause the log names; given back, it works', async () => {
    const denied = await alteredStack(stack.path, 'denied', (json) =>
      withoutAction(json, 'operation-create-code', 'kinesis:PutRecord'),
    );
    const without = await startTestCloud({ stack: denied });
    try {
      const answer = await new ApiClient(without.cloud.urls.api).post({
        name: 'Ada',
        email: 'ada@example.com',
      });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.headers.get('location')).toMatch(/^\/operations\//);
      expect(answer.body['type']).toBe('urn:problem-type:shardbound:temporarily-unavailable');
      const line = await until('the log line', () =>
        without.lines.find((text) => text.includes('AccessDeniedException')),
      );
      expect(line).toContain('operation-create');
      expect(line).toContain('kinesis:PutRecord');
      expect(line).not.toContain('ada@example.com');
    } finally {
      await without.stop();
    }
    const again = await startTestCloud({ stack: stack.path });
    try {
      const api = new ApiClient(again.cloud.urls.api);
      expect((await api.settled(await api.accepted('ada@example.com'))).status).toBe('completed');
    } finally {
      await again.stop();
    }
  }, 60_000);

  test('a mapping whose role may not read its stream says so, and delivers nothing', async () => {
    const blind = await alteredStack(stack.path, 'blind', (json) =>
      withoutAction(json, 'user-create-platform', 'kinesis:GetRecords'),
    );
    const local = await startTestCloud({ stack: blind });
    try {
      const api = new ApiClient(local.cloud.urls.api);
      const id = await api.accepted('ada@example.com');
      await until('the mapping to complain', () =>
        local.lines.find((text) => /mapping .*AccessDenied/.test(text)),
      );
      expect((await api.operation(id)).status).toBe('pending');
    } finally {
      await local.stop();
    }
  }, 60_000);
});

/** An approval, a refusal, a rejection, a replay, an answer lost after each write, and a parked record on each stream. */
async function takeEveryPath(api: ApiClient, aws: OwnerClients, { gateway, stack: { buckets } }: Cloud) {
  const lose = (operation: string, key: string) =>
    gateway.faults.inject({
      service: 'dynamodb',
      operation,
      when: 'after',
      error: 'reset',
      times: 1,
      match: ({ input }) => JSON.stringify(input).includes(key),
    });
  lose('PutItem', 'operation#');
  lose('PutItem', 'user#');
  lose('UpdateItem', 'user#');
  lose('UpdateItem', 'operation#');
  const headers = { 'idempotency-key': 'k' };
  const first = await api.accepted('ada@example.com', headers);
  expect(await api.accepted('ada@example.com', headers)).toBe(first);
  expect((await api.settled(first)).status).toBe('completed');
  const refused = await api.accepted('ada@example.com');
  const rejected = await api.accepted('eve@denied.example');
  for (const name of STREAMS) {
    const StreamName = `shardbound-${name}`;
    await aws.kinesis.send(
      new PutRecordCommand({ StreamName, Data: Buffer.from('poison'), PartitionKey: 'p' }),
    );
  }
  expect((await api.settled(refused)).status).toBe('failed');
  expect((await api.settled(rejected)).status).toBe('failed');
  await until(
    'four parked records',
    async () => (await aws.objects(buckets[0]?.name ?? '', 'parked/')).size === 4,
  );
}

function statementsOf({ policies }: RoleDescription, suffix: string): Statement[] {
  const policy = policies.find(({ name }) => name.endsWith(suffix));
  return (policy?.document['Statement'] ?? []) as Statement[];
}

function functionOf(roleName: string): string {
  return roleName.replace(/^shardbound-/, '');
}

/** A parked object's ARN as the policy grants it: everything under the function's own prefix. */
function generalised(arn: string): string {
  return arn.replace(/(:::[^/]+\/parked\/[^/]+\/).+$/, '$1*');
}

function withoutAction(json: TerraformJson, policyName: string, action: string): void {
  const resource = json.resource['aws_iam_role_policy']?.[policyName];
  if (!resource) throw new Error(`no policy ${policyName}`);
  const document = JSON.parse(String(resource['policy'])) as { Statement: Statement[] };
  document.Statement = document.Statement.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((granted) => granted !== action),
  })).filter(({ Action }) => Action.length > 0);
  resource['policy'] = JSON.stringify(document);
}
