import type { ResourceType } from '../resource-type.ts';
import { apigatewayv2Api } from './aws-apigatewayv2-api.ts';
import { apigatewayv2Integration } from './aws-apigatewayv2-integration.ts';
import { apigatewayv2Route } from './aws-apigatewayv2-route.ts';
import { apigatewayv2Stage } from './aws-apigatewayv2-stage.ts';
import { cloudwatchLogGroup } from './aws-cloudwatch-log-group.ts';
import { dynamodbTable } from './aws-dynamodb-table.ts';
import { iamRole } from './aws-iam-role.ts';
import { iamRolePolicy } from './aws-iam-role-policy.ts';
import { kinesisStream } from './aws-kinesis-stream.ts';
import { lambdaAlias } from './aws-lambda-alias.ts';
import { lambdaEventSourceMapping } from './aws-lambda-event-source-mapping.ts';
import { lambdaFunction } from './aws-lambda-function.ts';
import { lambdaLayerVersion } from './aws-lambda-layer-version.ts';
import { lambdaPermission } from './aws-lambda-permission.ts';
import { s3Bucket } from './aws-s3-bucket.ts';
import { s3BucketLifecycleConfiguration } from './aws-s3-bucket-lifecycle-configuration.ts';
import { s3BucketOwnershipControls } from './aws-s3-bucket-ownership-controls.ts';
import { s3BucketPolicy } from './aws-s3-bucket-policy.ts';
import { s3BucketPublicAccessBlock } from './aws-s3-bucket-public-access-block.ts';
import { s3BucketServerSideEncryptionConfiguration } from './aws-s3-bucket-server-side-encryption-configuration.ts';

/** Every resource type the local cloud reads, by its Terraform name; any other is refused. */
export const RESOURCE_TYPES: ReadonlyMap<string, ResourceType<object, object>> = new Map(
  [
    apigatewayv2Api,
    apigatewayv2Integration,
    apigatewayv2Route,
    apigatewayv2Stage,
    cloudwatchLogGroup,
    dynamodbTable,
    iamRole,
    iamRolePolicy,
    kinesisStream,
    lambdaAlias,
    lambdaEventSourceMapping,
    lambdaFunction,
    lambdaLayerVersion,
    lambdaPermission,
    s3Bucket,
    s3BucketLifecycleConfiguration,
    s3BucketOwnershipControls,
    s3BucketPolicy,
    s3BucketPublicAccessBlock,
    s3BucketServerSideEncryptionConfiguration,
  ].map((type: ResourceType<object, object>) => [type.type, type]),
);
