/**
 * The six functions on real AWS clients over HTTP to the local endpoint, delivered to by hand: a test decides what is
 * delivered when, how often, and after which call a function dies.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { PoisonRecordError } from '@shardbound/runtime/errors';
import type { HttpAnswer } from '@shardbound/runtime/http';
import { newOperationId } from '@shardbound/runtime/ids';
import type { StreamHandler } from '@shardbound/runtime/stream-consumer';
import { createStreamPublisher } from '@shardbound/runtime/stream-publisher';
import type { KinesisStreamRecord } from 'aws-lambda';
import * as userApprove from '../../functions/approval-service/user-approve.ts';
import * as operationCreate from '../../functions/operation-service/operation-create.ts';
import * as operationGet from '../../functions/operation-service/operation-get.ts';
import * as operationUpdate from '../../functions/operation-service/operation-update.ts';
import { createOperationsTable } from '../../functions/operation-service/operations-table.ts';
import * as userCreate from '../../functions/user-service/user-create.ts';
import * as userCreateResponse from '../../functions/user-service/user-create-response.ts';
import { createUsersTable } from '../../functions/user-service/users-table.ts';
import { systemClock } from '../../local/clock.ts';
import { DynamoDb } from '../../local/dynamodb/dynamodb.ts';
import { Gateway } from '../../local/gateway/gateway.ts';
import { Identities, OWNER } from '../../local/gateway/identities.ts';
import { Kinesis } from '../../local/kinesis/kinesis.ts';
import { httpRequest } from './http-request.ts';
import { batchOf, contextOf } from './records.ts';
import type { VirtualClock } from './virtual-clock.ts';

export const STREAM_OF = {
  'user-create': 'user-create',
  'user-approve': 'user-approve',
  'user-create-response': 'user-approve-response',
  'operation-update': 'user-create-response',
} as const;
export type StreamFunctionName = keyof typeof STREAM_OF;
export const STREAM_FUNCTIONS = Object.keys(STREAM_OF) as StreamFunctionName[];

const REGION = 'eu-central-1';
const DENIED_DOMAIN = 'denied.example';

/** A function that dies: the call numbered `afterCall` is executed, and nothing after it. */
export interface Crash {
  readonly afterCall: number;
}

interface Sender {
  send(command: never): Promise<unknown>;
}

interface Row extends Record<string, unknown> {
  readonly pk: string;
  readonly status?: string;
}

export class Pipeline {
  readonly gateway: Gateway;
  readonly clock: VirtualClock;
  readonly parked: { readonly sequenceNumber: string; readonly code: string }[] = [];
  readonly #kinesis: Kinesis;
  readonly #dynamodb: DynamoDb;
  readonly #lastRead = new Map<string, string>();
  #kinesisNowMs = Date.UTC(2026, 0, 1);
  #document: DynamoDBDocumentClient | undefined;
  #stream: KinesisClient | undefined;

  constructor(clock: VirtualClock) {
    this.clock = clock;
    this.#kinesis = new Kinesis({
      clock: { ...systemClock, now: () => this.#kinesisNowMs },
      region: REGION,
    });
    this.#dynamodb = new DynamoDb({ region: REGION });
    this.gateway = new Gateway({
      services: [this.#kinesis, this.#dynamodb],
      identities: new Identities(),
      clock: systemClock,
      observer: { called: () => {} },
      log: () => {},
    });
  }

