/** The Lambda this runs as. */
export function getFunctionName(): string {
  return process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'local';
}
