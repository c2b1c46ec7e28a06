/** One metric of a line in CloudWatch's embedded metric format. */
export interface EmfMetric {
  /** `<namespace>_<name>` in snake case. */
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly dimensions: Readonly<Record<string, string>>;
}

interface EmfDirective {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
}

/** The metrics a log line carries by the "Embedded Metric Format specification"; none when it is another line. */
export function readEmf(line: string): readonly EmfMetric[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const root = parse(line);
  const directives = root?._aws?.CloudWatchMetrics;
  if (!root || !Array.isArray(directives)) return [];
  return directives.flatMap(({ Namespace, Dimensions, Metrics }) => {
    const dimensions = Object.fromEntries((Dimensions[0] ?? []).map((key) => [key, String(root[key])]));
    return Metrics.map(({ Name, Unit = 'None' }) => ({
      name: `${snakeCase(Namespace)}_${snakeCase(Name)}`,
      unit: Unit,
      values: [root[Name]].flat().filter((value) => typeof value === 'number'),
      dimensions,
    }));
  });
}

type EmfRoot = Readonly<Record<string, unknown>> & {
  readonly _aws?: { readonly CloudWatchMetrics?: EmfDirective[] };
};

function parse(line: string): EmfRoot | undefined {
  try {
    return JSON.parse(line) as EmfRoot;
  } catch {
    return undefined;
  }
}

function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
}
