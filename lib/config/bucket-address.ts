export interface BucketAddress {
  readonly bucket: string;
  /** Without a slash at either end; may be empty. */
  readonly prefix: string;
}

// A slash too many would be part of the keys that IAM is told of, and a name of dots another place of the bucket.
const pattern = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])((?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*)$/;

/** What `s3://bucket/prefix` names; undefined for anything else. */
export function parseBucketAddress(url: string): BucketAddress | undefined {
  const [, bucket, path = ''] = pattern.exec(url) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: path.slice(1) };
}
