import type { Clock } from '../clock.ts';
import type { AwsService, Input } from '../gateway/call.ts';
import { Bucket, type Buckets } from './bucket.ts';
import { notImplemented } from './errors.ts';
import { text } from './input.ts';
import { deleteObject } from './operations/delete-object.ts';
import { getObject } from './operations/get-object.ts';
import { headBucket } from './operations/head-bucket.ts';
import { headObject } from './operations/head-object.ts';
import { listBuckets } from './operations/list-buckets.ts';
import { listObjectsV2 } from './operations/list-objects-v2.ts';
import { putObject } from './operations/put-object.ts';
import { s3Rest } from './s3-rest.ts';

/** An operation of S3: a function of the buckets, the input and the time. */
export type Operation = (buckets: Buckets, input: Input, nowMs: number) => unknown;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  DeleteObject: deleteObject,
  GetObject: getObject,
  HeadBucket: headBucket,
  HeadObject: headObject,
  ListBuckets: listBuckets,
  ListObjectsV2: listObjectsV2,
  PutObject: putObject,
};

/** Where IAM's action is not the operation's name ("Required permissions for Amazon S3 API operations"). */
const ACTIONS: Readonly<Record<string, string>> = {
  HeadBucket: 's3:ListBucket',
  HeadObject: 's3:GetObject',
  ListBuckets: 's3:ListAllMyBuckets',
  ListObjectsV2: 's3:ListBucket',
};

/** S3 as far as a failure destination and its readers need it, in memory, path-style. */
export class S3 implements AwsService {
  readonly name = 's3';
  readonly wire = s3Rest;
  readonly #clock: Clock;
  readonly #buckets: Buckets = new Map();

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  /** Makes a bucket at boot. */
  createBucket(name: string): void {
    this.#buckets.set(name, new Bucket(this.#clock.now()));
  }

  action(operation: string): string {
    return ACTIONS[operation] ?? `s3:${operation}`;
  }

  resourceArns(operation: string, input: Input): readonly string[] {
    if (operation === 'ListBuckets') return ['*'];
    const bucketArn = `arn:aws:s3:::${text(input, 'Bucket')}`;
    return [input['Key'] === undefined ? bucketArn : `${bucketArn}/${text(input, 'Key')}`];
  }

  async execute(operation: string, input: Input): Promise<unknown> {
    const run = OPERATIONS[operation];
    if (!run) throw notImplemented(operation);
    return run(this.#buckets, input, this.#clock.now());
  }
}
