import { compileWildcard, type Matcher } from './wildcard.ts';

/** What a condition may look at, by the key's lower-case name. */
export type Context = Readonly<Record<string, string>>;

export interface Decision {
  readonly allowed: boolean;
  /** For a refusal: the end of AWS's sentence "User: … is not authorized to perform: … ". */
  readonly reason: string;
}

interface Statement {
  readonly deny: boolean;
  /** Against the action in lower case. */
  readonly actions: readonly Matcher[];
  readonly resources: readonly Matcher[];
  readonly conditions: readonly ((context: Context) => boolean)[];
}

/** An identity-based policy, compiled; made by `compilePolicy`. */
export interface Policy {
  readonly statements: readonly Statement[];
}

const ALLOWED: Decision = { allowed: true, reason: 'because an identity-based policy allows it' };
const EXPLICITLY_DENIED: Decision = {
  allowed: false,
  reason: 'with an explicit deny in an identity-based policy',
};

const VERSIONS = ['2008-10-17', '2012-10-17'];
const STATEMENT_KEYS = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];
const CONDITION_KEYS = ['aws:securetransport', 'aws:principalarn', 'aws:requestedregion'];

type Compare = (expected: string) => Matcher;

const CONDITION_OPERATORS: Readonly<Record<string, Compare>> = {
  Bool: (expected) => equals(expected.toLowerCase()),
  StringEquals: equals,
  StringLike: compileWildcard,
};

/**
 * Decides as IAM does for one action on one resource: an explicit Deny wins, then an Allow, else it is refused.
 * See "Policy evaluation logic" in the IAM user guide.
 */
export function isAllowed(
  policies: readonly Policy[],
  action: string,
  resourceArn: string,
  context: Context = {},
): Decision {
  const actionLower = action.toLowerCase();
  let allowed = false;
  for (const { statements } of policies) {
    for (const statement of statements) {
      if (allowed && !statement.deny) continue;
      if (!applies(statement, actionLower, resourceArn, context)) continue;
      if (statement.deny) return EXPLICITLY_DENIED;
      allowed = true;
    }
  }
  return allowed
    ? ALLOWED
    : { allowed: false, reason: `because no identity-based policy allows the ${action} action` };
}

function applies(statement: Statement, actionLower: string, resourceArn: string, context: Context): boolean {
  return (
    statement.actions.some((matches) => matches(actionLower)) &&
    statement.resources.some((matches) => matches(resourceArn)) &&
    statement.conditions.every((holds) => holds(context))
  );
}

/**
 * Compiles a policy document. Throws an Error that begins with `name` for anything it would otherwise have to
 * ignore (NotAction, Principal, policy variables, unknown conditions): a policy is enforced whole or not at all.
 */
export function compilePolicy(name: string, document: unknown): Policy {
  const { Version: version, Statement: statement, ...rest } = asObject(name, document);
  if (version !== undefined && !VERSIONS.includes(String(version))) {
    throw new Error(`${name}: unknown policy version ${String(version)}`);
  }
  refuseUnknownKeys(name, rest, ['Id']);
  const statements = Array.isArray(statement) ? statement : [statement];
  return { statements: statements.map((one, index) => compileStatement(`${name}, statement ${index}`, one)) };
}

function compileStatement(where: string, document: unknown): Statement {
  const statement = asObject(where, document);
  refuseUnknownKeys(where, statement, STATEMENT_KEYS);
  const { Effect: effect } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error(`${where}: Effect must be Allow or Deny`);
  return {
    deny: effect === 'Deny',
    actions: asStrings(`${where}, Action`, statement['Action']).map((action) =>
      compileWildcard(action.toLowerCase()),
    ),
    resources: asStrings(`${where}, Resource`, statement['Resource']).map(compileWildcard),
    conditions: compileConditions(`${where}, Condition`, statement['Condition'] ?? {}),
  };
}

/** Every operator and key must hold; of a key's values any one. A key the context lacks does not hold. */
function compileConditions(where: string, document: unknown): ((context: Context) => boolean)[] {
  return Object.entries(asObject(where, document)).flatMap(([operator, keys]) => {
    const compare = CONDITION_OPERATORS[operator];
    if (!compare) throw new Error(`${where}: the local cloud does not know the operator ${operator}`);
    return Object.entries(asObject(`${where}.${operator}`, keys)).map(([key, values]) => {
      const keyLower = key.toLowerCase();
      if (!CONDITION_KEYS.includes(keyLower)) {
        throw new Error(`${where}: the local cloud does not know the key ${key}`);
      }
      const matchers = asStrings(`${where}.${operator}.${key}`, values).map(compare);
      return (context: Context) => {
        const actual = context[keyLower];
        return actual !== undefined && matchers.some((matches) => matches(actual));
      };
    });
  });
}

function equals(expected: string): Matcher {
  return (text) => text === expected;
}

function refuseUnknownKeys(where: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown) throw new Error(`${where}: the local cloud does not know ${unknown}`);
}

function asObject(where: string, value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Error(`${where}: expected an object`);
  }
  return value as Record<string, unknown>;
}

function asStrings(where: string, value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new Error(`${where}: empty`);
  return list.map((item) => {
    if (typeof item === 'boolean') return String(item);
    if (typeof item !== 'string') throw new Error(`${where}: expected a string or a list of strings`);
    if (item.includes('${')) throw new Error(`${where}: policy variables are not supported: ${item}`);
    return item;
  });
}
