import { accessSync, constants, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadTerraform } from '../../local/terraform/load.ts';
import { RESOURCE_TYPES } from '../../local/terraform/resources/index.ts';
import { type CommandResult, run, type Synthesized, synthesize } from './synthesized.ts';

const PROVIDER = 'registry.terraform.io/hashicorp/aws';
const PLATFORM = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
const TIMEOUT_MS = 120_000;

interface Toolchain {
  readonly terraform: string;
  /** A filesystem mirror that holds the provider. */
  readonly mirror: string;
  readonly providerVersion: string;
}

const found = findToolchain();
if (typeof found === 'string') {
  test.skip(`terraform init, validate and plan accept the stack (skipped: ${found})`, () => undefined);
} else {
  testWith(found);
}

/** Where terraform and an AWS provider are; or, as text, what is missing. */
function findToolchain(): Toolchain | string {
  const terraform = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'terraform'))
    .find(isExecutable);
  if (!terraform) return 'there is no terraform on the PATH';
  const mirrors = [
    process.env['TF_PLUGIN_DIR'],
    '/opt/tf-plugins',
    join(homedir(), '.terraform.d/plugins'),
    join(homedir(), '.terraform.d/plugin-cache'),
  ];
  for (const mirror of mirrors) {
    const folder = join(mirror ?? '', PROVIDER);
    const versions = mirror && existsSync(folder) ? readdirSync(folder) : [];
    const providerVersion = versions.find((version) => existsSync(join(folder, version, PLATFORM)));
    if (mirror && providerVersion) return { terraform, mirror, providerVersion };
  }
  return 'there is no folder with an AWS provider; name one in TF_PLUGIN_DIR';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface PlannedResource {
  readonly address: string;
  readonly type: string;
  /** What is known before the resource exists; absent if that is nothing. */
  readonly values?: Readonly<Record<string, unknown>>;
}

function testWith({ terraform, mirror, providerVersion }: Toolchain): void {
  let stack: Synthesized;
  let pinnedVersion: string;

  const terraformRun = (...args: string[]): Promise<CommandResult> =>
    run(terraform, args, {
      cwd: stack.directory,
      env: {
        ...process.env,
        CHECKPOINT_DISABLE: '1',
        TF_IN_AUTOMATION: '1',
        TF_CLI_CONFIG_FILE: join(stack.directory, 'mirror.tfrc'),
      },
    });

  /** `plan` reaches no account: there is no state to refresh, and the provider is told not to look around. */
  const plan = (variables: Readonly<Record<string, string>>, ...args: string[]) =>
    terraformRun(
      'plan',
      '-input=false',
      '-no-color',
      '-refresh=false',
      '-lock=false',
      ...Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`),
      ...args,
    );

  const load = (variables: Readonly<Record<string, string>>) =>
    loadTerraform(join(stack.directory, 'cdk.tf.json'), { variables, environment: {} });

  beforeAll(async () => {
    stack = await synthesize();
    writeFileSync(
      join(stack.directory, 'mirror.tfrc'),
      `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
    );
    pinnedVersion = useProvider(stack, providerVersion);
    const { code, stdout, stderr } = await terraformRun('init', '-input=false', '-no-color');
    if (code !== 0) throw new Error(`terraform init failed: ${stdout}${stderr}`);
  }, TIMEOUT_MS);
  afterAll(() => stack.remove());

  describe(`with the AWS provider ${providerVersion} in place of the pinned one (so its version constraint and, before 6, the runtime's name are relaxed)`, () => {
    test(
      'terraform validate accepts the stack',
      async () => {
        const { stdout } = await terraformRun('validate', '-json');
        expect(JSON.parse(stdout)).toMatchObject({ valid: true, error_count: 0, warning_count: 0 });
        expect(pinnedVersion).toMatch(/^6\./);
      },
      TIMEOUT_MS,
    );

    test(
      'the local cloud reads from the JSON and its variables what Terraform plans',
      async () => {
        const variables = {
          name_prefix: 'other',
          region: 'eu-central-1',
          shard_count: '50',
          parallelization_factor: '10',
          batch_size: '10',
          batch_window_seconds: '1',
          batch_concurrency: '1',
          approval_delay_ms: '200',
          table_billing_mode: 'PROVISIONED',
          table_write_units: '7',
          deletion_protection: 'true',
          log_retention_days: '30',
        };
        const planned = await plan(variables, '-out=plan.bin');
        expect(planned.stderr).toBe('');
        const { stdout } = await terraformRun('show', '-json', 'plan.bin');
        const { planned_values } = JSON.parse(stdout) as {
          planned_values: { root_module: { resources: PlannedResource[] } };
        };
        const compared = compare(planned_values.root_module.resources, load(variables));
        expect(compared.differences).toEqual([]);
        // 61 resources of which most have some values that are known before they exist.
        expect(compared.count).toBeGreaterThan(200);
      },
      TIMEOUT_MS,
    );

    test(
      'both refuse a batch that cannot fit, in the same words',
      async () => {
        const variables = { approval_delay_ms: '6000' };
        const { code, stderr } = await plan(variables);
        expect(code).toBe(1);
        const words = 'batch_concurrency * approval_delay_ms must stay under 50000 ms';
        expect(stderr.replaceAll(/\s+/g, ' ')).toContain(words);
        expect(() => load(variables)).toThrow(words);
      },
      TIMEOUT_MS,
    );

    test(
      'both refuse the same values of variables, in the same words',
      async () => {
        const refused = {
          name_prefix: 'A',
          region: 'mars',
          shard_count: '1.5',
          parallelization_factor: '11',
          batch_size: '0',
          table_billing_mode: 'FREE',
          log_retention_days: '2',
        };
        const { code, stderr } = await plan(refused);
        expect(code).toBe(1);
        for (const [name, value] of Object.entries(refused)) {
          expect(stderr.replaceAll(/\s+/g, ' ')).toContain(`${name} must be `);
          expect(() => load({ [name]: value })).toThrow(`var.${name}: ${name} must be `);
        }
      },
      TIMEOUT_MS,
    );
  });
}

