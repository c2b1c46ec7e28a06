import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { type Document, metaArguments, readDocument } from './document.ts';
import type { Lookup } from './evaluate.ts';
import type { Resource, ResourceType } from './resource-type.ts';
import { RESOURCE_TYPES } from './resources/index.ts';
import { read, text, textMap } from './schema.ts';
import { renderTemplate } from './template.ts';
import { TerraformError } from './terraform-error.ts';
import { isValueMap, type Value, type ValueMap } from './value.ts';
import { assertCondition, resolveVariables, type VariableSources, variableAt } from './variables.ts';

/** A stack whose every reference is filled in and whose every condition holds. */
export class ResolvedStack {
  readonly region: string;
  readonly variables: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
  readonly #resources: ReadonlyMap<string, Resource<object>>;

  constructor(
    fields: Pick<ResolvedStack, 'region' | 'variables' | 'outputs'>,
    resources: ReadonlyMap<string, Resource<object>>,
  ) {
    this.region = fields.region;
    this.variables = fields.variables;
    this.outputs = fields.outputs;
    this.#resources = resources;
  }

  /** The resources of one type, in the order of the JSON: their arguments and what AWS adds to them. */
  of<A extends object, C extends object>({ type }: ResourceType<A, C>): readonly Resource<A & C>[] {
    const found = [...this.#resources.values()].filter(({ address }) => address.startsWith(`${type}.`));
    // Sound: every resource went through the schema of the type that its address names.
    return found as unknown as readonly Resource<A & C>[];
  }
}

/**
 * Reads a stack's Terraform JSON as `terraform apply` would, with every resource as it would be afterwards.
 * Throws TerraformError for whatever it does not know, naming the address.
 */
export function loadTerraform(path: string, sources: VariableSources): ResolvedStack {
  const absolutePath = resolve(path);
  const document = readDocument(absolutePath);
  const variables = resolveVariables(document, sources);
  return new StackResolver(document, variables, dirname(absolutePath)).resolve();
}

const provider = z.strictObject({
  region: text,
  default_tags: z.array(z.strictObject({ tags: textMap })).optional(),
});

/** Resolves each resource once, when it is first referred to, so that the order in the JSON does not matter. */
class StackResolver {
  readonly #document: Document;
  readonly #variables: ReadonlyMap<string, Value>;
  readonly #directory: string;
  readonly #region: string;
  readonly #resolved = new Map<string, Resource<object>>();
  readonly #inProgress = new Set<string>();

  constructor(document: Document, variables: ReadonlyMap<string, Value>, directory: string) {
    this.#document = document;
    this.#variables = variables;
    this.#directory = directory;
    this.#region = this.#providerRegion();
  }

  resolve(): ResolvedStack {
    const addresses = Object.entries(this.#document.resource).flatMap(([type, named]) =>
      Object.keys(named).map((name) => `${type}.${name}`),
    );
    const resources = new Map(addresses.map((address) => [address, this.#resource(address)] as const));
    const outputs = new Map(
      Object.entries(this.#document.output).map(
        ([name, output]) => [name, this.#value(output.value, `output.${name}`)] as const,
      ),
    );
    return new ResolvedStack({ region: this.#region, variables: this.#variables, outputs }, resources);
  }

  #providerRegion(): string {
    const { aws, ...others } = this.#document.provider;
    const [unknown] = Object.keys(others);
    if (unknown) throw new TerraformError(`provider.${unknown}`, 'only the provider aws is known; remove it');
    if (!aws) throw new TerraformError('provider.aws', 'is missing; declare it with a region');
    const block = Array.isArray(aws) ? aws[0] : aws;
    return read(provider, this.#value(block, 'provider.aws'), 'provider.aws').region;
  }

  #resource(address: string): Resource<object> {
    const known = this.#resolved.get(address);
    if (known) return known;
    if (this.#inProgress.has(address)) {
      throw new TerraformError(address, `refers to itself by way of ${[...this.#inProgress].join(', ')}`);
    }
    this.#inProgress.add(address);
    const resource = { address, attributes: this.#attributes(address) };
    this.#inProgress.delete(address);
    this.#resolved.set(address, resource);
    return resource;
  }

  #attributes(address: string): object {
    const [typeName = '', name = ''] = address.split('.');
    const declared = this.#document.resource[typeName]?.[name];
    if (!declared) throw new TerraformError(address, 'the stack has no such resource');
    const type = RESOURCE_TYPES.get(typeName);
    if (!type)
      throw new TerraformError(
        address,
        'the local cloud does not know this resource type; remove it, or teach it in local/terraform/resources',
      );

    const { '//': _comment, depends_on, lifecycle, ...given } = declared;
    const meta = read(metaArguments, withoutUndefined({ depends_on, lifecycle }), address);
    for (const dependency of meta.depends_on) this.#dependency(dependency, `${address}.depends_on`);
    for (const condition of meta.lifecycle.precondition ?? []) {
      assertCondition(address, condition, this.#lookup(address));
    }
    const args = read(type.schema, this.#value(given, address), address);
    const place = { address, region: this.#region, directory: this.#directory };
    return { ...args, ...type.computed(args, place) };
  }

  #dependency(dependency: string, at: string): void {
    const [typeName = '', name = ''] = dependency.split('.');
    if (!this.#document.resource[typeName]?.[name]) throw new TerraformError(at, `there is no ${dependency}`);
    this.#resource(dependency);
  }

  /** Fills in all references at and below a value; a null argument counts as not given, as in Terraform. */
  #value(value: Value | undefined, at: string): Value {
    if (value === undefined) return null;
    if (typeof value === 'string') return this.#text(value, at);
    if (isValueMap(value)) return this.#map(value, at);
    if (Array.isArray(value)) return value.map((item: Value, index) => this.#value(item, `${at}.${index}`));
    return value;
  }

  #map(map: ValueMap, at: string): ValueMap {
    return Object.fromEntries(
      Object.entries(map)
        .map(([key, value]) => [key, this.#value(value, `${at}.${key}`)] as const)
        .filter(([, value]) => value !== null),
    );
  }

  #text(template: string, at: string): Value {
    try {
      return renderTemplate(template, this.#lookup(at));
    } catch (cause) {
      if (cause instanceof TerraformError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TerraformError(at, `cannot work out ${template}: ${reason}`, { cause });
    }
  }

  #lookup(at: string): Lookup {
    return (path) => {
      const [root, name = '', ...rest] = path;
      if (root === 'var') {
        if (!this.#variables.has(name))
          throw new TerraformError(at, `there is no variable ${name} to refer to`);
        return variableAt(path, this.#variables);
      }
      const address = `${root}.${name}`;
      if (!root || !this.#document.resource[root]?.[name]) {
        throw new TerraformError(at, `there is no ${path.join('.')} to refer to`);
      }
      return attributeAt(this.#resource(address), rest, at);
    };
  }
}

/** Follows a reference into a resource's attributes, as far as simple values go. */
function attributeAt(resource: Resource<object>, path: readonly string[], at: string): Value {
  let value: unknown = resource.attributes;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new TerraformError(
    at,
    `${[resource.address, ...path].join('.')} is no attribute that can be referred to`,
  );
}

function withoutUndefined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
