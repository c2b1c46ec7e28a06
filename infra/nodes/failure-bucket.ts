import { S3Bucket } from '@cdktn/provider-aws/lib/s3-bucket/index.js';
import { S3BucketLifecycleConfiguration } from '@cdktn/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js';
import { S3BucketOwnershipControls } from '@cdktn/provider-aws/lib/s3-bucket-ownership-controls/index.js';
import { S3BucketPolicy } from '@cdktn/provider-aws/lib/s3-bucket-policy/index.js';
import { S3BucketPublicAccessBlock } from '@cdktn/provider-aws/lib/s3-bucket-public-access-block/index.js';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktn/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js';
import { Construct } from 'constructs';
import { FAILURE_OBJECT_RETENTION_DAYS } from '../limits.ts';
import type { Variables } from '../variables.ts';
import { addressed } from './addressed.ts';

/**
 * Where records end that cannot be handled: under `parked/` what a function set aside, under `aws/lambda/`
 * what a mapping gave up. Both hold personal data, so it is private, encrypted and short-lived.
 */
export class FailureBucket extends Construct {
  readonly resource: S3Bucket;

  constructor(scope: Construct, name: string, variables: Variables) {
    super(scope, `bucket-${name}`);
    this.resource = addressed(
      name,
      new S3Bucket(this, 'bucket', {
        // Bucket names are shared by all accounts: Terraform makes this one unique.
        bucketPrefix: `${variables.namePrefix}-${name}-`,
        forceDestroy: variables.forceDestroy,
      }),
    );
    this.#keepPrivate(name);
    this.#encrypt(name);
    this.#expire(name);
  }

  #keepPrivate(name: string): void {
    const bucket = this.resource.id;
    const access = addressed(
      name,
      new S3BucketPublicAccessBlock(this, 'public-access', {
        bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      }),
    );
    addressed(
      name,
      new S3BucketOwnershipControls(this, 'ownership', {
        bucket,
        rule: { objectOwnership: 'BucketOwnerEnforced' },
      }),
    );
    addressed(
      name,
      new S3BucketPolicy(this, 'policy', {
        bucket,
        policy: tlsOnly(this.resource.arn),
        // S3 refuses two changes of a bucket's access at the same time.
        dependsOn: [access],
      }),
    );
  }

  #encrypt(name: string): void {
    addressed(
      name,
      new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
        bucket: this.resource.id,
        rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
      }),
    );
  }

  #expire(name: string): void {
    addressed(
      name,
      new S3BucketLifecycleConfiguration(this, 'lifecycle', {
        bucket: this.resource.id,
        rule: [
          {
            id: 'expire',
            status: 'Enabled',
            filter: [{ prefix: '' }],
            expiration: [{ days: FAILURE_OBJECT_RETENTION_DAYS }],
            abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
          },
        ],
      }),
    );
  }
}

function tlsOnly(bucketArn: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: 's3:*',
        Principal: '*',
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });
}
