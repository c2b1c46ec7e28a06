import type { Operation } from '../s3.ts';

export interface BucketListing {
  readonly Buckets: readonly { readonly Name: string; readonly CreationDate: string }[];
}

export const listBuckets: Operation = (buckets): BucketListing => ({
  Buckets: [...buckets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { createdMs }]) => ({ Name: name, CreationDate: new Date(createdMs).toISOString() })),
});
