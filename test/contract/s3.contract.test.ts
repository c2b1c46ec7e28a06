import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { ROLE, startGateway, type TestGateway } from './gateway-fixture.ts';

const BUCKET = { Bucket: 'failures' };
const AWKWARD_KEY = "aws/lambda/a b+c&d='é'/ü%2F/2026-01-01T00.00.00-x";

let cloud: TestGateway;
let s3: S3Client;

beforeAll(async () => {
  cloud = await startGateway();
  s3 = cloud.s3Client();
});

afterAll(() => cloud.close());

describe('objects', () => {
  test('a round trip keeps body, content type, metadata and checksum, under any key', async () => {
    const put = await s3.send(
      new PutObjectCommand({
        ...BUCKET,
        Key: AWKWARD_KEY,
        Body: '{"a":1}',
        ContentType: 'application/json',
        Metadata: { reason: 'poison' },
      }),
    );
    const got = await s3.send(new GetObjectCommand({ ...BUCKET, Key: AWKWARD_KEY, ChecksumMode: 'ENABLED' }));

    expect(await got.Body?.transformToString()).toBe('{"a":1}');
    expect(got).toMatchObject({
      ContentType: 'application/json',
      ContentLength: 7,
      Metadata: { reason: 'poison' },
      // MD5 and CRC-32 of {"a":1}
      ETag: '"bb6cb5c68df4652941caf652a366f2d8"',
      ChecksumCRC32: put.ChecksumCRC32,
    });
    expect(put.ChecksumCRC32).toBeDefined();
  });

  test('a stream arrives whole: aws-chunked with the checksum in a trailer', async () => {
    const parts = [Buffer.alloc(100_000, 'a'), Buffer.from('\r\n0\r\n'), Buffer.alloc(70_000, 'b')];
    const body = Buffer.concat(parts);

    const put = await s3.send(
      new PutObjectCommand({
        ...BUCKET,
        Key: 'stream',
        Body: Readable.from(parts),
        ContentLength: body.length,
      }),
    );
    const got = await s3.send(new GetObjectCommand({ ...BUCKET, Key: 'stream', ChecksumMode: 'ENABLED' }));

    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    expect(got.ContentEncoding).toBeUndefined();
    expect(got.ChecksumCRC32).toBe(put.ChecksumCRC32);
  });

  test.each([{ ChecksumCRC32: 'AAAAAA==' }, { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' }])(
    'a wrong checksum stores nothing: %o',
    async (checksum) => {
      const put = s3.send(new PutObjectCommand({ ...BUCKET, Key: 'wrong', Body: 'hello', ...checksum }));

      await expect(put).rejects.toMatchObject({ name: 'BadDigest' });
      await expect(s3.send(new HeadObjectCommand({ ...BUCKET, Key: 'wrong' }))).rejects.toMatchObject({
        name: 'NotFound',
      });
    },
  );

  test('a put replaces, a conditional put does not, a delete may be repeated', async () => {
    const key = { ...BUCKET, Key: 'replaced' };
    await s3.send(new PutObjectCommand({ ...key, Body: 'one' }));
    await s3.send(new PutObjectCommand({ ...key, Body: 'two!' }));
    await expect(
      s3.send(new PutObjectCommand({ ...key, Body: 'three', IfNoneMatch: '*' })),
    ).rejects.toMatchObject({ name: 'PreconditionFailed' });

    expect(await s3.send(new HeadObjectCommand(key))).toMatchObject({ ContentLength: 4 });
    await s3.send(new DeleteObjectCommand(key));
    await s3.send(new DeleteObjectCommand(key));
    await expect(s3.send(new GetObjectCommand(key))).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('an unknown bucket', async () => {
    const elsewhere = { Bucket: 'elsewhere', Key: 'a' };

    await expect(s3.send(new PutObjectCommand({ ...elsewhere, Body: 'x' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    await expect(s3.send(new HeadBucketCommand(elsewhere))).rejects.toMatchObject({ name: 'NotFound' });
    await s3.send(new HeadBucketCommand(BUCKET));
  });

  test('in process: base64 in, what readers over HTTP see', async () => {
    await cloud.gateway.call({
      service: 's3',
      operation: 'PutObject',
      input: {
        ...BUCKET,
        Key: 'in-process',
        Body: Buffer.from('née').toString('base64'),
        ContentType: 'text/plain',
      },
      principal: { kind: 'owner', arn: 'arn:aws:iam::000000000000:root' },
    });

    const got = await s3.send(new GetObjectCommand({ ...BUCKET, Key: 'in-process' }));
    expect(await got.Body?.transformToString()).toBe('née');
  });
});

describe('listings', () => {
  const KEYS = ['list/a/1', 'list/a/2', 'list/b', 'list/c/1', 'list/d & <e>', 'list/é', 'list/ﬁ', 'list/😀'];

  beforeAll(async () => {
    for (const Key of [...KEYS].reverse()) await s3.send(new PutObjectCommand({ ...BUCKET, Key, Body: 'x' }));
  });

  test.each([1, 2, 3, 7, 1_000])(
    'page by page, %i at a time, in the order of their bytes',
    async (MaxKeys) => {
      const keys: (string | undefined)[] = [];
      let token: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ ...BUCKET, Prefix: 'list/', MaxKeys, ContinuationToken: token }),
        );
        expect(page.KeyCount).toBeLessThanOrEqual(MaxKeys);
        keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
        token = page.NextContinuationToken;
      } while (token !== undefined && keys.length <= KEYS.length);

      expect(keys).toEqual(KEYS);
    },
  );

  test.each([1, 2, 1_000])('by delimiter, %i at a time', async (MaxKeys) => {
    const seen: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          ...BUCKET,
          Prefix: 'list/',
          Delimiter: '/',
          MaxKeys,
          ContinuationToken: token,
        }),
      );
      seen.push(...(page.Contents ?? []).map(({ Key }) => Key));
      seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
      token = page.NextContinuationToken;
    } while (token !== undefined && seen.length <= KEYS.length);

    expect(seen.sort()).toEqual(
      ['list/a/', 'list/b', 'list/c/', 'list/d & <e>', 'list/é', 'list/ﬁ', 'list/😀'].sort(),
    );
  });

  test('URL-encoded where the client asks for it', async () => {
    const page = await s3.send(
      new ListObjectsV2Command({ ...BUCKET, Prefix: 'list/d', EncodingType: 'url' }),
    );

    expect(page.Contents?.map(({ Key }) => Key)).toEqual(['list/d%20%26%20%3Ce%3E']);
  });

  test('buckets', async () => {
    const { Buckets } = await s3.send(new ListBucketsCommand({}));

    expect(Buckets).toMatchObject([{ Name: 'failures' }]);
  });
});

