import { resolve } from 'node:path';
import * as z from 'zod';
import { arn } from '../arns.ts';
import { resourceType } from '../resource-type.ts';
import { flag, text, texts } from '../schema.ts';

export const lambdaLayerVersion = resourceType({
  type: 'aws_lambda_layer_version',
  schema: z.strictObject({
    layer_name: text,
    filename: text,
    source_code_hash: text.optional(),
    description: text.optional(),
    license_info: text.optional(),
    compatible_runtimes: texts.optional(),
    compatible_architectures: texts.optional(),
    skip_destroy: flag.optional(),
  }),
  computed: ({ layer_name, filename }, { region, directory }) => {
    const layerArn = arn('lambda', region, `layer:${layer_name}`);
    return {
      arn: `${layerArn}:1`,
      id: `${layerArn}:1`,
      layer_arn: layerArn,
      version: '1',
      zip_path: resolve(directory, filename),
    };
  },
});
