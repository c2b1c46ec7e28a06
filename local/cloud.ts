/**
 * The local cloud: boots a stack from its Terraform JSON, and from nothing else. Starting is the list of steps in
 * `startCloud`; stopping is that list reversed.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Clock, systemClock } from './clock.ts';
import { ConsoleServer } from './console/console-server.ts';
import { DynamoDb } from './dynamodb/dynamodb.ts';
import { type CalledEvent, Gateway } from './gateway/gateway.ts';
import { Identities } from './gateway/identities.ts';
import { HttpApi } from './http-api/http-api.ts';
import { Kinesis } from './kinesis/kinesis.ts';
import type { MappingOptions } from './lambda/event-source-mapping/configuration.ts';
import { EventSourceMapping } from './lambda/event-source-mapping/mapping.ts';
import type { FunctionConfiguration, InvokeFunction, Isolation } from './lambda/lambda.ts';
import { LambdaFunctions } from './lambda/lambda-functions.ts';
import { FunctionLogs } from './logs.ts';
import { CloudMetrics } from './metrics.ts';
import { S3 } from './s3/s3.ts';
import { loadTerraform } from './terraform/load.ts';
import { describeStack, type StackDescription } from './terraform/stack.ts';
import { XRayDaemon } from './x-ray/daemon.ts';
import { Sampler } from './x-ray/sampler.ts';

export interface CloudOptions {
  /** The path of a cdk.tf.json; its zips lie beside it. */
  readonly stack: string;
  /** Terraform variables, as `-var` gives them. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where TF_VAR_ variables are looked for. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isolation: Isolation;
  /** 0 is any free port. */
  readonly ports: { readonly api: number; readonly console: number; readonly aws: number };
  /** Gets what the functions and the cloud have to say; EMF lines become metrics instead. */
  readonly log: (source: string, line: string) => void;
  readonly mapping?: Partial<MappingOptions>;
  readonly clock?: Clock;
  /** Is told of every AWS call, e.g. for a test of permissions. */
  readonly called?: (event: CalledEvent) => void;
}

/** How long a stop waits for invocations in flight. */
const STOP_LIMIT_MS = 3_000;

type Stop = () => unknown;

