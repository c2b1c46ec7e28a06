import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';

/** The account owner's clients on the local endpoint: any credentials will do. */
export function ownerClients(endpoint: string) {
  const settings = {
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'owner', secretAccessKey: 'owner' },
  };
  const kinesis = new KinesisClient(settings);
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  return {
    kinesis,
    dynamodb,
    s3,
    /** Every item of a table. */
    async scan(tableName: string): Promise<Record<string, unknown>[]> {
      const items: Record<string, unknown>[] = [];
      for await (const { Items = [] } of paginateScan({ client: dynamodb }, { TableName: tableName }))
        items.push(...Items);
      return items;
    },
    /** Every object of a bucket under a prefix, parsed, by key. */
    async objects(bucket: string, prefix = ''): Promise<Map<string, Record<string, unknown>>> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      const objects = new Map<string, Record<string, unknown>>();
      for (const { Key = '' } of Contents) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        objects.set(Key, JSON.parse((await Body?.transformToString()) ?? '{}') as Record<string, unknown>);
      }
      return objects;
    },
    destroy(): void {
      kinesis.destroy();
      dynamodb.destroy();
      s3.destroy();
    },
  };
}

export type OwnerClients = ReturnType<typeof ownerClients>;