describe('permissions', () => {
  test.each([
    [
      'PutObject',
      new PutObjectCommand({ ...BUCKET, Key: 'a', Body: 'x' }),
      's3:PutObject',
      'arn:aws:s3:::failures/a',
    ],
    ['HeadObject', new HeadObjectCommand({ ...BUCKET, Key: 'a' }), 's3:GetObject', 'arn:aws:s3:::failures/a'],
    ['ListObjectsV2', new ListObjectsV2Command(BUCKET), 's3:ListBucket', 'arn:aws:s3:::failures'],
    ['HeadBucket', new HeadBucketCommand(BUCKET), 's3:ListBucket', 'arn:aws:s3:::failures'],
    ['ListBuckets', new ListBucketsCommand({}), 's3:ListAllMyBuckets', '*'],
  ])('%s is checked as its own action on its own resource', async (operation, command, action, resource) => {
    const client = cloud.s3Client(cloud.roleKey());

    await expect(client.send(command as PutObjectCommand)).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    expect(cloud.called.at(-1)).toMatchObject({
      principalArn: ROLE,
      operation,
      action,
      resourceArns: [resource],
      outcome: 'AccessDenied',
    });
  });
});

describe('what is not done says so', () => {
  test.each([
    ['GET', '/failures?acl', 501, 'NotImplemented'],
    ['POST', '/failures/a?uploads', 501, 'NotImplemented'],
    ['GET', '/failures', 501, 'NotImplemented'],
    ['GET', '/failures/%E0%A4%A', 400, 'InvalidURI'],
  ] as const)('%s %s', async (method, path, statusCode, code) => {
    const answer = await request(`http://127.0.0.1:${cloud.port}${path}`, {
      method,
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=t/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=0',
      },
    });

    expect(answer.statusCode).toBe(statusCode);
    expect(await answer.body.text()).toContain(`<Code>${code}</Code>`);
  });
});