/** Boots the stack; resolves when everything answers. What was started by then is stopped again if a step fails. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const cloud = new Cloud(options);
  try {
    for (const step of cloud.steps) await step();
  } catch (error) {
    await cloud.stop();
    throw error;
  }
  return cloud;
}

export class Cloud {
  readonly stack: StackDescription;
  readonly kinesis: Kinesis;
  readonly dynamodb: DynamoDb;
  readonly s3: S3;
  readonly gateway: Gateway;
  readonly lambda: LambdaFunctions;
  readonly metrics: CloudMetrics;
  readonly logs: FunctionLogs;
  readonly traces: XRayDaemon;
  /** Where things answer, once started: `http://127.0.0.1:<port>`. */
  readonly urls = { api: '', console: '', aws: '' };
  readonly steps: readonly (() => Promise<void> | void)[];

  readonly #options: CloudOptions;
  readonly #clock: Clock;
  readonly #identities = new Identities();
  #mappings: readonly EventSourceMapping[] = [];
  #xRayAddress = '';
  #stops: Stop[] = [];

  constructor(options: CloudOptions) {
    const { variables, environment, isolation, log } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.stack = describeStack(loadTerraform(options.stack, { variables, environment }));
    const { region } = this.stack;
    this.kinesis = new Kinesis({ clock: this.#clock, region });
    this.dynamodb = new DynamoDb({ region });
    this.s3 = new S3({ clock: this.#clock });
    this.metrics = new CloudMetrics({ functions: () => this.functions(), shards: () => this.shards() });
    this.logs = new FunctionLogs(log);
    this.traces = new XRayDaemon((line) => log('x-ray', line));
    this.gateway = new Gateway({
      services: [this.kinesis, this.dynamodb, this.s3],
      identities: this.#identities,
      clock: this.#clock,
      observer: { called: (event) => this.#called(event) },
      log: (line) => log('gateway', line),
    });
    this.lambda = new LambdaFunctions({
      isolation,
      clock: this.#clock,
      observer: this.metrics.lambda,
      hostEnvironment: (configuration) => this.#hostEnvironment(configuration),
      log: (functionName, _requestId, line) => {
        if (!this.metrics.takeEmf(line)) this.logs.add(functionName, line);
      },
    });
    this.steps = [
      () => this.#makeTables(),
      () => this.#makeBuckets(),
      () => this.#makeStreams(),
      () => this.#makeRoles(),
      () => this.#openAwsEndpoint(),
      () => this.#startXRay(),
      () => this.#startFunctions(),
      () => this.#startMappings(),
      () => this.#openApi(),
      () => this.#openConsole(),
    ];
  }

  /** Stops what was started, last first. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
  }

  /** Each function with the most invocations its mappings can make at once; undefined for those no stream feeds. */
  functions(): { functionName: string; ceiling: number | undefined; lanesBusy: number }[] {
    return this.stack.functions.map(({ functionName }) => {
      const mappings = this.#mappings.filter(
        ({ configuration }) => configuration.functionName === functionName,
      );
      const snapshots = mappings.map((mapping) => mapping.snapshot());
      return {
        functionName,
        ceiling: mappings.length === 0 ? undefined : snapshots.reduce((sum, { ceiling }) => sum + ceiling, 0),
        lanesBusy: snapshots.reduce((sum, { lanesBusy }) => sum + lanesBusy, 0),
      };
    });
  }

  /** Each shard of each stream: what went in, and what lies after its consumer's checkpoint. */
  shards() {
    return this.kinesis.streams().flatMap((stream) => {
      const mapping = this.#mappings.find(({ configuration }) => configuration.eventSourceArn === stream.arn);
      const consumed = new Map(mapping?.snapshot().shards.map((shard) => [shard.shardId, shard]));
      return stream.shards.map((shard) => {
        const { recordsIn, bytesIn, writesThrottled } = shard.totals;
        const consumer = consumed.get(shard.shardId);
        return {
          streamName: stream.name,
          shardId: shard.shardId,
          recordsIn,
          bytesIn,
          writesThrottled,
          backlog: mapping && shard.backlogAfter(consumer?.checkpoint),
          iteratorAgeMs: consumer?.iteratorAgeMs,
        };
      });
    });
  }

  async #makeTables(): Promise<void> {
    for (const { name, hashKey, rangeKey, attributes, billing } of this.stack.tables) {
      await this.dynamodb.createTable({
        name,
        hashKey,
        ...(rangeKey === undefined ? {} : { rangeKey }),
        attributes: Object.fromEntries(attributes.map((attribute) => [attribute.name, attribute.type])),
        ...(billing.mode === 'PROVISIONED' ? { provisioned: billing } : {}),
      });
    }
  }

  #makeBuckets(): void {
    for (const { name } of this.stack.buckets) this.s3.createBucket(name);
  }

  #makeStreams(): void {
    for (const stream of this.stack.streams) this.kinesis.createStream(stream);
  }

  #makeRoles(): void {
    for (const { arn, policies } of this.stack.roles) {
      this.#identities.addRole(
        arn,
        Object.fromEntries(policies.map(({ name, document }) => [name, document])),
      );
    }
  }

  async #openAwsEndpoint(): Promise<void> {
    this.urls.aws = urlOf(await this.gateway.listen(this.#options.ports.aws));
    this.#started(() => this.gateway.close());
  }

  async #startXRay(): Promise<void> {
    this.#xRayAddress = await this.traces.listen();
    this.#started(() => this.traces.close());
  }

  /** One environment of each function is started ahead, so that what cannot start says so now. */
  async #startFunctions(): Promise<void> {
    this.#started(() => this.lambda.close());
    for (const configuration of this.stack.functions) this.lambda.register(configuration);
    await Promise.all(this.stack.functions.map(({ functionName }) => this.lambda.warm(functionName)));
  }

  #startMappings(): void {
    this.#mappings = this.stack.eventSourceMappings.map((mapping) => {
      const streamName = mapping.eventSourceArn.slice(mapping.eventSourceArn.lastIndexOf('/') + 1);
      return new EventSourceMapping(
        mapping,
        {
          clock: this.#clock,
          callAws: this.gateway.call,
          invoke: this.lambda.invoke,
          random: Math.random,
          uuid: randomUUID,
          observer: this.metrics.mapping(streamName, mapping.functionName),
          log: (line) => this.#options.log('lambda', line),
        },
        this.#options.mapping,
      );
    });
    for (const mapping of this.#mappings) mapping.start();
    this.#started(() => Promise.all(this.#mappings.map((mapping) => mapping.stop(STOP_LIMIT_MS))));
  }

  async #openApi(): Promise<void> {
    const sampler = new Sampler({
      clock: this.#clock,
      random: Math.random,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    });
    const invoke: InvokeFunction = (functionName, payload) =>
      this.lambda.invoke(functionName, payload, { traceHeader: sampler.traceHeader() });
    const [description] = this.stack.httpApis;
    if (!description) return;
    const api = new HttpApi(
      { ...description, region: this.stack.region },
      {
        invoke,
        clock: this.#clock,
        requestId: randomUUID,
        observer: this.metrics.api,
        log: (line) => this.#options.log('http-api', line),
      },
    );
    this.urls.api = urlOf(await api.listen(this.#options.ports.api));
    this.#started(() => api.close());
  }

  async #openConsole(): Promise<void> {
    const server = new ConsoleServer(this);
    this.urls.console = urlOf(await server.listen(this.#options.ports.console));
    this.#started(() => server.close());
  }

  #started(stop: Stop): void {
    this.#stops.unshift(stop);
  }

  #called(event: CalledEvent): void {
    this.metrics.awsCalled(event.service, event.operation, event.outcome);
    this.#options.called?.(event);
  }

  /** The endpoint is named by address, so that S3 stays path-style. */
  #hostEnvironment({ roleArn, functionName }: FunctionConfiguration): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.#identities.issue(roleArn, functionName);
    return {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL: this.urls.aws,
      AWS_XRAY_DAEMON_ADDRESS: this.#xRayAddress,
    };
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
