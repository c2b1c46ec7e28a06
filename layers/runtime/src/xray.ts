/**
 * The one importer of the X-Ray SDK. Its automatic mode hooks every promise of the process, about a fifth of a stream
 * function's CPU even where nothing is captured. AWS_XRAY_MANUAL_MODE=1 (set by Terraform) turns that off, except that
 * on Lambda the SDK turns it on again. So it is loaded without seeing that it is on Lambda: we want its segments and
 * their way to the daemon, and nothing of its context.
 */
export async function loadSegment() {
  const taskRoot = process.env['LAMBDA_TASK_ROOT'];
  delete process.env['LAMBDA_TASK_ROOT'];
  try {
    const { default: sdk } = await import('aws-xray-sdk-core');
    return sdk.Segment;
  } finally {
    if (taskRoot !== undefined) process.env['LAMBDA_TASK_ROOT'] = taskRoot;
  }
}
