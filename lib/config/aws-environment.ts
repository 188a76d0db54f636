import { getHost } from './get-host.ts';

interface AwsEnvironment {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Of the services that we call, by the name that requests are signed for. */
  readonly endpoints: {
    readonly ses: string;
    readonly sns: string;
    readonly ssm: string;
    /** Undefined for Amazon's own; set, buckets are a part of its path. */
    readonly s3: string | undefined;
  };
}

/** Nothing, or not all of it, says as whom we run. */
export class AwsIdentityError extends Error {}

/** What Lambda, or the AWS command line, says about where and as whom we run; throws AwsIdentityError when it does not. */
export function getAwsEnvironment(): AwsEnvironment {
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ENDPOINT_URL_SESV2: ses = `https://email.${region}.amazonaws.com`,
    AWS_ENDPOINT_URL_SNS: sns = `https://sns.${region}.amazonaws.com`,
    AWS_ENDPOINT_URL_SSM: ssm = `https://ssm.${region}.amazonaws.com`,
    AWS_ENDPOINT_URL_S3: s3,
  } = process.env;
  if (!region || !accessKeyId || !secretAccessKey)
    throw new AwsIdentityError('AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  return { region, ...credentials, endpoints: { ses, sns, ssm, s3 } };
}

/** The memory of the Lambda function; undefined elsewhere, also behind the gateway, where all functions share a process. */
export function getMemoryLimitBytes(): number | undefined {
  const megabytes = getHost() === 'gateway' ? 0 : Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  return megabytes > 0 ? megabytes * 1024 * 1024 : undefined;
}

/** Host and port of the API through which Lambda hands this process its invocations; undefined outside of Lambda. */
export function getRuntimeApi(): string | undefined {
  return process.env.AWS_LAMBDA_RUNTIME_API;
}
