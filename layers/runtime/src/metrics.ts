/** Business figures as CloudWatch's embedded metric format, by Powertools: one line an invocation. */
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

export interface InvocationMetrics {
  count(name: MetricName, value?: number): void;
  milliseconds(name: MetricName, value: number): void;
  /** Prints the line; nothing when nothing was measured. */
  publish(): void;
}

export type MetricName =
  | 'OperationsAccepted'
  | 'OperationsCompleted'
  | 'OperationsFailed'
  | 'OperationLatency'
  | 'RecordsProcessed'
  | 'RecordsFailed'
  | 'RecordsParked';

/** The metrics of one invocation; like the log they travel with it, for invocations may overlap. */
export function createMetrics(): InvocationMetrics {
  let metrics: Metrics | undefined;
  const theMetrics = () => {
    metrics ??= new Metrics();
    return metrics;
  };
  return {
    count: (name, value = 1) => theMetrics().addMetric(name, MetricUnit.Count, value),
    milliseconds: (name, value) => theMetrics().addMetric(name, MetricUnit.Milliseconds, value),
    publish: () => metrics?.publishStoredMetrics(),
  };
}
