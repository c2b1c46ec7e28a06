import { resolve } from 'node:path';
import * as z from 'zod';
import { arn, invokeArn } from '../arns.ts';
import { resourceType } from '../resource-type.ts';
import { block, flag, text, textMap, texts, whole } from '../schema.ts';

/** Terraform's way to say that no concurrency is reserved. */
const UNRESERVED = -1;

export const lambdaFunction = resourceType({
  type: 'aws_lambda_function',
  schema: z.strictObject({
    function_name: text,
    role: text,
    runtime: text.pipe(
      z.string().regex(/^nodejs\d+\.x$/, 'must be a Node.js runtime: no other is simulated'),
    ),
    handler: text.pipe(z.string().regex(/^[^.]+(\.[^.]+)+$/, 'must be file.export')),
    filename: text,
    source_code_hash: text.optional(),
    layers: texts.max(5).default([]),
    memory_size: whole.pipe(z.number().min(128).max(10_240)).default(128),
    timeout: whole.pipe(z.number().min(1).max(900)).default(3),
    reserved_concurrent_executions: whole.pipe(z.number().min(UNRESERVED)).default(UNRESERVED),
    publish: flag.default(false),
    // Locally the zip runs on the CPU that is there.
    architectures: z
      .array(z.enum(['arm64', 'x86_64']))
      .length(1)
      .optional(),
    environment: block({ variables: textMap.default({}) }).optional(),
    logging_config: block({
      log_format: z.enum(['Text', 'JSON']),
      log_group: text.optional(),
      application_log_level: text.optional(),
      system_log_level: text.optional(),
    }).optional(),
    tracing_config: block({ mode: z.enum(['Active', 'PassThrough']) }).optional(),
    description: text.optional(),
    tags: textMap.optional(),
  }),
  computed: ({ function_name, filename, publish }, { region, directory }) => {
    const functionArn = arn('lambda', region, `function:${function_name}`);
    const version = publish ? '1' : '$LATEST';
    const qualifiedArn = `${functionArn}:${version}`;
    return {
      arn: functionArn,
      id: function_name,
      version,
      invoke_arn: invokeArn(functionArn, region),
      qualified_arn: qualifiedArn,
      qualified_invoke_arn: invokeArn(qualifiedArn, region),
      zip_path: resolve(directory, filename),
    };
  },
});