  async start(): Promise<void> {
    for (const name of ['operations', 'users']) {
      await this.#dynamodb.createTable({ name, hashKey: 'pk', attributes: { pk: 'S' } });
    }
    for (const name of Object.values(STREAM_OF)) {
      const arn = `arn:aws:kinesis:${REGION}:000000000000:stream/${name}`;
      this.#kinesis.createStream({ name, arn, shardCount: 1, retentionHours: 24 });
    }
    const settings = {
      region: REGION,
      endpoint: `http://127.0.0.1:${await this.gateway.listen(0)}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    this.#document = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
    this.#stream = new KinesisClient(settings);
  }

  async stop(): Promise<void> {
    this.#document?.destroy();
    this.#stream?.destroy();
    await this.gateway.close();
  }

  /** POST /users; the answer, or undefined if the function died. */
  async post(
    body: object,
    headers: Record<string, string> = {},
    crash?: Crash,
  ): Promise<HttpAnswer | undefined> {
    const { document, stream, died } = this.#clients(crash);
    const handler = operationCreate.createHandler({
      operations: createOperationsTable({ client: document, tableName: 'operations' }),
      publisher: createStreamPublisher({ client: stream, clock: this.clock }),
      streamName: 'user-create',
      newId: newOperationId,
      clock: this.clock,
    });
    const request = httpRequest('POST /users', {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return Promise.race([
      handler(
        request,
        contextOf(() => this.clock.now()),
      ),
      died,
    ]);
  }

  /** POST /users that must be accepted; resolves to the operation's id. */
  async accepted(email: string, headers: Record<string, string> = {}): Promise<string> {
    const answer = await this.post({ name: 'Ada', email }, headers);
    if (answer?.statusCode !== 202) throw new Error(`not accepted: ${answer?.statusCode} ${answer?.body}`);
    return (JSON.parse(answer.body ?? '') as { id: string }).id;
  }

  async get(id: string): Promise<{ status: number; operation: Record<string, unknown> }> {
    const { document } = this.#clients();
    const handler = operationGet.createHandler({
      operations: createOperationsTable({ client: document, tableName: 'operations' }),
      clock: this.clock,
    });
    const request = httpRequest('GET /operations/{id}', { pathParameters: { id } });
    const answer = await handler(
      request,
      contextOf(() => this.clock.now()),
    );
    return {
      status: answer.statusCode ?? 0,
      operation: JSON.parse(answer.body ?? '{}') as Record<string, unknown>,
    };
  }

  /** The records that came on a function's stream since this was last asked. */
  async arrived(functionName: StreamFunctionName): Promise<KinesisStreamRecord[]> {
    const stream = STREAM_OF[functionName];
    // So that no read is ever over a shard's five a second.
    this.#kinesisNowMs += 1_000;
    const last = this.#lastRead.get(stream);
    const { ShardIterator } = (await this.#kinesis.execute('GetShardIterator', {
      StreamName: stream,
      ShardId: 'shardId-000000000000',
      ...(last === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: last }),
    })) as { ShardIterator: string };
    const { Records } = (await this.#kinesis.execute('GetRecords', { ShardIterator })) as {
      Records: {
        SequenceNumber: string;
        PartitionKey: string;
        Data: string;
        ApproximateArrivalTimestamp: number;
      }[];
    };
    const newest = Records.at(-1)?.SequenceNumber;
    if (newest !== undefined) this.#lastRead.set(stream, newest);
    return Records.map(({ SequenceNumber, PartitionKey, Data, ApproximateArrivalTimestamp }) => ({
      eventID: `shardId-000000000000:${SequenceNumber}`,
      eventName: 'aws:kinesis:record',
      eventSource: 'aws:kinesis',
      eventSourceARN: `arn:aws:kinesis:${REGION}:000000000000:stream/${stream}`,
      eventVersion: '1.0',
      awsRegion: REGION,
      invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: PartitionKey,
        sequenceNumber: SequenceNumber,
        approximateArrivalTimestamp: ApproximateArrivalTimestamp,
        data: Data,
      },
    }));
  }

  /** Delivers a batch; the sequence numbers to deliver again, or undefined if the function died. */
  async deliver(
    functionName: StreamFunctionName,
    records: readonly KinesisStreamRecord[],
    crash?: Crash,
  ): Promise<readonly string[] | undefined> {
    const { document, stream, died } = this.#clients(crash);
    const handler = this.#handler(functionName, document, stream);
    const answer = await Promise.race([
      handler(
        batchOf(records),
        contextOf(() => this.clock.now()),
      ),
      died,
    ]);
    return answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  /** Delivers everything, once, until nothing arrives any more. */
  async drain(): Promise<void> {
    for (let quiet = false; !quiet; ) {
      quiet = true;
      for (const functionName of STREAM_FUNCTIONS) {
        const records = await this.arrived(functionName);
        if (records.length === 0) continue;
        quiet = false;
        const unprocessed = await this.deliver(functionName, records);
        if (unprocessed?.length !== 0) throw new Error(`${functionName} left ${unprocessed?.join()}`);
      }
    }
  }

  /** Puts an event straight on a function's stream, as an operator would. */
  async put(functionName: StreamFunctionName, event: { readonly subject: string }): Promise<void> {
    await this.gateway.call({
      service: 'kinesis',
      operation: 'PutRecord',
      principal: OWNER,
      input: {
        StreamName: STREAM_OF[functionName],
        PartitionKey: event.subject,
        Data: Buffer.from(JSON.stringify(event)).toString('base64'),
      },
    });
  }

  async rows(table: 'operations' | 'users'): Promise<Row[]> {
    const { Items = [] } = await this.#started().document.send(
      new ScanCommand({ TableName: table, ConsistentRead: true }),
    );
    return Items as Row[];
  }

  async row(table: 'operations' | 'users', pk: string): Promise<Row | undefined> {
    return (await this.rows(table)).find((row) => row.pk === pk);
  }

  #started(): { document: DynamoDBDocumentClient; stream: KinesisClient } {
    if (!this.#document || !this.#stream) throw new Error('start the pipeline first');
    return { document: this.#document, stream: this.#stream };
  }

  /** Clients as a function holds them; with a crash, their answers stop coming after that call. */
  #clients(crash?: Crash) {
    const { document, stream } = this.#started();
    const death = Promise.withResolvers<undefined>();
    let calls = 0;
    const dying = <Client extends Sender>(client: Client): Client =>
      ({
        send: async (command: never) => {
          if (crash && calls >= crash.afterCall) return new Promise(() => {});
          const answer = await client.send(command);
          calls += 1;
          if (calls !== crash?.afterCall) return answer;
          death.resolve(undefined);
          return new Promise(() => {});
        },
      }) as unknown as Client;
    return crash
      ? { document: dying(document), stream: dying(stream), died: death.promise }
      : { document, stream, died: new Promise<undefined>(() => {}) };
  }

  #handler(
    functionName: StreamFunctionName,
    document: DynamoDBDocumentClient,
    stream: KinesisClient,
  ): StreamHandler {
    const { clock } = this;
    const common = {
      publisher: createStreamPublisher({ client: stream, clock: this.clock }),
      park: async ({ kinesis: { sequenceNumber } }: KinesisStreamRecord, { code }: PoisonRecordError) => {
        this.parked.push({ sequenceNumber, code });
      },
      batchConcurrency: 10,
      clock,
    };
    const users = createUsersTable({ client: document, tableName: 'users' });
    switch (functionName) {
      case 'user-create':
        return userCreate.createHandler({
          ...common,
          users,
          streams: { approve: STREAM_OF['user-approve'], createResponse: STREAM_OF['operation-update'] },
        });
      case 'user-approve':
        return userApprove.createHandler({
          ...common,
          streamName: STREAM_OF['user-create-response'],
          deniedDomains: [DENIED_DOMAIN],
          delayMs: 0,
        });
      case 'user-create-response':
        return userCreateResponse.createHandler({
          ...common,
          users,
          streamName: STREAM_OF['operation-update'],
        });
      case 'operation-update':
        return operationUpdate.createHandler({
          ...common,
          operations: createOperationsTable({ client: document, tableName: 'operations' }),
        });
    }
  }
}
