/** One `Allow` of an inline policy: exact actions on one resource. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resource: string;
}

/** The policy as JSON text. `Fn.jsonencode` would say the same, but as an expression that only Terraform can read. */
export function policyJson(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map(({ actions, resource }) => ({
      Effect: 'Allow',
      Action: actions,
      Resource: resource,
    })),
  });
}

/** Who may take a role on: the Lambda service. */
export const LAMBDA_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
});
