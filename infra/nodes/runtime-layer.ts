import { LambdaLayerVersion } from '@cdktn/provider-aws/lib/lambda-layer-version/index.js';
import { Construct } from 'constructs';
import type { Variables } from '../variables.ts';
import type { Artifact } from '../zip.ts';
import { addressed } from './addressed.ts';
import { ARCHITECTURE, RUNTIME } from './lambda-function.ts';

/** The layer every function runs on. */
export class RuntimeLayer extends Construct {
  readonly resource: LambdaLayerVersion;

  constructor(scope: Construct, artifact: Artifact, variables: Variables) {
    super(scope, 'layer-runtime');
    this.resource = addressed(
      'runtime',
      new LambdaLayerVersion(this, 'layer', {
        layerName: `${variables.namePrefix}-runtime`,
        description: '@shardbound/runtime with all that it needs',
        filename: artifact.fileName,
        sourceCodeHash: artifact.sha256,
        compatibleRuntimes: [RUNTIME],
        compatibleArchitectures: [ARCHITECTURE],
      }),
    );
  }
}