/**
 * Lets the stack be checked by the provider that is here, without an account; gives back the version it pins.
 * Terraform merges an override file over the stack, so that the stack itself stays as it was synthesized.
 */
function useProvider(stack: Synthesized, version: string): string {
  const isOld = Number.parseInt(version, 10) < 6;
  const functions = Object.keys(stack.resource['aws_lambda_function'] ?? {});
  const override = {
    terraform: { required_providers: { aws: { source: 'hashicorp/aws', version } } },
    provider: {
      aws: {
        access_key: 'none',
        secret_key: 'none',
        skip_credentials_validation: true,
        skip_requesting_account_id: true,
        skip_metadata_api_check: 'true',
      },
    },
    ...(isOld && {
      resource: {
        aws_lambda_function: Object.fromEntries(functions.map((name) => [name, { runtime: 'nodejs22.x' }])),
        aws_lambda_layer_version: { runtime: { compatible_runtimes: ['nodejs22.x'] } },
      },
    }),
  };
  writeFileSync(join(stack.directory, 'provider_override.tf.json'), JSON.stringify(override));
  const { terraform } = JSON.parse(stack.json) as {
    terraform: { required_providers: { aws: { version: string } } };
  };
  return terraform.required_providers.aws.version;
}

/** Every simple value that Terraform plans and the local cloud has read too, compared. */
function compare(planned: readonly PlannedResource[], stack: ReturnType<typeof loadTerraform>) {
  const differences: string[] = [];
  let count = 0;
  for (const { address, type, values } of planned) {
    const resourceType = RESOURCE_TYPES.get(type);
    const read = resourceType && stack.of(resourceType).find((resource) => resource.address === address);
    if (!read) {
      differences.push(`${address} is not read`);
      continue;
    }
    const ours = simpleValues(read.attributes);
    for (const [path, value] of simpleValues(values ?? {})) {
      const own = ours.get(path);
      if (own === undefined || path === 'runtime' || path.startsWith('compatible_runtimes')) continue;
      count += 1;
      if (value !== own) differences.push(`${address}.${path}: planned ${value}, read ${own}`);
    }
  }
  return { differences, count };
}

/** Simple values by their path. A block that stands once is a list of one in a plan and an object as read. */
function simpleValues(value: unknown, path: readonly string[] = []): Map<string, string | number | boolean> {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return new Map([[path.join('.'), value]]);
  }
  if (typeof value !== 'object' || value === null) return new Map();
  const isBlock = Array.isArray(value) && value.length === 1 && typeof value[0] === 'object';
  const entries = isBlock ? Object.entries(value[0] ?? {}) : Object.entries(value);
  return new Map(entries.flatMap(([key, item]) => [...simpleValues(item, [...path, key])]));
}
