import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { clientSettings } from './aws-client.ts';

export { PutObjectCommand, type S3Client };

export function createS3Client(): S3Client {
  return new S3Client(clientSettings('stream'));
}
